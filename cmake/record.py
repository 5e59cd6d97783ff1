#!/usr/bin/env python3
"""record.py EXAMPLES OUT   records two minutes of a terminal as OUT, an asciinema file of version 2; docs/demo.cast is from
it. The programs in the folder EXAMPLES run as they are, on loopback: a node makes a chain, and others measure it, follow it,
lose it, and fetch from it. It fails if one of them does not print what is expected within 20 seconds."""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 120, 30
PROMPT = "$ "
KEY, PAUSE, READ = 0.035, 1.2, 3.5  # seconds: for a key, before Enter, and for the reader after an output


class Terminal:
    """A shell in a terminal, and what it printed, with times."""

    def __init__(self, examples, folder):
        self.events, self.text, self.begin = [], "", time.monotonic()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            environment = {"PATH": f"{examples}:/usr/bin:/bin", "PS1": PROMPT, "TERM": "xterm", "LANG": "C.UTF-8", "HOME": folder}
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting"], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def watch(self, seconds, pattern=None):
        """Records until the pattern was printed; or, without one, for these seconds."""
        end, start = time.monotonic() + seconds, len(self.text)
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                printed = self.decoder.decode(os.read(self.terminal, 65536))
                self.text += printed
                self.events.append([round(time.monotonic() - self.begin, 3), "o", printed])
            if pattern and (found := re.search(pattern, self.text[start:])):
                return found
        if pattern:
            sys.exit(f"record.py: no {pattern!r} in:\n{self.text[start:]}")
        return None

    def type(self, line):
        for key in line:
            os.write(self.terminal, key.encode())
            self.watch(KEY)
        self.watch(PAUSE)
        os.write(self.terminal, b"\n")

    def run(self, line, pattern=None, seconds=READ):
        """Types a line, waits for the pattern, if any, and lets the reader read."""
        self.type(line)
        found = self.watch(20, pattern) if pattern else None
        self.watch(seconds)
        return found

    def interrupt(self):
        os.write(self.terminal, b"\x03")
        self.watch(20, re.escape(PROMPT) + "$")
        self.watch(PAUSE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def play(terminal):
    relay = f"127.0.0.1:{free_port()}"
    node = f"node --magic 42 --listen {relay} --synthetic 2 --store chain > node.log 2>&1 &"
    terminal.watch(20, re.escape(PROMPT))
    terminal.run("# A node of our own makes two blocks a second. Its network has the magic 42.", seconds=0.5)
    terminal.run(node)
    terminal.run("# How far is it away, and where is its chain?", seconds=0.5)
    terminal.run(f"ping --magic 42 {relay}", "median")
    terminal.run(f"tip --magic 42 {relay}", r"\d\r\n|hash\r\n.*\r\n")
    terminal.run("# Follow it, with the blocks. A cursor in a file remembers the place.", seconds=0.5)
    follow = f"follow --magic 42 --blocks --retry --cursor place {relay}"
    terminal.run(follow, r"block \d+ at", seconds=5)
    terminal.interrupt()
    terminal.run("# Again: it continues after the last block. Meanwhile the node is killed, and starts again.", seconds=0.5)
    terminal.run(f"(sleep 6; kill $!; sleep 5; {node[:-2]}) &", seconds=1)
    terminal.run(follow, r"block \d+ at")
    terminal.watch(20, r"(?i)lost|disconnect|again|refused")
    terminal.watch(20, r"connected to")
    terminal.watch(20, r"block \d+ at")
    terminal.watch(READ)
    terminal.interrupt()
    points = re.findall(r"block \d+ at (\d+\.[0-9a-f]{64})", terminal.text)
    terminal.run("# Fetch a range of blocks into a file. It is checked: each block follows the one before it.", seconds=0.5)
    terminal.run(f"fetch --magic 42 --from {points[0]} --to {points[-1]} --out blocks {relay}", re.escape(PROMPT) + "$")
    terminal.run("ls -l blocks", "blocks\r\n")
    terminal.run("# The reasons, the times and the next attempt are always named. That is ouro.", seconds=READ)


def main(examples, out):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        terminal = Terminal(os.path.abspath(examples), folder)
        try:
            play(terminal)
        finally:
            # What the shell has started is in its session.
            subprocess.run(["pkill", "-s", str(terminal.pid)], check=False)
            os.kill(terminal.pid, signal.SIGHUP)
            os.close(terminal.terminal)
            os.waitpid(terminal.pid, 0)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "ouro", "env": {"SHELL": "/bin/bash", "TERM": "xterm"}}
    with open(out, "w", encoding="utf-8") as file:
        for line in [header, *terminal.events]:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{out}: {terminal.events[-1][0]:.0f} seconds, {len(terminal.events)} events")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
