#!/bin/sh
# bare_root.sh SUITE TARBALL NODE DIR [STEP...]   makes a bare Debian SUITE in the folder DIR, or continues with the one that
# is there, and builds and runs the README's program in it, from the TARBALL of a release. As root, with debootstrap and the
# mirror that apt uses here.
# NODE is the example `node` of this machine; it serves the blocks, in a network of its own.
#
# The steps are, in this order:
#   readme        the README's package list, its project, and its two commands
#   installed     the library, built and installed by the README's three commands, and found by CMake
#   pkg-config    the Makefile of docs/install.md, after `installed` in the same run
#   fetchcontent  a project that fetches the tarball
#   conan         the Conan package and its test_package; pip brings Conan
set -eu
suite=$1 tarball=$2 node=$3 dir=$4
shift 4
[ $# != 0 ] || set -- readme installed pkg-config fetchcontent conan
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
root=$dir/root

if [ ! -d "$root" ]; then
    mirror=$(apt-cache policy base-files | awk '$2 ~ /^http/ && $3 ~ /\/main$/ { print $2; exit }')
    debootstrap --variant=minbase "$suite" "$root" "$mirror" > "$dir/debootstrap.log" || { tail "$dir/debootstrap.log"; exit 1; }
fi
[ ! -e /etc/resolv.conf ] || cp /etc/resolv.conf "$root/etc/resolv.conf"
# inside COMMAND...   runs it in the new root, in the folder of the project.
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive ${PIP_CERT:+PIP_CERT="$PIP_CERT"} sh -euc "cd /project && $*"; }
packages() { inside "apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $*" > "$dir/apt.log" 2>&1 || { tail "$dir/apt.log"; exit 1; }; }

rm -rf "$root/project"
mkdir -p "$root/project/ouro"
tar -xzf "$tarball" -C "$root/project/ouro" --strip-components=1
cp "$tarball" "$root/project/ouro.tar.gz"
readme=$root/project/ouro/README.md
# block LANGUAGE FILE   the first block of a language in a page.
block() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } inside && /^```/ { exit } inside' "$2"; }
block cpp "$readme" > "$root/project/program.cpp"

relay=$(sed -n 's/^ *node\.use("\(.*\)");$/\1/p' "$root/project/program.cpp")
printf '127.0.0.1 localhost %s\n' "${relay%:*}" > "$root/etc/hosts"
# runs PROGRAM   it prints a block of the relay that it names, and Ctrl-C ends it.
runs() {
    rm -f "$dir/lines"
    mkfifo "$dir/lines"
    unshare -n sh -euc '
        dir=$1 root=$2 node=$3 port=$4 program=$5
        ip link set lo up
        "$node" --magic 764824073 --listen "127.0.0.1:$port" --synthetic 100 > "$dir/node.log" 2>&1 &
        server=$!
        exec 3<> "$dir/lines"
        chroot "$root" "$program" > "$dir/lines" 2> "$dir/program.log" &
        client=$!
        line=$(timeout 60 head -n 1 <&3) || true
        status=0
        kill -INT $client || true
        wait $client || status=$?
        kill $server
        wait $server || true
        echo "$line"
        case $status:$line in
            0:block\ *) ;;
            *) tail -n 5 "$dir/program.log" "$dir/node.log"; echo "ended with $status"; exit 1 ;;
        esac' - "$dir" "$root" "$node" "${relay##*:}" "$1"
}
# built FOLDER   builds the program in a project of its own, whose CMakeLists.txt is the input, by the README's two commands.
built() {
    mkdir -p "$root/project/$1"
    cp "$root/project/program.cpp" "$root/project/$1/"
    cat > "$root/project/$1/CMakeLists.txt"
    inside "cd $1 && $commands"
}
commands=$(sed -n '/^    cmake -S \. -B build /{N;s/\n/ \&\& /;p;}' "$readme" | tr -s ' ')

readme() {
    sed -n 's/^    apt install \(g++ .*\)/\1/p' "$readme" > "$dir/packages"
    inside "apt-get -qq update" > "$dir/apt.log" 2>&1
    packages $(cat "$dir/packages")
    block cmake "$readme" > "$root/project/CMakeLists.txt"
    inside "g++ --version | head -n 1; $commands"
    runs /project/build/program
}
installed() {
    sed -n '/^    cmake .*ouro\/build/p' "$readme" > "$root/project/install.sh"
    inside ". ./install.sh"
    built found << 'PROJECT'
cmake_minimum_required(VERSION 3.25)
project(program CXX)
find_package(ouro CONFIG REQUIRED)
add_executable(program program.cpp)
target_link_libraries(program PRIVATE ouro::ouro ouro::format)
PROJECT
    runs /project/found/build/program
}
pkg_config() {
    packages make pkg-config
    mkdir -p "$root/project/make"
    cp "$root/project/program.cpp" "$root/project/make/"
    sed -n '/^## pkg-config/,/^## /s/^    //p' "$root/project/ouro/docs/install.md" > "$root/project/make/Makefile"
    inside "make -C make"
    runs /project/make/program
}
fetchcontent() {
    built fetched << 'PROJECT'
cmake_minimum_required(VERSION 3.25)
project(program CXX)
include(FetchContent)
FetchContent_Declare(ouro URL /project/ouro.tar.gz DOWNLOAD_EXTRACT_TIMESTAMP ON)
FetchContent_MakeAvailable(ouro)
add_executable(program program.cpp)
target_link_libraries(program PRIVATE ouro::ouro ouro::format)
PROJECT
    runs /project/fetched/build/program
}
conan() {
    packages ninja-build python3-venv ca-certificates
    [ -z "${PIP_CERT-}" ] || { mkdir -p "$root$(dirname "$PIP_CERT")" && cp "$PIP_CERT" "$root$PIP_CERT"; }
    inside "python3 -m venv /venv && /venv/bin/pip install -q conan==2.34.0"
    cp "$here/conan.sh" "$root/project/conan.sh"
    inside "CONAN=/venv/bin/conan sh conan.sh /project/ouro /project/conan g++"
}

for step; do
    began=$(date +%s)
    status=0
    # A process of its own, for `set -e` has no effect in a command whose status is tested.
    (set -e; "$(echo "$step" | tr - _)") > "$dir/$step.log" 2>&1 &
    wait $! || status=$?
    [ $status = 0 ] || { tail -n 30 "$dir/$step.log"; echo "$suite: $step failed"; exit 1; }
    took=$(($(date +%s) - began))
    printf '%s: %-12s %d:%02d min, %s\n' "$suite" "$step" $((took / 60)) $((took % 60)) "$(grep '^block ' "$dir/$step.log" | tail -n 1)"
done
