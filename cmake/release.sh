#!/bin/sh
# release.sh [--source] OUT   writes a release of the commit that is checked out to OUT, a new folder: the sources, an SBOM,
# the documentation as a site, the Debian packages, and their checksums.
#
# The sources are built and tested as they are in the tarball, on a Debian 12. --source leaves that, the site and the packages
# out. Two runs on one commit write the same tarballs, SBOM and checksums of them.
set -eu
source=
[ "${1-}" != --source ] || { source=1; shift; }
[ $# = 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
mkdir "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

fail() { echo "release.sh: $*" >&2; exit 1; }
number() { sed -n "s/^#define OURO_VERSION_$1 //p" include/ouro/version.hpp; }
version=$(number MAJOR).$(number MINOR).$(number PATCH)
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
grep -q "^## $version\b" docs/changelog.md || fail "docs/changelog.md has no section $version"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

name=ouro-$version
git -c core.autocrlf=false -c tar.umask=0022 archive --format=tar --prefix="$name/" HEAD | gzip -9n > "$out/$name.tar.gz"
python3 cmake/sbom.py "$version" "$out/$name.tar.gz" > "$out/$name.spdx.json"

if [ -z "$source" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    tar -xzf "$out/$name.tar.gz" -C "$work"
    "$work/$name/cmake/site.sh" "$out/$name-site.tar.gz"
    "$work/$name/tests/run.sh"
    (cd "$work/$name" && ctest --preset release -L package)
    (cd "$work/$name/build/release" && cpack -B "$work/packages")
    cp "$work"/packages/*.deb "$out/"
fi
(cd "$out" && sha256sum -- *.tar.gz *.json $([ -n "$source" ] || ls -- *.deb) > SHA256SUMS)
echo "$name is in $out. To publish it: git tag -s v$version $(git rev-parse HEAD)"
