#!/bin/sh
# tests/run.sh   on a Debian 12 with nothing but apt: installs what is missing, builds everything, runs every test but two
# kinds: those that build a project of a user's (ctest --preset release -L package), and those that need other
# implementations (tests/interop/run.sh).
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

need_packages $ouro_packages
echo "== building (build/release)"
cmake --preset release
cmake --build --preset release -j "$(nproc)"
echo "== testing"
ctest --preset release -j "$(nproc)" -LE 'interop|package'
