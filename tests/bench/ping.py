#!/usr/bin/env python3
"""ping.py [--build DIR] [--rounds N] [--delay MS]...   measures `ping` beside a plain TCP ping of ten bytes, in turns, at a
relay and through a line that takes a stated time each way. Prints a table for docs/performance.md. By hand, on a machine
that does nothing else."""

import argparse
import json
import statistics
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


class Server:
    """A program whose first line is where it listens. It ends with its input."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.address = json.loads(self.process.stdout.readline())["address"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()


def lines(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def through(compare, address, delay):
    return Server(compare, "delay", "--peer", address, "--delay", str(delay))


def measure(build, delay, rounds, count):
    """Medians in ms of each run, of `ping` and of the plain one, in turns."""
    compare, ping = build / "tests/ouro_compare", build / "examples/ping"
    ours, plain, handshakes = [], [], []
    relay = Server(build / "examples/relay", "--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--json")
    with relay, through(compare, relay.address, delay) as slow:
        for _ in range(rounds):
            target = slow.address if delay else relay.address
            told = lines(ping, "--magic", "1", "--json", "--interval", "0", "-c", str(count), target)
            opened = next(line for line in told if line["event"] == "connected")
            handshakes.append(opened["handshake_ms"])
            ours.append(next(line for line in told if line["event"] == "target")["median_ms"])
            with Server(compare, "plain", "echo") as echo, through(compare, echo.address, delay) as line:
                address = line.address if delay else echo.address
                told = lines(compare, "plain-client", "echo", "--peer", address, "--count", str(count))
                plain.append(told[-1]["p50"] / 1000)
    return ours, plain, handshakes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--delay", type=int, action="append")
    options = parser.parse_args()
    print("| delay each way | `ping` | plain TCP | difference | handshake |")
    print("|---|---|---|---|---|")
    for delay in options.delay or [0, 1, 10, 50]:
        count = 1000 if delay == 0 else 100 // delay + 10
        ours, plain, handshakes = measure(options.build, delay, options.rounds, count)
        middle = statistics.median
        more = middle([a - b for a, b in zip(ours, plain)])
        print(
            f"| {delay} ms | {middle(ours):.3f} ms | {middle(plain):.3f} ms | {more:.3f} ms | {middle(handshakes):.3f} ms |"
        )


main()
