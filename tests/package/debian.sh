#!/bin/sh
# debian.sh BUILD DIR VERSION   makes the Debian packages of a build, looks into them, and installs and removes them in a
# folder of their own.
set -eu
build=$1 dir=$2 version=$3
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" > /dev/null || { echo "skipped, for there is no $tool"; exit; }
done
[ "$(id -u)" = 0 ] || command -v fakeroot > /dev/null || { echo "skipped, for there is no fakeroot"; exit; }
fake=
[ "$(id -u)" = 0 ] || fake=fakeroot
rm -rf "$dir"
mkdir -p "$dir"
(cd "$dir" && cpack --config "$build/CPackConfig.cmake" -B "$dir") > "$dir/log" || { cat "$dir/log"; exit 1; }

root=$dir/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/log"
touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
files() { (cd "$root" && find . ! -type d ! -path './var/*'); }
on_root() { $fake dpkg --root="$root" --log="$root/var/log/dpkg.log" --force-depends "$@" >> "$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }; }
# has PATTERN   a file is installed whose path matches.
has() { files | grep -q "$1" || { echo "not installed: $1"; files; exit 1; }; }

for package in "$dir"/*.deb; do
    [ "$(dpkg-deb -f "$package" Version)" = "$version" ] || { echo "$package has another version"; exit 1; }
    on_root -i "$package"
done
has '/usr/include/ouro/version\.hpp$'
has '/ouro-config\.cmake$'
has '/pkgconfig/ouro-core\.pc$'
for package in "$dir"/ouro-tools*.deb; do
    [ -e "$package" ] || continue
    dpkg-deb -f "$package" Depends | grep -q libsodium || { echo "ouro-tools does not depend on libsodium"; exit 1; }
    "$root/usr/bin/ouro-follow" --version
    for program in "$root"/usr/bin/ouro-*; do
        name=$(basename "$program")
        [ "$name" != ouro-check-coroutines ] || continue
        command -v python3 > /dev/null || continue
        has "/man1/$name\.1$"
        has "/zsh/vendor-completions/_$name$"
        bash -c '. "$1"; COMP_WORDS=("$2" --vers) COMP_CWORD=1; "_${2//-/_}"; [ "${COMPREPLY[0]}" = --version ]' \
            - "$root/usr/share/bash-completion/completions/$name" "$name" || { echo "no completions: $name"; exit 1; }
        ! command -v man > /dev/null || {
            man --warnings -E UTF-8 -l "$root/usr/share/man/man1/$name.1" 2> "$dir/warnings" | grep -q -- '--version'
            [ ! -s "$dir/warnings" ] || { cat "$dir/warnings"; exit 1; }
        }
    done
    on_root -r ouro-tools
done
on_root -r libouro-dev
[ -z "$(files)" ] || { echo "left behind:"; files; exit 1; }
