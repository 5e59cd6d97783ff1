#!/usr/bin/env python3
"""Mutates a sample of the library and runs the tests that reach each mutant; lists the survivors.

    tests/mutation/run.py --build build/release --sample 40

The build folder has `compile_commands.json` and the built test programs; nothing in it changes. Mutated files are
compiled with all their mutants, and each test program is linked against them once. A first run of its tests records
which of them reaches which mutant. Fails if more than --most percent of the mutants of a room survive.
"""

import argparse
import json
import os
import random
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
# Folder in src: test programs and their tests, in the order in which they run. Later ones run only for survivors.
ROOMS = {
    "mux": ((CORE, "[mux]"), (CORE, "~[mux]")),
    "protocol": ((CORE, "[protocol]"), ("ouro_test_model", ""), (CORE, "~[protocol]"), ("ouro_test_local", "")),
    "frame": ((CORE, "[behavior]"), ("ouro_test_local", ""), (CORE, "~[behavior]")),
    "behavior": ((CORE, "[behavior]"), ("ouro_test_local", ""), (CORE, "~[behavior]")),
    "interface": (("ouro_test_io", ""),),
}
DEPENDENTS = 8  # a header that more sources of the library include is left out


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class Build:
    def __init__(self, folder, work):
        self.folder, self.work = Path(folder).resolve(), Path(work)
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        # The sources of the library: not those that another target compiles again.
        self.commands = {}
        for c in commands:
            if c["file"].startswith(str(ROOT / "src")) and "/tests/" not in c["output" if "output" in c else "command"]:
                self.commands.setdefault(c["file"], shlex.split(c["command"]))
        self.dependents = {}
        target = None
        for line in run(["ninja", "-C", self.folder, "-t", "deps"]).stdout.splitlines():
            if not line.startswith(" "):
                target = line.split(":")[0]
            elif line.strip() and not target.startswith("tests/"):
                path = os.path.normpath(self.folder / line.strip())
                if path.startswith(str(ROOT / "src")) and path.endswith(".hpp"):
                    self.dependents.setdefault(path, set()).add(target)
        self.object_of, self.library_of = {}, {}
        for file, command in self.commands.items():
            out = command[command.index("-o") + 1]
            self.object_of[out] = file
            library = re.search(r"CMakeFiles/(\w+)\.dir", out).group(1)
            self.library_of[file] = "ouro" if library == "ouro_ouro" else library

    def sources_of(self, path):
        """The files to compile when `path` changes."""
        if path in self.commands:
            return [path]
        return sorted(self.object_of[o] for o in self.dependents.get(path, ()) if o in self.object_of)

    def compile(self, file):
        """Compiles a file of the copied tree. Returns the object, or the diagnostics."""
        command, skip = [], False
        for word in self.commands[file]:
            if skip or word in ("-c", file) or word.startswith(("-O", "-W", "-MD")):
                skip = False
                continue
            if word in ("-o", "-MT", "-MF"):
                skip = True
                continue
            command.append(word.replace(str(ROOT / "src"), str(self.work / "src")))
        out = self.work / "objects" / (os.path.relpath(file, ROOT).replace("/", "_") + ".o")
        command += ["-O1", "-w", "-include", str(HERE / "switch.hpp"), "-c", "-o", str(out),
                    str(self.work / os.path.relpath(file, ROOT))]
        result = run(command, cwd=self.folder)
        return (out, "") if result.returncode == 0 else (None, result.stderr)

    def link(self, program, objects):
        """Links a test program with the mutated objects of its libraries, which come before their own.

        `objects`: by source; the one of None is in every program.
        """
        commands = run(["ninja", "-C", self.folder, "-t", "commands", program]).stdout.splitlines()
        link = next(c for c in reversed(commands) if f" -o tests/{program} " in c)
        words = shlex.split(link.split("&&")[1])
        at = words.index("-o")
        out = self.work / program
        words[at + 1] = str(out)
        libraries = {Path(w).stem.removeprefix("lib") for w in words if w.endswith(".a")}
        mine = [str(o) for file, o in objects.items() if file is None or self.library_of[file] in libraries]
        result = run(words[:at] + mine + words[at:], cwd=self.folder)
        if result.returncode:
            sys.exit(f"{program} does not link:\n{result.stderr[-3000:]}")
        return out


def recorder(build):
    """Compiles reached.cpp as a test is compiled."""
    commands = json.loads((build.folder / "compile_commands.json").read_text())
    words = next(shlex.split(c["command"]) for c in commands if c["file"].endswith("unit/mux/egress.cpp"))
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
        if 0 < len(build.sources_of(str(path))) <= DEPENDENTS:
            yield path


def draw(room, build, options, known):
    """Draws files, and mutants of each, until the sample is full."""
    dice = random.Random(f"{options.seed} {room}")
    files = list(files_of(room, build))
    dice.shuffle(files)
    total = 0
    drawn = []
    for path in files:
        relative = str(path.relative_to(ROOT))
        source = Source(relative, path.read_text())
        all_of = [m for m in source.mutants if (relative, m.before, m.after) not in known]
        total += len(all_of)
        if sum(len(c) for _, c in drawn) < options.sample and all_of:
            drawn.append((source, dice.sample(all_of, min(len(all_of), options.per_file))))
    return drawn, total


def compile_all(build, drawn, jobs):
    """Compiles the mutated files. Leaves out what does not compile. Returns objects and the mutants that are left."""
    chosen = {source.path: (source, list(mutants)) for source, mutants in drawn}
    pending = set()
    for source, mutants in drawn:
        (build.work / source.path).write_text(source.compiled(mutants))
        pending |= set(build.sources_of(str(ROOT / source.path)))
    objects = {}
    for _ in range(8):
        with ThreadPoolExecutor(jobs) as pool:
            results = dict(zip(sorted(pending), pool.map(build.compile, sorted(pending))))
        changed = set()
        before = {path: mutants for path, (_, mutants) in chosen.items()}
        for file, (out, errors) in results.items():
            if out:
                objects[file] = out
                continue
            places = {(os.path.relpath(m.group(1), build.work), int(m.group(2)))
                      for m in re.finditer(r"^(\S+?):(\d+):\d+: +error", errors, re.M)}
            hit = False
            for path, line in places:
                if path in chosen:
                    source, mutants = chosen[path]
                    if any(m.line == line for m in before[path]):
                        chosen[path], hit = (source, [m for m in mutants if m.line != line]), True
                        changed.add(path)
            if not hit:  # an error elsewhere: the file goes out as a whole
                for path in [p for p in chosen if file in build.sources_of(str(ROOT / p))]:
                    reason = next((e for e in errors.splitlines() if "error" in e), errors[:200])
                    print(f"  {path} is left out, it does not compile: {reason}")
                    chosen[path] = (chosen[path][0], [])
                    changed.add(path)
        pending = set()
        for path in changed:
            source, mutants = chosen[path]
            (build.work / path).write_text(source.compiled(mutants))
            pending |= set(build.sources_of(str(ROOT / path)))
        if not pending:
            break
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
        """Whether a test that reaches the mutant fails, and the number of tests that were run."""
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
            if self.fails(batch, mutant):
                return True, ran
        return False, ran

    def fails(self, batch, mutant):
        with tempfile.NamedTemporaryFile("w", dir=self.work, suffix=".names") as names:
            names.write("".join('"' + re.sub(r'([\\,"\[])', r"\\\1", name) + '"\n' for _, name in batch))
            names.flush()
            limit = int(5 * sum(s for s, _ in batch)) + 10

            def bounds():
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
                resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            try:
                result = subprocess.run([str(self.path), "--abort", "--input-file", names.name], cwd=self.work,
                                        env=dict(os.environ, OURO_MUTANT=str(mutant.number)), preexec_fn=bounds,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=100 * limit)
            except subprocess.TimeoutExpired:
                return True
            if result.returncode == 0:
                ran = re.search(rb"in (\d+) test case|(\d+) test cases?|test cases: *(\d+)", result.stdout[-300:])
                if not ran or int(next(n for n in ran.groups() if n)) != len(batch):
                    sys.exit(f"{self.path.name} did not run the {len(batch)} tests of {names.name}:\n"
                             f"{result.stdout[-300:].decode(errors='replace')}")
            return result.returncode != 0


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
        built = [p for p in dict.fromkeys(p for p, _ in wanted) if (build.folder / "tests" / p).exists()]
        programs = {p: build.link(p, objects) for p in built}
        stages = {(p, tests): Stage(programs[p], tests, work) for p, tests in wanted if p in programs}
        print(f"{len(mutants)} mutants compile; ready after {time.monotonic() - started:.0f} s", flush=True)

        def judge(mutant):
            ran = 0
            for stage in ROOMS[room_of[mutant.path]]:
                if stage not in stages:
                    continue
                killed, more = stages[stage].kills(mutant, options.budget)
                ran += more
                if killed:
                    return mutant, True, ran
            return mutant, False, ran

        counts = {room: [0, 0] for room in rooms}
        with ThreadPoolExecutor(options.jobs) as pool:
            for mutant, killed, ran in pool.map(judge, mutants):
                count = counts[room_of[mutant.path]]
                count[0] += killed
                count[1] += 1
                if not killed:
                    print(f"  survives {ran} tests: {mutant.path}:{mutant.line}\n"
                          f"    - {mutant.before}\n    + {mutant.after}", flush=True)
        print(f"done after {time.monotonic() - started:.0f} s")
        return counts


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", default="build/release", help="a build folder with the test programs")
    options.add_argument("--room", action="append", choices=ROOMS, help="only this one; may be repeated")
    options.add_argument("--sample", type=int, default=40, help="mutants of a room")
    options.add_argument("--per-file", type=int, default=12, help="mutants of a file at most")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--budget", type=float, default=20, help="seconds of tests for a mutant, of each program")
    options.add_argument("--work", help="a folder for the mutated sources and programs, so that ccache finds them again")
    options.add_argument("--most", type=float, default=10, help="percent that may survive")
    options = options.parse_args()
    known = known_equivalents()
    counts = play(options.room or list(ROOMS), options, known)
    for room, (killed, tried) in counts.items():
        print(f"{room:<10} {killed} of {tried} killed, {100 * killed / max(tried, 1):.1f} %")
    if failed := [room for room, (killed, tried) in counts.items() if 100 * killed < (100 - options.most) * tried]:
        sys.exit(f"too many mutants survive in {', '.join(failed)}")


if __name__ == "__main__":
    main()
