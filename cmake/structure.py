#!/usr/bin/env python3
"""Counts what the structure of a tree costs.

Each TREE is a checkout; without one it is this one. Several trees make the columns of one table, for example
    git worktree add /tmp/before <commit> && python3 cmake/structure.py /tmp/before .

lists        runs of lines in the behaviors that enumerate mini-protocols or parts by hand: at least three different
             ones, each within three lines of the one before. Mini-protocols are the structs of include/ouro/protocol
             with a channel
commands, events
             alternatives of the variants Command and Event of all behaviors
same name    structs of behaviors and of the interface's vocabulary that stand in more than one namespace
upward       includes of a room that is not below the file's own, as cmake/check_floors.cmake defines it
build        with --build only: processor seconds of a build of core, ouro, chain and topology with the preset
             `release`, without a compiler cache. A busy machine makes them higher, by a tenth or two
"""
import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile


def sources(tree):
    for root in ('include', 'src'):
        for folder, _, files in os.walk(os.path.join(tree, root)):
            for name in sorted(files):
                if name.endswith(('.hpp', '.cpp')):
                    yield os.path.join(folder, name)


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def code_of(line):
    return '' if line.startswith('#include') else line.split('//')[0]


def names_of_protocols(tree):
    """Matches a mini-protocol or its part (first group), or a member that is named after one (second group)."""
    protocols = set()
    for path in sources(tree):
        if '/include/ouro/protocol/' not in path:
            continue
        owner = ''
        for line in text_of(path).split('\n'):
            struct = re.match(r'(?:struct|class) (\w+)', line)
            if struct:
                owner = struct.group(1)
            if re.match(r'    static constexpr Channel channel\b', line) and owner:
                protocols.add(re.sub(r'Of$', '', owner))
        protocols |= set(re.findall(r'\n(?:using|struct) (\w+) (?:=|:) \w+Of<', text_of(path)))
    members = {re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower().removeprefix('local_') for name in protocols}
    members.add('discovery')
    return re.compile(r'\b(' + '|'.join(sorted(protocols)) + r')(?:Part)?\b|\b(' + '|'.join(sorted(members)) + r')_')


def lists(tree):
    found = 0
    named = names_of_protocols(tree)
    for path in sources(tree):
        if '/behavior' not in path:
            continue
        run, last = set(), -10
        for number, line in enumerate(text_of(path).split('\n')):
            names = {a or b for a, b in named.findall(code_of(line))}
            if not names:
                continue
            if number - last > 3:
                found += len(run) >= 3
                run = set()
            run |= names
            last = number
        found += len(run) >= 3
    return found


def alternatives(tree, name):
    count = 0
    for path in sources(tree):
        if '/include/ouro/behavior/' not in path:
            continue
        for body in re.findall(r'using ' + name + r' =\s*std::variant<([^>]*)>', text_of(path)):
            count += len([part for part in body.split(',') if part.strip()])
    return count


def same_names(tree):
    where = {}
    for path in sources(tree):
        if '/behavior/' not in path and 'vocabulary' not in path:
            continue
        space = ''
        for line in text_of(path).split('\n'):
            space_here = re.match(r'namespace ([\w:]+) \{', line)
            if space_here:
                space = space_here.group(1)
            struct = re.match(r'(?:struct|class) (\w+)(?: final)?(?: :[^{]*)? \{', line)
            if struct:
                where.setdefault(struct.group(1), set()).add(space)
    return sum(1 for spaces in where.values() if len(spaces) > 1)


def upward(tree):
    check = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'check_floors.cmake')
    if not os.path.isdir(os.path.join(tree, 'include/ouro/base')):
        return 'no rooms'
    target = os.path.join(tree, 'cmake/check_floors.cmake')
    result = subprocess.run(['cmake', '-P', target if os.path.exists(target) else check], capture_output=True, text=True)
    return len(re.findall(r'\n\s+(?:include|src)/\S+:\d+', result.stderr))


def build(tree):
    with tempfile.TemporaryDirectory() as folder:
        quiet = {'stdout': subprocess.DEVNULL, 'check': True, 'cwd': tree}
        environment = {**os.environ, 'CCACHE_DISABLE': '1'}
        subprocess.run(['cmake', '--preset', 'release', '-B', folder, '-DOURO_BUILD_TESTS=OFF',
                        '-DOURO_BUILD_EXAMPLES=OFF'], env=environment, **quiet)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(['cmake', '--build', folder, '--target', 'ouro_core', 'ouro_ouro', 'ouro_chain',
                        'ouro_topology'], env=environment, **quiet)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def counts(tree):
    sizes = [text_of(path).count('\n') for path in sources(tree)]
    return {
        'lists': lists(tree),
        'commands': alternatives(tree, 'Command'),
        'events': alternatives(tree, 'Event'),
        'same name': same_names(tree),
        'upward': upward(tree),
        'files': len(sizes),
        'lines': sum(sizes),
        'median file': int(statistics.median(sizes)),
        'files above 400 lines': sum(size > 400 for size in sizes),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage='structure.py [--build] [TREE...]')
    parser.add_argument('--build', action='store_true', help='also measure a build')
    parser.add_argument('trees', metavar='TREE', nargs='*', help='a checkout; this one without any',
                        default=[os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')])
    options = parser.parse_args()
    columns = [counts(tree) for tree in options.trees]
    if options.build:
        for tree, column in zip(options.trees, columns):
            column['build'] = build(tree)
    for row in columns[0]:
        print(f'{row:24}' + ''.join(f'{str(column[row]):>12}' for column in columns))


main()
