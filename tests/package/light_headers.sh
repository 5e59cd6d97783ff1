#!/usr/bin/env bash
# light_headers.sh ROUNDS COMPILER FLAG...   compares what it costs to compile a program that follows a chain, over
# relays (node.cpp) and over a node's socket (client.cpp), with a coroutine that reads a TCP socket with Asio alone
# (plain.cpp). Prints the median processor times of ROUNDS alternating rounds, and the sizes of the objects. Fails if
#   - a program takes more than 1.3 of the plain one's time: the goal is 1, but machines are noisy;
#   - its object has more than 120 kB;
#   - its headers include a manager, the vocabulary of behaviors, or a set of messages.
set -euo pipefail
rounds=$1
shift
sources=$(cd "$(dirname "$0")/light_headers" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
TIMEFORMAT=%U

for ((round = 0; round < rounds; ++round)); do
    for program in plain node client; do
        { time "$@" -c "$sources/$program.cpp" -o "$work/$program.o" 2> "$work/errors"; } 2>> "$work/$program.times" || {
            cat "$work/errors"
            exit 1
        }
    done
done

median() { sort -n "$work/$1.times" | sed -n "$(((rounds + 1) / 2))p"; }
plain=$(median plain)
printf '%-8s %8s %8s %12s\n' program seconds ratio bytes
for program in plain node client; do
    size=$(stat -c %s "$work/$program.o")
    ratio=$(awk "BEGIN { printf \"%.2f\", $(median $program) / $plain }")
    printf '%-8s %8s %8s %12d\n' $program "$(median $program)" "$ratio" "$size"
    [ $program != plain ] || continue
    if awk "BEGIN { exit !($ratio > 1.3) }"; then
        echo "$program.cpp takes more than 1.3 of the time of plain.cpp"
        failed=1
    fi
    if [ "$size" -gt 120000 ]; then
        echo "the object of $program.cpp has more than 120,000 bytes"
        failed=1
    fi
    # Of the behaviors only the events that a client passes on, and of the interfaces only the
    # socket that a user brings and what is bound.
    if "$@" -M "$sources/$program.cpp" | tr ' ' '\n' | grep -E '/ouro/(manager|behavior/|interface/|protocol/message\.hpp)' |
        grep -v -e '/behavior/local_initiator/outcomes\.hpp$' -e '/interface/connected_socket\.hpp$' -e '/interface/listening\.hpp$'; then
        echo "$program.cpp includes these headers, which are heavy"
        failed=1
    fi
done
exit $failed
