#!/bin/sh
# reasons.sh PREFIX DIR CMAKE ARGUMENT...   looks for components that are not there, in the installed library moved to
# another folder: CMake ends and says why. CMAKE and its arguments configure a project, in DIR.
set -eu
project=$(cd "$(dirname "$0")/find" && pwd)
prefix=$1 dir=$2
shift 2
rm -rf "$dir"
mkdir -p "$dir"
cp -R "$prefix" "$dir/moved"
if grep -rIlF "$prefix" "$dir/moved"; then
    echo "these name the folder where they were installed"
    exit 1
fi
config=$(dirname "$(find "$dir/moved" -name ouro-config.cmake)")

configure() { "$@" -S "$project" -B "$dir/build" "-DCMAKE_PREFIX_PATH=$dir/moved" > "$dir/log" 2>&1; }
found() {
    configure "$@" || { cat "$dir/log"; exit 1; }
}
# refused REASON COMMAND...   the command ends with this reason, whose lines CMake may break anywhere.
refused() {
    reason=$1
    shift
    if configure "$@"; then
        echo "found, and not refused with: $reason"
        exit 1
    fi
    tr -s ' \n' '  ' < "$dir/log" | grep -qF "$reason" || {
        cat "$dir/log"
        echo "has not: $reason"
        exit 1
    }
}

found "$@" -Dparts=core
refused "ouro has no component mempool. It has core, testing" "$@" "-Dparts=core;mempool"
refused 'requested version "99"' "$@" -Dparts=core -Dversion=99
[ -e "$config/ouro-chain-targets.cmake" ] || exit 0
refused "ouro::chain needs sodium, which was not found." "$@" -Dversion=0.1 -Dparts=chain \
    -DCMAKE_DISABLE_FIND_PACKAGE_sodium=ON
# What needs a missing component is missing, too.
[ ! -e "$config/ouro-ouro-targets.cmake" ] ||
    refused "ouro::ouro needs ouro::chain." "$@" "-Dparts=core;ouro" -DCMAKE_DISABLE_FIND_PACKAGE_sodium=ON
# As from a build without libsodium.
sed -i '/^set(_ouro_components /s/;chain//' "$config/ouro-config.cmake"
refused "ouro::chain is not in this installation, which was built without libsodium (OURO_CHAIN)." "$@" -Dparts=chain
