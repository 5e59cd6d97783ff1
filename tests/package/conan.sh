#!/bin/sh
# conan.sh SOURCE DIR COMPILER   makes the Conan package and runs its test_package, in a Conan home in DIR. Asio and
# libsodium come from a local-recipes-index that is written here over the packages of this Debian.
set -eu
source=$1 dir=$2 compiler=$3
command -v "${CONAN:-conan}" > /dev/null || { echo "skipped, for there is no conan (pip install conan)"; exit; }
conan() { command "${CONAN:-conan}" "$@"; }
rm -rf "$dir"
mkdir -p "$dir"
CONAN_HOME=$dir/home
export CONAN_HOME

# recipe NAME VERSION LIBRARIES   a package of the system, which has nothing of its own but its name.
recipe() {
    folder=$dir/index/recipes/$1
    mkdir -p "$folder/all"
    printf 'versions:\n  "%s":\n    folder: all\n' "$2" > "$folder/config.yml"
    cat > "$folder/all/conanfile.py" << RECIPE
from conan import ConanFile

class System(ConanFile):
    name = "$1"
    package_type = "shared-library" if $3 else "header-library"
    settings = "os", "arch"

    def package_info(self):
        self.cpp_info.includedirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.system_libs = $3
RECIPE
}
recipe asio 1.22.1 '[]'
recipe libsodium 1.0.18 '["sodium"]'

conan remote disable '*' > /dev/null 2>&1
conan remote add local "$dir/index" --type local-recipes-index
conan profile detect > "$dir/log" 2>&1
set -- -s compiler.cppstd=20 -s build_type=Debug -c "tools.build:compiler_executables={'cpp': '$compiler'}" \
    -c tools.cmake.cmaketoolchain:generator=Ninja -c "tools.cmake.cmake_layout:test_folder=$dir/test" --build=missing
conan create "$source/cmake/conan" "$@"

# The same package for tools that read CPS.
version=$(conan inspect "$source/cmake/conan" -f json | sed -n 's/^ *"version": "\(.*\)",*$/\1/p')
conan install --requires="ouro/$version" "$@" -g CPSDeps -of "$dir/cps"
find "$dir/cps" -name 'ouro.cps' | grep -q . || { echo "no ouro.cps"; exit 1; }
