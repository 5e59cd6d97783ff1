#!/bin/sh
# release.sh CHECKOUT DIR VERSION   writes the sources of a release twice, from two clones in DIR: both are the same, bytes
# and checksums, and the SBOM names the tarball's hash.
set -eu
checkout=$1 dir=$2 version=$3
for tool in git python3 sha256sum; do
    command -v "$tool" > /dev/null || { echo "skipped, for there is no $tool"; exit; }
done
git -C "$checkout" rev-parse --verify -q HEAD > "$dir.commit" || { echo "skipped, for there is no git checkout"; exit; }
rm -rf "$dir"
mkdir -p "$dir/first" "$dir/second/of another depth"
release() {
    git clone -q "$checkout" "$1/ouro"
    [ -e "$1/ouro/cmake/release.sh" ] || { echo "skipped, for there is no release.sh in the last commit"; exit; }
    "$1/ouro/cmake/release.sh" --source "$1/out"
}
umask 022
release "$dir/first"
umask 077
release "$dir/second/of another depth"
diff -r "$dir/first/out" "$dir/second/of another depth/out"

cd "$dir/first/out"
sha256sum --quiet -c SHA256SUMS
python3 - "$version" << 'CHECK'
import hashlib, json, sys
sbom = json.load(open(f"ouro-{sys.argv[1]}.spdx.json"))
ouro, = (p for p in sbom["packages"] if p["name"] == "ouro")
with open(f"ouro-{sys.argv[1]}.tar.gz", "rb") as tarball:
    assert ouro["checksums"][0]["checksumValue"] == hashlib.sha256(tarball.read()).hexdigest()
assert ouro["versionInfo"] == sys.argv[1] and sbom["spdxVersion"] == "SPDX-2.3"
ids = {p["SPDXID"] for p in sbom["packages"]} | {"SPDXRef-DOCUMENT"}
assert all({r["spdxElementId"], r["relatedSpdxElement"]} <= ids for r in sbom["relationships"])
CHECK
tar -tzf "ouro-$version.tar.gz" > ../files
grep -qx "ouro-$version/CMakeLists.txt" ../files
! grep -v "^ouro-$version/" ../files

# A release is a commit, and has an entry in the changelog.
refused() {
    if "$dir/first/ouro/cmake/release.sh" --source "$dir/$1" 2> "$dir/reason"; then
        echo "a release with $1"
        exit 1
    fi
    grep -q "$2" "$dir/reason" || { cat "$dir/reason"; exit 1; }
}
cd "$dir/first/ouro"
echo > new
refused changes "there are changes that are not committed"
rm new
sed -i "/^## /d" docs/changelog.md
git -c user.name=test -c user.email=test@localhost commit -qam "no entry"
refused no-entry "docs/changelog.md has no section $version"
