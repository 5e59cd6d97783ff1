#!/bin/sh
# coroutines.sh BUILD_DIR   fails where our sources hold a coroutine that g++ 12 compiles wrongly: runs
# ouro-check-coroutines on all of them. BUILD_DIR has the compile_commands.json of a clang build of everything.
set -eu
cd "$(dirname "$0")/.."
database=${1:?usage: cmake/coroutines.sh BUILD_DIR}
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# First that it can find at all: each marked line, under its name, and no other.
cmake/ouro-check-coroutines --query tests/coroutines/refused.cpp -- -std=c++20 |
    sed -n 's/.*refused\.cpp:\([0-9]*\):.*"\(.*\)" binds here.*/\1 \2/p' | sort -n > "$found"
awk -F'// refused: ' 'NF == 2 { print NR, $2 }' tests/coroutines/refused.cpp | diff - "$found" || {
    echo "coroutines: the query no longer finds what tests/coroutines/refused.cpp marks"
    exit 1
}

files=$(grep -rlw co_await --include='*.[ch]pp' include src examples tests |
    grep -v -e '^tests/coroutines/' -e '^tests/package/' | sort)
[ -n "$files" ] || { echo "coroutines: no file with co_await, which cannot be"; exit 1; }
# shellcheck disable=SC2086
cmake/ouro-check-coroutines "$database" $files
