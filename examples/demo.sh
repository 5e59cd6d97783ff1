#!/bin/sh
# examples/demo.sh   on a plain Debian 12 with apt: installs missing packages, builds, starts a relay that serves a
# synthetic chain, follows it to its tip, fetches all of its blocks, and prints a summary.
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

blocks=1000
bytes=2000
magic=42

need_packages $ouro_packages
echo "== building (build/release)"
cmake --preset release > /dev/null
cmake --build --preset release -j "$(nproc)" --target ouro_example_relay ouro_example_follow ouro_example_fetch
bin=build/release/examples

scratch=$(mktemp -d)
relay=
finish() {
    [ -z "$relay" ] || { kill "$relay" && wait "$relay"; } 2> /dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
    echo "demo: $1" >&2
    tail -n 20 "$scratch"/*.log >&2 || true
    exit 1
}
now() { date +%s%3N; }
# field NAME LINE: the value of a field of a JSON line, as text.
field() { printf '%s\n' "$2" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

: > "$scratch/relay.jsonl"
echo "== a relay with $blocks blocks of $bytes bytes"
$bin/relay --listen 127.0.0.1:0 --magic $magic --synthetic ${blocks}x$bytes --json \
    > "$scratch/relay.jsonl" 2> "$scratch/relay.log" &
relay=$!
address=
tries=0
while [ -z "$address" ]; do
    kill -0 "$relay" 2> /dev/null || fail "the relay ended"
    [ $tries -lt 300 ] || fail "the relay does not listen"
    tries=$((tries + 1))
    sleep 0.1
    address=$(field address "$(grep -m 1 '"event":"listening".*}$' "$scratch/relay.jsonl")")
done
echo "   listening on $address"

echo "== following it"
begin=$(now)
$bin/follow --magic $magic --count $blocks --json "$address" > "$scratch/follow.jsonl" 2> "$scratch/follow.log" ||
    fail "follow failed"
followed=$(($(now) - begin))
grep '"event":"roll-forward"' "$scratch/follow.jsonl" > "$scratch/headers.jsonl" || fail "follow gave no headers"
headers=$(wc -l < "$scratch/headers.jsonl")
first=$(head -n 1 "$scratch/headers.jsonl")
last=$(tail -n 1 "$scratch/headers.jsonl")
first=$(field slot "$first").$(field hash "$first")
last=$(field slot "$last").$(field hash "$last")
[ "$headers" -eq $blocks ] || fail "follow gave $headers headers of $blocks"
echo "   $headers headers in $followed ms"

echo "== fetching the same range"
begin=$(now)
$bin/fetch --magic $magic --from "$first" --to "$last" --out "$scratch/blocks" --json "$address" \
    > "$scratch/fetch.jsonl" 2> "$scratch/fetch.log" || fail "fetch failed"
fetched=$(($(now) - begin))
bodies=$(field blocks "$(grep '"event":"done"' "$scratch/fetch.jsonl")")
size=$(wc -c < "$scratch/blocks")
[ "$bodies" = $blocks ] && [ "$size" -ge $((blocks * bytes * 9 / 10)) ] || fail "fetch gave $bodies blocks, $size bytes"
echo "   $bodies blocks, $size bytes, in $fetched ms"

kill -0 "$relay" 2> /dev/null || fail "the relay ended"
cat << SUMMARY

The relay served its whole chain over 127.0.0.1:
   followed   $headers headers in $followed ms
   fetched    $bodies blocks, $size bytes, in $fetched ms
   from       $first
   to         $last
SUMMARY
