#!/bin/sh
# abi.sh SCRIPT DIR COMPILER   runs cmake/abi.sh in a little project of the same form, whose library changes after its tag.
set -eu
script=$1 dir=$2
CXX=$3
export CXX
for tool in git abidiff; do
    command -v "$tool" > /dev/null || { echo "skipped, for there is no $tool"; exit; }
done
rm -rf "$dir"
mkdir -p "$dir/project/cmake" "$dir/project/include/ouro"
cd "$dir/project"
cp "$script" cmake/abi.sh
cat > CMakeLists.txt << 'PROJECT'
cmake_minimum_required(VERSION 3.25)
project(little CXX)
add_library(little little.cpp)
target_include_directories(little PRIVATE include)
install(TARGETS little)
install(DIRECTORY include/ DESTINATION include)
PROJECT
version() { printf '#define OURO_VERSION_MAJOR 0\n#define OURO_VERSION_MINOR %s\n#define OURO_VERSION_PATCH 0\n' "$1" > include/ouro/version.hpp; }
version 1
echo 'struct Point { int slot; }; int slot(const Point& point);' > include/ouro/little.hpp
printf '#include <ouro/little.hpp>\nint slot(const Point& point) { return point.slot; }\n' > little.cpp
git init -q
git add .
git -c user.name=test -c user.email=test@localhost commit -qm little

# ends STATUS TEXT   how the script ends, and what it prints.
ends() {
    status=0
    cmake/abi.sh "$dir/work" > "$dir/printed" 2>&1 || status=$?
    if [ $status != "$1" ] || ! grep -qF "$2" "$dir/printed"; then
        cat "$dir/printed"
        echo "ended with $status, not with $1 and: $2"
        exit 1
    fi
}
ends 0 "skipped, for there is no tag"
git tag v0.1.0
ends 0 "as in v0.1.0"
echo 'int more() { return 1; }' >> little.cpp
ends 0 "as in v0.1.0"
sed -i 's/int slot;/long slot;/' include/ouro/little.hpp
ends 1 "changed since v0.1.0, which has the same version 0.1"
version 2
ends 0 "changed from 0.1 to 0.2, as their versions say"
version 1
git checkout -q include
sed -i 's/int slot(/int slot_of(/' include/ouro/little.hpp little.cpp
ends 1 "changed since v0.1.0"
git checkout -q .
sed -i '/^target/d; s/(little/(other/; s/TARGETS little/TARGETS other/' CMakeLists.txt
echo 'include_directories(include)' >> CMakeLists.txt
ends 1 "lib/liblittle.so is gone"
