"""Measures this library beside other implementations, in rounds that take turns. See run.sh."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import chart
from programs import CLIENTS, OURS, PEERS, SERVERS, TOP, Failed, Program, Served, all_descriptors, ask, serve

OUT = TOP / "build/compare"
SEGMENT = 12_288
# A second request before the first is answered is a violation for this server: it gets one at a time.
PLODDING = "pallas-network2"
# A pair that has failed as often is not asked again.
FAILURES = 2


def pairs(job):
    """Every server and client that a job is measured with; this library's own pair comes twice, for the noise."""
    silent = {"measure-keep-alive": {"gouroboros"}, "measure-connect": {"yaci", "ouroboros-miniprotocols-ts"}}
    here = [name for name in CLIENTS if (PEERS / name).exists()]
    asking = [name for name in here if name not in silent.get(job, set())]
    result = [("ouro", "ouro")]
    for name in here:
        if name in SERVERS:
            result.append((name, "ouro"))
            if name in asking:
                result.append((name, name))
        if name in asking:
            result.append(("ouro", name))
    return result + [("ouro", "ouro again")]


def row(server, client):
    return f"{server} > {client}" + (", one at a time" if server == PLODDING and client == "ouro" else "")


def window(server, client):
    return {"window": 1} if server == PLODDING and client == "ouro" else {}


@dataclass
class Series:
    """What one pair, or the plain socket, took in each round; None for a round in which one of them failed."""
    values: list = field(default_factory=list)
    more: dict = field(default_factory=dict)  # further figures, a list each
    failures: list = field(default_factory=list)

    def add(self, value, **more):
        self.values.append(value)
        for name, figure in more.items():
            self.more.setdefault(name, []).append(figure)

    def measured(self):
        return [value for value in self.values if value is not None]

    def spread(self, name=None):
        values = self.more[name] if name else self.measured()
        return statistics.median(values), min(values), max(values)


class Case:
    """One thing to measure: its rows, round by round."""

    def __init__(self, name, title, unit, settings):
        self.name, self.title, self.unit, self.settings = name, title, unit, settings
        self.rows = {}

    def measure(self, row, run, *arguments):
        series = self.rows.setdefault(row, Series())
        if len(series.failures) == FAILURES:
            return series.add(None)
        try:
            value, more = run(*arguments)
            series.add(value, **more)
        except Failed as failed:
            series.failures.append(str(failed))
            series.add(None)

    def print(self):
        print(f"\n{self.title}, {self.unit}; {self.settings.rounds} rounds")
        ours = self.rows.get("ouro > ouro")
        for row, series in self.rows.items():
            failed = f"   {len(series.failures)} failed: {series.failures[-1]}" if series.failures else ""
            if not series.measured():
                print(f"  {row:<42} {failed}")
                continue
            middle, low, high = series.spread()
            text = f"  {row:<42} {middle:>14,.6g} ({low:,.6g} to {high:,.6g})"
            paired = [(a, b) for a, b in zip(series.values, ours.values if ours else []) if a and b]
            if paired:
                text += f"   {statistics.median(a / b for a, b in paired):.3f} of ours"
            for name in series.more:
                text += f"   {name} {series.spread(name)[0]:.4g}"
            print(text + failed)
        sys.stdout.flush()

    def json(self):
        return {
            "title": self.title, "unit": self.unit,
            "rows": {row: {"values": s.values, "failures": s.failures, **s.more} for row, s in self.rows.items()}}


class Comparison:
    def __init__(self, settings):
        self.settings = settings
        self.cases = []
        self.counts = {}  # of one case: how many of what a pair is asked for, to take about as long as all others

    def chain(self, bytes, blocks):
        """A chain for all to serve: its file, its ends and its bytes."""
        file = OUT / f"chain-{bytes}.txt"
        with Program(OURS, "chain", "--chain", file, "--bytes", bytes, "--count", blocks) as writing:
            written = writing.line("written", 120)
        return file, written

    def case(self, name, title, unit):
        if self.settings.cases and name.split("-")[0] not in self.settings.cases:
            return None
        print(f"... {title}", file=sys.stderr)
        self.counts = {}
        self.cases.append(Case(name, title, unit, self.settings))
        return self.cases[-1]

    def calibrated(self, pair, server, client, job, least, most, stretch=1, **options):
        """One run of about `seconds`; how much that is has been found out by shorter ones."""
        wanted = self.settings.seconds * stretch
        limit = 60 + 20 * wanted
        count = self.counts.get(pair)
        if count is None:
            count, took = least, 0.0
            while True:
                took = ask(server, client, job, limit, count=count, **options)["seconds"]
                # Over a slow line the first ones take as long as many: a fifth of the time would say nothing.
                if took > wanted / 2 or count >= most:
                    break
                count = min(most, int(count * max(2, min(20, wanted / 4 / max(took, 1e-4)))))
            count = max(least, min(most, int(count * wanted / took)))
            self.counts[pair] = count
        return count, ask(server, client, job, limit, count=count, **options)

    def rounds(self, case, job, servers, run, plain=None):
        for _ in range(self.settings.rounds):
            for server, client in pairs(job):
                asking = client.removesuffix(" again")
                if server not in servers:
                    continue
                case.measure(row(server, client), run, (server, client), servers[server], asking)
            if plain:
                case.measure("plain socket", plain)
        case.print()

    def served(self, file):
        """All servers of a chain, started; who cannot is left out."""
        names = ["ouro"] + [name for name in SERVERS if (PEERS / name).exists()]
        return {name: serve(name, file) for name in names}

    def plain(self, bytes):
        with Served(OURS, "plain", "stream", "--bytes", bytes) as server:
            with Program(OURS, "plain-client", "stream", "--peer", server.address) as client:
                return client.line("took", 120)["seconds"]

    # --- the cases ------------------------------------------------------------------------------------------------

    def headers(self, delay):
        title = "header sync, 860 bytes each" + (f", {delay} ms of round trip" if delay else "")
        case = self.case(f"headers-{delay}", title, "headers/s")
        if not case:
            return
        file, written = self.chain(1_000, 1_000)
        servers = self.served(file)
        lines = {}
        if delay:
            for name, server in servers.items():
                lines[name] = Served(OURS, "delay", "--peer", server.address, "--delay", delay // 2)

        def run(pair, server, client):
            more = window(*pair)
            if delay:
                more["peer"] = lines[pair[0]].address
            count, took = self.calibrated(
                pair, server, client, "measure-sync", 10 if delay else 500, 3_000_000, 3 if delay else 1, **{"from": written["from"]},
                **more)
            return count / took["seconds"], {}

        def plain():
            count = 1_000_000
            return count / self.plain(count * 960), {}

        try:
            self.rounds(case, "measure-sync", servers, run, None if delay else plain)
        finally:
            for each in [*lines.values(), *servers.values()]:
                each.end()

    def blocks(self, bytes):
        case = self.case(f"blocks-{bytes}", f"block stream, blocks of {bytes:,} bytes", "MB/s")
        if not case:
            return
        blocks = max(100, min(1_000, 8_000_000 // bytes))
        file, written = self.chain(bytes, blocks)
        servers = self.served(file)
        batch = written["bytes"]

        def run(pair, server, client):
            count, took = self.calibrated(
                pair, server, client, "measure-fetch", 1, max(1, 3_000_000_000 // batch),
                **{"from": written["from"], "to": written["to"]}, **window(*pair))
            whole = count * batch
            return whole / took["seconds"] / 1e6, {
                "blocks/s": count * blocks / took["seconds"],
                "server s/GB": took["server_cpu"] / whole * 1e9,
                "client s/GB": took["client_cpu"] / whole * 1e9}

        def plain():
            whole = 500_000_000
            return whole / self.plain(whole * (bytes + 8) // bytes) / 1e6, {}

        try:
            self.rounds(case, "measure-fetch", servers, run, plain)
        finally:
            for each in servers.values():
                each.end()

    def keep_alive(self):
        case = self.case("keepalive", "round trip of a keep-alive without a pause, median", "µs")
        if not case:
            return
        file, _ = self.chain(1_000, 1_000)
        servers = self.served(file)
        count = 500 if self.settings.quick else 5_000

        def run(_, server, client):
            took = ask(server, client, "measure-keep-alive", 60, count=count)
            return took["p50"], {"p99": took["p99"]}

        def plain():
            with Served(OURS, "plain", "echo") as server:
                with Program(OURS, "plain-client", "echo", "--peer", server.address, "--count", count) as client:
                    took = client.line("round-trips", 60)
                    return took["p50"], {"p99": took["p99"]}

        try:
            self.rounds(case, "measure-keep-alive", servers, run, plain)
        finally:
            for each in servers.values():
                each.end()

    def connect(self):
        case = self.case("connect", "connections set up with their handshake, one after the other", "1/s")
        if not case:
            return
        file, _ = self.chain(1_000, 1_000)
        servers = self.served(file)

        def run(pair, server, client):
            count, took = self.calibrated(pair, server, client, "measure-connect", 20, 2_000)
            return count / took["seconds"], {}

        try:
            self.rounds(case, "measure-connect", servers, run)
        finally:
            for each in servers.values():
                each.end()

    def followers(self, peers):
        """This library asks from one process; the servers are compared."""
        case = self.case(f"followers-{peers}", f"a responder with {peers:,} followers, all together", "headers/s")
        if not case:
            return
        file, written = self.chain(1_000, 1_000)
        each = max(20, int((2_000 if self.settings.quick else 400_000) // peers))

        def run(name):
            with serve(name, file) as server:
                before = server.memory()
                with Program(OURS, "client", "measure-followers", "--peer", server.address, "--peers", peers,
                             "--count", each, "--from", written["from"],
                             *(["--window", 1] if window(name, "ouro") else [])) as client:
                    took = client.line("took", 120)
                    memory = (server.memory() - before) / peers
                return took["count"] / took["seconds"], {"bytes a peer": memory}

        for _ in range(self.settings.rounds):
            for name in ["ouro"] + [name for name in SERVERS if (PEERS / name).exists()]:
                case.measure(row(name, "ouro"), run, name)
        case.print()

    def idle(self):
        """Twice as many descriptors as connections would not fit: each side has a process of its own."""
        count = 200 if self.settings.quick else all_descriptors() - 1_000
        case = self.case("idle", f"{count:,} idle initialized peers, the server's memory each", "bytes")
        if not case:
            return
        file, _ = self.chain(1_000, 1_000)
        watched = 5 if self.settings.quick else 60

        def run(name):
            with serve(name, file) as server:
                before = server.memory()
                with Program(OURS, "client", "hold", "--peer", server.address, "--peers", count) as client:
                    client.line("held", 240)
                    memory = server.memory() - before
                    cpu, ours = server.cpu(), client.cpu()
                    time.sleep(watched)
                    return memory / count, {
                        "cpu s/minute": (server.cpu() - cpu) * 60 / watched,
                        "cpu s/minute of ouro asking": (client.cpu() - ours) * 60 / watched,
                        "bytes of ouro asking": client.memory() / count}

        for name in ["ouro"] + [name for name in SERVERS if (PEERS / name).exists()]:
            case.measure(row(name, "ouro"), run, name)
        case.print()


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load before": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/compare/run.sh")
    parser.add_argument("--quick", action="store_true", help="everything once and short; the figures are worth nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="about, of one run")
    parser.add_argument("cases", nargs="*",
                        help="headers, blocks, keepalive, connect, followers, idle; without any: all of them")
    settings = parser.parse_args()
    if settings.quick:
        settings.rounds, settings.seconds = 1, 0.1

    OUT.mkdir(parents=True, exist_ok=True)
    about = machine()
    print(f"{about['processor']}, {about['cores']} cores, load {about['load before']:.2f}; SERVER > CLIENT, "
          "median (lowest to highest)")
    for name in CLIENTS:
        if not (PEERS / name).exists():
            print(f"{name} is left out, for it is not built")
    comparison = Comparison(settings)
    measurements = [
        *(lambda delay=delay: comparison.headers(delay) for delay in (0, 20, 100, 200)),
        *(lambda bytes=bytes: comparison.blocks(bytes) for bytes in (600, 2_000, 20_000, 80_000)),
        comparison.keep_alive,
        comparison.connect,
        *(lambda peers=peers: comparison.followers(peers) for peers in (100, 1_000)),
        comparison.idle,
    ]
    for measure in measurements:
        measure()
        # After each, so that a run that is broken off leaves what it has.
        result = {"machine": about, "segment": SEGMENT, "rounds": settings.rounds,
                  "cases": {case.name: case.json() for case in comparison.cases}}
        (OUT / "compare.json").write_text(json.dumps(result, indent=1))
        chart.draw(result, OUT / "compare.svg")
    print(f"\n{OUT / 'compare.json'}\n{OUT / 'compare.svg'}")


if __name__ == "__main__":
    main()
