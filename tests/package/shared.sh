#!/bin/sh
# shared.sh SOURCE DIR VERSION COMPILER CMAKE ARGUMENT...   builds and installs the library as shared libraries, moves them,
# looks at what they export, and runs a program on them that has been built with CMake and with pkg-config. CMAKE and its
# arguments configure the library, and choose its parts. VERSION is MAJOR.MINOR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1 dir=$2 version=$3 compiler=$4
shift 4
for tool in nm readelf; do
    command -v "$tool" > /dev/null || { echo "skipped, for there is no $tool"; exit; }
done
mkdir -p "$dir"
rm -rf "$dir/prefix" "$dir/moved" "$dir/find"
"$@" -S "$source" -B "$dir/build" -DBUILD_SHARED_LIBS=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG=-O0 > "$dir/log"
cmake --build "$dir/build"
cmake --install "$dir/build" --prefix "$dir/prefix" >> "$dir/log"
mv "$dir/prefix" "$dir/moved"
parts=$(sed -n 's/^set(_ouro_components \(.*\))$/\1/p' "$(find "$dir/moved" -name ouro-config.cmake)")
echo "components: $parts"

found=
for file in "$dir"/moved/lib*/*.so "$dir"/moved/lib/*/*.so; do
    [ -e "$file" ] || continue
    found=1
    name=$(basename "$file" .so)
    readelf -d "$file" > "$dir/dynamic"
    grep SONAME "$dir/dynamic" | grep -qF "[$name.so.$version]" || { echo "$file has another SONAME"; exit 1; }
    grep -E 'R(UN)?PATH' "$dir/dynamic" | grep -qF '[$ORIGIN]' || { echo "$file does not find what is next to it"; exit 1; }
    nm -D --defined-only "$file" | awk '{print $3}' > "$dir/exported"
    grep -q "ouro.*@@OURO_$version" "$dir/exported" || { echo "$file exports nothing of OURO_$version"; exit 1; }
    # What it has of the standard library, and of others, is its own.
    if grep -Ev "N([KOR]*)(4ouro|4asio|St4hashIN4ouro).*@@OURO_$version\$" "$dir/exported" | grep -vx "OURO_$version.*"; then
        echo "$file exports these"
        exit 1
    fi
done
[ -n "$found" ] || { echo "no shared libraries"; exit 1; }

"$@" -S "$here/find" -B "$dir/find" -DCMAKE_PREFIX_PATH="$dir/moved" "-Dparts=$parts" \
    -DCMAKE_DISABLE_FIND_PACKAGE_sodium=ON > "$dir/log" || { cat "$dir/log"; exit 1; }
cmake --build "$dir/find"
"$dir/find/consumer"
sh "$here/pkg_config.sh" "$dir/moved" "$dir/again" "$(echo "$parts" | tr ';' ' ')" "$compiler"
