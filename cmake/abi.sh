#!/bin/sh
# cmake/abi.sh DIR   compares the shared libraries of this checkout with those of its last tag, vMAJOR.MINOR.PATCH, by
# abidiff. It builds both in DIR. A removed or changed public name fails where both have the same MAJOR.MINOR, and is
# printed in any case. Without a tag there is nothing to compare.
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2> /dev/null) || { echo "skipped, for there is no tag"; exit; }
command -v abidiff > /dev/null || { echo "skipped, for there is no abidiff (abigail-tools)"; exit; }

# built TREE NAME   into DIR/NAME, with what abidiff reads. It keeps the version in DIR/NAME.version.
built() {
    sed -n 's/^#define OURO_VERSION_M[AJINOR]* //p' "$1/include/ouro/version.hpp" | paste -sd. > "$dir/$2.version"
    cmake -S "$1" -B "$dir/$2-build" -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-g -Og" > "$dir/log"
    cmake --build "$dir/$2-build" -j "$(nproc)" >> "$dir/log" || { tail "$dir/log"; exit 1; }
    rm -rf "${dir:?}/$2"
    cmake --install "$dir/$2-build" --prefix "$dir/$2" >> "$dir/log"
}
rm -rf "$dir/tagged"
mkdir "$dir/tagged"
git archive "$tag" | tar -x -C "$dir/tagged"
built "$dir/tagged" old
built . new

changed=
for old in $(cd "$dir/old" && find . -name '*.so'); do
    echo "$old"
    [ -e "$dir/new/$old" ] || { echo "$old is gone"; changed=1; continue; }
    abidiff --no-added-syms --drop-private-types --headers-dir1 "$dir/old/include" --headers-dir2 "$dir/new/include" \
        "$dir/old/$old" "$dir/new/$old" || changed=1
done
[ -n "$changed" ] || { echo "as in $tag"; exit; }
read -r before < "$dir/old.version"
read -r now < "$dir/new.version"
[ "$before" = "$now" ] || { echo "changed from $before to $now, as their versions say"; exit; }
echo "changed since $tag, which has the same version $now"
exit 1
