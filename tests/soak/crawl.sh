#!/bin/sh
# crawl.sh PROGRAMS [COUNT]   crawls COUNT relays (200), each a process with an address of its own in 127.0.0.0/8. Fails
# unless each is found exactly once, with at most 16 connections at a time and 64 MB of memory. Run by hand: COUNT
# processes take about 10 MB each.
set -eu
programs=$1 count=${2:-200}
scratch=$(mktemp -d)
pids=
finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

# Relay i shares relays i/2, i-1 and i-7, which are there already; from the last one all can be reached.
i=1
while [ "$i" -le "$count" ]; do
  shared=
  for other in $((i / 2)) $((i - 1)) $((i - 7)); do
    [ "$other" -lt 1 ] || shared="$shared --share $(cat "$scratch/address.$other")"
  done
  # shellcheck disable=SC2086
  "$programs/relay" --magic 1 --listen "127.77.$((i / 250)).$((i % 250 + 1)):0" --synthetic 5 --json $shared \
    > "$scratch/out.$i" 2>/dev/null &
  pids="$pids $!"
  tries=0
  while ! sed -n '1s/.*"address":"\([^"]*\)".*/\1/p' "$scratch/out.$i" 2>/dev/null | grep . > "$scratch/address.$i"; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "relay $i does not listen" >&2; exit 1; }
    sleep 0.05
  done
  i=$((i + 1))
done
echo "$count relays listen"

"$programs/crawl" --magic 1 --json --at-once 16 --range-pause 0 --allow-range 127.0.0.0/8 --history "$scratch/history" \
  --report "$scratch/report.html" "$(cat "$scratch/address.$count")" > "$scratch/crawl" &
crawler=$!
most=0 peak=0
while kill -0 "$crawler" 2>/dev/null; do
  # Connections at a time, and memory in kB.
  open=$(ls -l "/proc/$crawler/fd" 2>/dev/null | grep -c socket: || true)
  [ "$open" -le "$most" ] || most=$open
  memory=$(awk '/VmHWM/ {print $2}' "/proc/$crawler/status" 2>/dev/null || true)
  [ "${memory:-0}" -le "$peak" ] || peak=$memory
  sleep 0.02
done
wait "$crawler"
tail -n 1 "$scratch/crawl"
grep -c '"event":"peer"' "$scratch/crawl" > "$scratch/found"
sed -n 's/.*"event":"peer","peer":"\([^"]*\)".*/\1/p' "$scratch/crawl" | sort > "$scratch/peers"
i=1
while [ "$i" -le "$count" ]; do cat "$scratch/address.$i"; i=$((i + 1)); done | sort > "$scratch/relays"
cmp "$scratch/peers" "$scratch/relays"
echo "each of $(cat "$scratch/found") relays was found once; at most $most sockets were open, and $peak kB in use"
[ "$most" -le 16 ]
[ "$peak" -le 65536 ]
[ -z "${REPORT:-}" ] || cp "$scratch/report.html" "$REPORT"
