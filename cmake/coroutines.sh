#!/bin/sh
# coroutines.sh BUILD_DIR   fails where our sources hold a coroutine that g++ 12 compiles wrongly (coroutines.query).
# BUILD_DIR has the compile_commands.json of a clang build of everything. Takes some two seconds a file.
set -eu
cd "$(dirname "$0")/.."

# Prints what the query finds in a file: "path:line:column: note: "name" binds here".
query() {
    clang-query-19 --extra-arg=-w -f cmake/coroutines.query "$@" 2>&1 | awk '
        /binds here|error:/ { print }
        /^[0-9]+ match/ { answers++ }
        END { if (answers != 6) { print "error: the query did not run to its end"; } }'
}

# How the script calls itself, for some of the files.
if [ "${1:-}" = --query ]; then
    shift
    query "$@"
    exit
fi

database=${1:?usage: cmake/coroutines.sh BUILD_DIR}
found=$(mktemp)
without=$(mktemp -d)
trap 'rm -rf "$found" "$without"' EXIT

# First that it can find at all: each marked line, under its name, and no other.
query tests/coroutines/refused.cpp -- -std=c++20 | sed -n 's/.*refused\.cpp:\([0-9]*\):.*"\(.*\)" binds here.*/\1 \2/p' |
    sort -n > "$found"
awk -F'// refused: ' 'NF == 2 { print NR, $2 }' tests/coroutines/refused.cpp | diff - "$found" || {
    echo "coroutines: the query no longer finds what tests/coroutines/refused.cpp marks"
    exit 1
}

files=$(grep -rlw co_await --include='*.[ch]pp' include src examples tests | grep -v '^tests/coroutines/' | sort)
[ -n "$files" ] || { echo "coroutines: no file with co_await, which cannot be"; exit 1; }
# A header is asked as a file of its own, and what is precompiled may hold it already.
sed 's/-Xclang -include-pch .*cmake_pch\.hxx -o/-o/' "$database/compile_commands.json" > "$without/compile_commands.json"
ask() { grep "$1" | xargs -n 3 -P "$(nproc)" sh cmake/coroutines.sh --query -p "$2"; }
{ echo "$files" | ask '\.hpp$' "$without"; echo "$files" | ask '\.cpp$' "$database"; } > "$found"
if [ -s "$found" ]; then
    cat "$found"
    echo "coroutines: the forms above are compiled wrongly by g++ 12: name the part first, then co_await"
    exit 1
fi
echo "coroutines: nothing found in $(echo "$files" | wc -w) files"
