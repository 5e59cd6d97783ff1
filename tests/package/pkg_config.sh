#!/bin/sh
# pkg_config.sh PREFIX DIR PARTS COMPILER...   moves the installed library to another folder, and builds and runs a
# program on it with make and pkg-config, once with each compiler. PARTS are components, divided by spaces.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$1 dir=$2 parts=$3
shift 3
command -v make > /dev/null || { echo "skipped, for there is no make"; exit; }
command -v pkg-config > /dev/null || { echo "skipped, for there is no pkg-config"; exit; }

rm -rf "$dir"
mkdir -p "$dir"
cp -R "$prefix" "$dir/moved"
PKG_CONFIG_PATH=$(dirname "$(find "$dir/moved" -name ouro-core.pc)")
export PKG_CONFIG_PATH
for module in "$PKG_CONFIG_PATH"/*.pc; do
    pkg-config --validate "$module"
done
if grep -F "$prefix" "$PKG_CONFIG_PATH"/*.pc; then
    echo "names the folder where it was installed"
    exit 1
fi

for compiler in "$@"; do
    make -B -C "$dir" -f "$here/make/Makefile" "source=$here/consumer.cpp" "parts=$parts" "CXX=$compiler" consumer
    LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") "$dir/consumer"
done
