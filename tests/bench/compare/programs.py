"""Programs that serve or ask, on loopback, and what they took."""

import json
import os
import resource
import select
import signal
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
OURS = str(TOP / "build/release/tests/ouro_compare")
PEERS = TOP / "build/interop/bin"
SERVERS = ["pallas-network", "pallas-network2", "gouroboros"]
CLIENTS = SERVERS + ["yaci", "ouroboros-miniprotocols-ts"]
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program did not do what it was asked; the text says how."""


def program(name):
    return OURS if name == "ouro" else str(PEERS / name)


def all_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Program:
    """A running program: the lines it prints, its memory and its processor time. It ends with its stdin."""

    def __init__(self, *words):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.rest = b""

    def line(self, event, seconds):
        """The next line that tells of `event`."""
        until = time.monotonic() + seconds
        out = self.process.stdout.fileno()
        while True:
            while b"\n" in self.rest:
                text, self.rest = self.rest.split(b"\n", 1)
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if line["event"] == event:
                    return line
                if line["event"] == "error":
                    raise Failed(line["message"])
            left = until - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise Failed(f"no `{event}` within {seconds:.0f} s")
            more = os.read(out, 65536)
            if not more:
                raise Failed("ended early")
            self.rest += more

    def cpu(self):
        """User and system seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Bytes in memory that are the process's own."""
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
        raise Failed("no smaps_rollup")

    def end(self):
        """Ends it, and gives the processor time of its whole life."""
        self.process.stdin.close()
        until = time.monotonic() + 5
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > until:
                os.kill(self.process.pid, signal.SIGKILL)
                until = float("inf")
            time.sleep(0.002)
        self.process.stdout.close()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.end()


class Served(Program):
    """A program that has told where it listens."""

    def __init__(self, *words):
        super().__init__(*words)
        try:
            port = self.line("listening", 60)["address"].rsplit(":", 1)[1]
        except Failed:
            self.end()
            raise
        self.address = f"127.0.0.1:{port}"


def serve(name, chain):
    return Served(program(name), "serve", "--magic", 1, "--chain", chain, "--cyclic", 1, "--listen", "0.0.0.0:0")


def ask(server, name, job, seconds, **options):
    """One run of a client: its result, and the processor time of both sides."""
    address = options.pop("peer", server.address)
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    before = server.cpu()
    with Program(program(name), "client", job, "--magic", 1, "--peer", address, *words) as client:
        event = "round-trips" if job == "measure-keep-alive" else "took"
        result = client.line(event, seconds)
        result["server_cpu"] = server.cpu() - before
        result["client_cpu"] = client.end()
    return result
