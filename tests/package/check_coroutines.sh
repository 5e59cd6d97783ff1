#!/bin/sh
# check_coroutines.sh PREFIX DIR CMAKE ARGUMENT...   runs the installed ouro-check-coroutines on a user's project, whose
# bad.cpp has one form that g++ 12 compiles wrongly. DIR is for the project's build.
set -eu
project=$(cd "$(dirname "$0")/coroutines" && pwd)
prefix=$1 build=$2
shift 2
configure() { "$@" "-DCMAKE_PREFIX_PATH=$prefix" > "$build.log" || { cat "$build.log"; exit 1; }; }
configure "$@" -S "$project" -B "$build"
configure "$@" -S "$project" -B "$build-unity" -DCMAKE_UNITY_BUILD=ON
tool=$prefix/bin/ouro-check-coroutines

# check STATUS LINES ARGUMENT...   how the tool ends, and how many places it names in bad.cpp.
check() {
    status=$1 lines=$2
    shift 2
    result=0
    "$tool" "$@" > "$build.out" 2>&1 || result=$?
    found=$(grep -c '/bad\.cpp:[0-9]*:[0-9]*: note: "braces" binds here$' "$build.out" || true)
    [ "$result $found" = "$status $lines" ] && return
    cat "$build.out"
    echo "ouro-check-coroutines $*: ended with $result and named $found places, not $status and $lines"
    exit 1
}
check 1 1 "$build"
check 1 1 "$build-unity"
check 0 0 "$build" "$project/good.cpp" "$project/task.hpp"
check 1 1 "$build" "$project/bad.cpp"
check 2 0 "$build" "$project/none.cpp"
check 2 0 "$project"
check 2 0
