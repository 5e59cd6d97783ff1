#!/usr/bin/env bash
# tests/interop/run.sh [--fast]   builds the peers (see build.sh) and this library's tests in build/release, runs the matrix
# on loopback, and ends with a table of it. --fast leaves out the peers that are neither Rust nor Go.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/packages.sh

need_packages $ouro_packages
tests/interop/build.sh "$@"
cmake --preset release > /dev/null
cmake --build --preset release -j "$(nproc)" --target ouro_test_interop
log=build/interop/matrix.log
result=0
# The cells wait more than they work.
ctest --preset release -L '^interop$' -j 8 -V > $log || result=$?

# A cell prints `cell|PEER|SIDE|COLUMN|OUTCOME`; its last line counts.
grep '^[0-9]*: cell|' $log | sort -s -n | awk -F'|' '
    function letter(number) { return number <= 26 ? 96 + number : 38 + number }
    function mark(outcome) {
        if (outcome == "pass") return "+"
        if (outcome == "skipped") return "-"
        if (outcome == "FAIL") return "X"
        if (!(outcome in number)) { number[outcome] = ++names; name[names] = outcome }
        return number[outcome]
    }
    {
        if ($4 ~ /^query /) {
            if (!($4 in asked)) { asked[$4] = 1; query[++queries] = $4 }
            cell[$2 " as " $3, $4] = $5
            next
        }
        row = sprintf("%-28s%-8s", $2, $3)
        if (!(row in rows)) { rows[row]; order[++height] = row }
        if (!($4 in columns)) { columns[$4]; label[++width] = $4 }
        cell[row, $4] = $5
    }
    # All cells of the columns between nodes, of those between a node and its client, of blocks, or of queries.
    function kind(column) {
        return column ~ /^local / ? "local" : column ~ /^block / ? "block" : column ~ /^query / ? "query" : ""
    }
    function sum(of, what,   key, part, all, plain, other) {
        for (key in cell) {
            split(key, part, SUBSEP)
            if (kind(part[2]) != of) continue
            ++all
            if (cell[key] == "pass") ++plain
            else if (cell[key] != "FAIL" && cell[key] != "skipped") ++other
        }
        printf "  %d of %d cells %s passed, %d of them with a defect of the peer\n", plain + other, all, what, other
    }
    END {
        printf "\n%-36s", "peer and its side"
        for (c = 1; c <= width; ++c) printf "%3c", letter(c)
        for (r = 1; r <= height; ++r) {
            printf "\n%s", order[r]
            for (c = 1; c <= width; ++c) printf "%3s", (order[r], label[c]) in cell ? mark(cell[order[r], label[c]]) : ""
        }
        printf "\n\n%-42s", "query"
        sides = split("pallas-network as client|pallas-network as server|gouroboros as client|gouroboros as server", side, "|")
        for (s = 1; s <= sides; ++s) printf "%26s", side[s]
        for (q = 1; q <= queries; ++q) {
            printf "\n%-42s", substr(query[q], 7)
            for (s = 1; s <= sides; ++s)
                printf "%26s", (side[s], query[q]) in cell ? mark(cell[side[s], query[q]]) : ""
        }
        printf "\n\n"
        for (c = 1; c <= width; ++c) printf "  %c  %s\n", letter(c), label[c]
        printf "\n  +  pass\n  -  skipped, for the peer is not built\n  X  FAIL\n"
        for (n = 1; n <= names; ++n) printf "  %d  pass, with the defect of the peer: it %s\n", n, name[n]
        printf "\n"
        sum("", "between nodes")
        sum("local", "between a node and its client")
        sum("block", "of the contents of blocks")
        sum("query", "of state queries")
    }' | tee build/interop/matrix.txt
if [ $result -ne 0 ]; then
    echo "the matrix failed; its log is $log"
    grep -A 12 'FAILED:' $log | head -n 60 || true
fi
grep '% tests passed' $log
exit $result
