#!/usr/bin/env python3
"""Mutates a sample of the library and runs the tests that reach each mutant; lists the survivors.

    tests/mutation/run.py --build build/release
    tests/mutation/run.py --room behavior --files txs/pull --sample 1000

The build folder has `compile_commands.json` and the built test programs; nothing in it changes. What contains a mutated
file is compiled with all its mutants, and each test program is linked against that once. A first run of its tests
records which of them reaches which mutant. Fails if more than --most percent of the mutants survive, in a room or in
total.
"""

import argparse
import hashlib
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from mutants import Source  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CORE = "ouro_test_core"
# What plays whole behaviors.
AROUND = tuple((program, "") for program in ("ouro_test_conversations", "ouro_test_client", "ouro_test_program"))
# Folder in src: test programs and their tests, in the order in which they run. Later ones run only for survivors.
ROOMS = {
    "mux": ((CORE, "[mux]"), (CORE, "~[mux]")),
    "protocol": ((CORE, "[protocol]"), ("ouro_test_model", ""), (CORE, "~[protocol]"), ("ouro_test_local", "")),
    "frame": ((CORE, "[behavior]"), ("ouro_test_local", ""), (CORE, "~[behavior]"), *AROUND),
    "behavior": ((CORE, "[behavior]"), ("ouro_test_local", ""), (CORE, "~[behavior]"), *AROUND),
    "interface": (("ouro_test_io", ""), ("ouro_test_cares", ""), ("ouro_test_program", "[sockets]")),
}

def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class Build:
    """The objects of a build folder: each is of a source, or of a batch of sources."""

    def __init__(self, folder, work):
        self.folder, self.work = Path(folder).resolve(), Path(work)
        programs = dict.fromkeys(program for stages in ROOMS.values() for program, _ in stages)
        self.programs = [p for p in programs if (self.folder / "tests" / p).exists()]
        wanted = re.compile(r"CMakeFiles/\w+\.dir/|tests/CMakeFiles/(" + "|".join(self.programs) + r")\.dir/")
        self.commands = {}  # object: the source or batch, and how it is compiled
        for c in json.loads((self.folder / "compile_commands.json").read_text()):
            words = shlex.split(c["command"])
            out = words[words.index("-o") + 1]
            if wanted.match(out):
                self.commands[out] = (c["file"], words)
        self.dependents = {}  # path in src: the objects that are made of it
        for line in run(["ninja", "-C", self.folder, "-t", "deps"]).stdout.splitlines():
            if not line.startswith(" "):
                out = line.split(":")[0]
            elif line.strip() and out in self.commands:
                path = os.path.normpath(self.folder / line.strip())
                if path.startswith(str(ROOT / "src")):
                    self.dependents.setdefault(path, set()).add(out)

    def objects_of(self, path):
        """The objects to compile when `path` changes."""
        return sorted(self.dependents.get(str(path), ()))

    def compile(self, out):
        """Compiles an object from the copied tree. Returns its path, or the diagnostics."""
        file, words = self.commands[out]
        here = {str(ROOT / "src"): str(self.work / "src")}
        if file.startswith(str(self.folder)):  # a batch
            copy = self.work / "objects" / out.replace("/", "_").removesuffix(".o")
            copy.write_text(self._moved(Path(file).read_text()))
            here[file] = str(copy)
        command, skip = [], False
        for word in words:
            if skip or word.startswith(("-O", "-W", "-MD")):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            else:
                command.append(here.get(word) or self._moved(word))
        made = self.work / "objects" / out.replace("/", "_")
        command += ["-O1", "-w", "-fdiagnostics-color=never", "-include", str(HERE / "switch.hpp"), "-o", str(made)]
        result = run(command, cwd=self.folder)
        return (made, "") if result.returncode == 0 else (None, result.stderr)

    def _moved(self, text):
        return text.replace(str(ROOT / "src"), str(self.work / "src"))

    def link(self, program, objects):
        """Links a test program with the mutated objects in place of its own, and before those of its libraries.

        `objects`: by their names in the build; the one of None is in every program.
        """
        commands = run(["ninja", "-C", self.folder, "-t", "commands", program]).stdout.splitlines()
        link = next(c for c in reversed(commands) if f" -o tests/{program} " in c)
        words = shlex.split(link.split("&&")[1])
        out = self.work / program
        words[words.index("-o") + 1] = str(out)
        libraries = {Path(w).stem.removeprefix("lib") for w in words if w.endswith(".a")}

        def library(name):
            target = re.match(r"CMakeFiles/(\w+)\.dir/", name)
            return target and target.group(1).replace("ouro_ouro", "ouro")

        first = [str(o) for name, o in objects.items() if name is None or library(name) in libraries]
        result = run(words[:1] + first + [str(objects.get(w, w)) for w in words[1:]], cwd=self.folder)
        if result.returncode:
            sys.exit(f"{program} does not link:\n{result.stderr[-3000:]}")
        return out


def recorder(build):
    """Compiles reached.cpp as a test is compiled."""
    words = next(words for out, (_, words) in build.commands.items() if f"{CORE}.dir" in out)
    flags = [w for w in words if w.startswith(("-I", "-isystem", "-std", "-D"))]
    compiler = words[1] if words[0].endswith("ccache") else words[0]
    out = build.work / "reached.o"
    result = run([compiler, "-O1", "-w", *flags, "-c", "-o", str(out), str(HERE / "reached.cpp")], cwd=build.folder)
    if result.returncode:
        sys.exit(result.stderr)
    return out


def known_equivalents():
    """Mutants that no test can kill: `path | before | after | reason`."""
    known = {}
    for line in (HERE / "equivalent.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, before, after, reason = (part.strip() for part in line.split(" ## "))
            known[path, before, after] = reason
    return known


def files_of(room, build):
    folder = ROOT / "src" / ("behavior/frame" if room == "frame" else room)
    for path in sorted(folder.rglob("*.[ch]pp")):
        if room == "behavior" and "frame" in path.relative_to(folder).parts:
            continue
        if build.objects_of(path):
            yield path


def draw(room, build, options, known):
    """Draws from the mutants of a room. A mutant is drawn or not whatever else changes in the sources.

    Returns files with the mutants drawn, and the number of all.
    """
    order, seen, stale = [], {}, set()
    for path in files_of(room, build):
        relative = str(path.relative_to(ROOT))
        if not re.search(options.files, relative):
            continue
        source = Source(relative, path.read_text())
        stale |= {change for change in known if change[0] == relative}
        for mutant in source.mutants:
            change = (relative, mutant.before, mutant.after)
            seen[change] = seen.get(change, 0) + 1
            if change not in known:
                place = hashlib.sha256(repr((options.seed, *change, seen[change])).encode()).digest()
                order.append((place, source, mutant))
    for path, before, _ in sorted(stale - seen.keys()):
        print(f"  {path} has no such mutant any more, take it out of equivalent.txt: {before}")
    order.sort(key=lambda entry: entry[0])
    drawn = {}
    for _, source, mutant in order[:options.sample]:
        drawn.setdefault(source.path, (source, []))[1].append(mutant)
    return list(drawn.values()), len(order)


def compile_all(build, drawn, jobs):
    """Compiles what contains the mutated files. Leaves out mutants that do not compile. Returns objects and the mutants
    that are left."""
    chosen = {source.path: (source, list(mutants)) for source, mutants in drawn}
    changed = set(chosen)
    objects = {}
    while changed:
        for path in changed:
            source, mutants = chosen[path]
            (build.work / path).write_text(source.compiled(mutants))
        pending = sorted({out for path in changed for out in build.objects_of(ROOT / path)})
        with ThreadPoolExecutor(jobs) as pool:
            results = dict(zip(pending, pool.map(build.compile, pending)))
        changed = set()
        before = {path: {m.line for m in mutants} for path, (_, mutants) in chosen.items()}
        for out, (made, errors) in results.items():
            if made:
                objects[out] = made
                continue
            # The lines of errors; if no mutant is on them, those of notes, too.
            for kinds in ("error", "error|note|required from here"):
                found = {(os.path.relpath(build.folder / m.group(1), build.work), int(m.group(2)))
                         for m in re.finditer(rf"^(\S+?):(\d+):\d+: +(?:{kinds})", errors, re.M)}
                places = {(path, line) for path, line in found if line in before.get(path, ())}
                if places:
                    break
            if not places:
                sys.exit(f"{out} does not compile:\n{errors[:3000]}")
            for path, line in places:
                source, mutants = chosen[path]
                chosen[path] = (source, [m for m in mutants if m.line != line])
                changed.add(path)
    return objects, [m for _, mutants in chosen.values() for m in mutants]


class Stage:
    """Some tests of a program, and what each of them reaches, which is recorded when it is first needed."""

    def __init__(self, path, tests, work):
        self.path, self.chosen, self.work = path, tests, work
        self.lock, self.recorded = threading.Lock(), False
        self.tests = []  # (seconds, name, reached)

    def record(self):
        with self.lock:
            if not self.recorded:
                self._record()
            self.recorded = True

    def _record(self):
        record = Path(tempfile.mkstemp(dir=self.work, suffix=".record")[1])
        result = run([str(self.path)] + [self.chosen] * bool(self.chosen),
                     env=dict(os.environ, OURO_MUTATION_RECORD=str(record)), cwd=self.work)
        if result.returncode:
            sys.exit(f"{self.path.name} fails without a mutant:\n{result.stdout[-3000:]}")
        for line in record.read_text().splitlines():
            name, seconds, reached = line.split("\t")
            self.tests.append((float(seconds), name, frozenset(int(n) for n in reached.split())))
        self.tests.sort(key=lambda test: test[0])

    def kills(self, mutant, budget):
        """The name of a test that reaches the mutant and fails, or "", and the number of tests that were run."""
        self.record()
        reaching = [(s, name) for s, name, reached in self.tests if mutant.number in reached]
        batches, spent, ran = [[], []], 0.0, 0
        for seconds, name in reaching:
            spent += seconds
            if spent <= budget or not batches[0]:
                batches[0 if spent < 0.3 or not batches[0] else 1].append((seconds, name))
        for batch in batches:
            if not batch:
                continue
            ran += len(batch)
            if failed := self.fails(batch, mutant):
                return failed, ran
        return "", ran

    def fails(self, batch, mutant):
        """The name of the first test of the batch that fails, or ""."""
        with tempfile.NamedTemporaryFile("w", dir=self.work, suffix=".names") as names:
            names.write("".join('"' + re.sub(r'([\\,"\[])', r"\\\1", name) + '"\n' for _, name in batch))
            names.flush()
            limit = int(5 * sum(s for s, _ in batch)) + 3

            def bounds():
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
                resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            try:
                result = subprocess.run([str(self.path), "--abort", "--input-file", names.name], cwd=self.work,
                                        env=dict(os.environ, OURO_MUTANT=str(mutant.number)), preexec_fn=bounds,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=100 * limit)
            except subprocess.TimeoutExpired:
                return "(out of time)"
            if result.returncode == 0:
                ran = re.search(rb"in (\d+) test case|(\d+) test cases?|test cases: *(\d+)", result.stdout[-300:])
                if not ran or int(next(n for n in ran.groups() if n)) != len(batch):
                    sys.exit(f"{self.path.name} did not run the {len(batch)} tests of {names.name}:\n"
                             f"{result.stdout[-300:].decode(errors='replace')}")
                return ""
            # A failed test's name is between a line of dashes and one of dashes or of the place of a section.
            named = re.search(r"^-{70,}\n(.*?)\n(?:  |-{70,})", result.stdout.decode(errors="replace"), re.M | re.S)
            return " ".join(named[1].split()) if named else "(ended without a name)"


def play(rooms, options, known):
    """Returns the rate of killed mutants of each room."""
    with tempfile.TemporaryDirectory(prefix="ouro-mutation-") as folder:
        work = Path(options.work or folder).resolve()
        (work / "objects").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work / "src", ignore_errors=True)
        shutil.copytree(ROOT / "src", work / "src")
        build = Build(options.build, work)
        drawn, room_of = [], {}
        for room in rooms:
            files, total = draw(room, build, options, known)
            print(f"{room}: {sum(len(c) for _, c in files)} of {total} mutants, in {len(files)} files", flush=True)
            room_of.update((source.path, room) for source, _ in files)
            drawn += files
        for number, mutant in enumerate((m for _, chosen in drawn for m in chosen), 1):
            mutant.number = number
        started = time.monotonic()
        objects, mutants = compile_all(build, drawn, options.jobs)
        objects[None] = recorder(build)
        wanted = dict.fromkeys(stage for room in rooms for stage in ROOMS[room])
        programs = {p: build.link(p, objects) for p in {p: 0 for p, _ in wanted} if p in build.programs}
        stages = {(p, tests): Stage(programs[p], tests, work) for p, tests in wanted if p in programs}
        print(f"{len(mutants)} mutants compile; ready after {time.monotonic() - started:.0f} s", flush=True)

        def judge(mutant):
            ran, killed = 0, ""
            for stage in ROOMS[room_of[mutant.path]]:
                if stage not in stages:
                    continue
                killed, more = stages[stage].kills(mutant, options.budget)
                ran += more
                if killed:
                    break
            return mutant, killed, ran

        counts = {room: [0, 0] for room in rooms}
        with ThreadPoolExecutor(options.jobs) as pool:
            for mutant, killed, ran in pool.map(judge, mutants):
                count = counts[room_of[mutant.path]]
                count[0] += bool(killed)
                count[1] += 1
                if not killed or options.killed:
                    fate = f"is killed by {killed}" if killed else f"survives {ran} tests"
                    print(f"  {fate}: {mutant.path}:{mutant.line}\n"
                          f"    - {mutant.before}\n    + {mutant.after}", flush=True)
        print(f"done after {time.monotonic() - started:.0f} s")
        return counts


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", default="build/release", help="a build folder with the test programs")
    options.add_argument("--room", action="append", choices=ROOMS, help="only this one; may be repeated")
    options.add_argument("--files", default="", help="only those that match this regular expression")
    options.add_argument("--sample", type=int, default=60, help="mutants of a room")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--budget", type=float, default=20, help="seconds of tests for a mutant, of each program")
    options.add_argument("--work", help="a folder for the mutated sources and programs, so that ccache finds them again")
    options.add_argument("--killed", action="store_true", help="also print the killed ones, each with a test that fails")
    options.add_argument("--most", type=float, default=10, help="percent that may survive")
    options = options.parse_args()
    known = known_equivalents()
    counts = play(options.room or list(ROOMS), options, known)
    counts["in total"] = [sum(n) for n in zip(*counts.values())]
    for room, (killed, tried) in counts.items():
        print(f"{room:<10} {killed} of {tried} killed, {100 * killed / max(tried, 1):.1f} %")
    if empty := [room for room, (_, tried) in counts.items() if tried == 0]:
        sys.exit(f"nothing was mutated in {', '.join(empty)}: are the build's test programs up to date?")
    if failed := [room for room, (killed, tried) in counts.items() if 100 * killed < (100 - options.most) * tried]:
        sys.exit(f"too many mutants survive in {', '.join(failed)}")


if __name__ == "__main__":
    main()
