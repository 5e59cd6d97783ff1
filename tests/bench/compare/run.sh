#!/usr/bin/env bash
# tests/bench/compare/run.sh [--quick] [CASE...]   builds the other implementations (tests/interop/build.sh) and this
# library in release mode, measures each beside this library in rounds that take turns, prints a table, and writes
# compare.json and compare.svg into build/compare. Without words it measures every case; --quick shows in three minutes
# that all of it runs, with figures that are worth nothing. On a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. cmake/packages.sh

need_packages $ouro_packages python3 python3-venv
. cmake/packages.sh
tests/interop/build.sh
cmake --preset release > /dev/null
cmake --build --preset release -j "$(nproc)" --target ouro_compare
[ -x build/compare/venv/bin/pip ] || python3 -m venv build/compare/venv
build/compare/venv/bin/pip install -q --disable-pip-version-check matplotlib==3.9.4
exec build/compare/venv/bin/python tests/bench/compare/compare.py "$@"
