#!/usr/bin/env python3
"""Counts what the structure of a tree costs: python3 cmake/structure.py [TREE...]

Each TREE is a checkout; without one it is this one. Several trees make the columns of one table, for example
    git worktree add /tmp/before <commit> && python3 cmake/structure.py /tmp/before .

lists        runs of lines in the behaviors that enumerate mini-protocols or parts by hand: at least three different
             ones, each within three lines of the one before
commands, events
             alternatives of the variants Command and Event of all behaviors
same name    structs of behaviors and of the interface's vocabulary that stand in more than one namespace
upward       includes of a room that is not below the file's own, as cmake/check_floors.cmake defines it
"""
import os
import re
import statistics
import subprocess
import sys

PROTOCOLS = ('ChainSync BlockFetch TxSubmission KeepAlive PeerSharing LeiosNotify LeiosFetch Handshake LocalChainSync '
             'LocalTxSubmission LocalStateQuery LocalTxMonitor').split()
PARTS = ('chain_sync_ block_fetch_ tx_submission_ keep_alive_ peer_sharing_ discovery_ leios_notify_ leios_fetch_ '
         'state_query_ tx_monitor_ handshake_').split()
NAMES = re.compile(r'\b(' + '|'.join(PROTOCOLS) + r')(?:Part)?\b|\b(' + '|'.join(PARTS) + r')')


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


def lists(tree):
    found = 0
    for path in sources(tree):
        if '/behavior' not in path:
            continue
        run, last = set(), -10
        for number, line in enumerate(text_of(path).split('\n')):
            names = {a or b.rstrip('_') for a, b in NAMES.findall(code_of(line))}
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
    trees = sys.argv[1:] or [os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')]
    columns = [counts(tree) for tree in trees]
    for row in columns[0]:
        print(f'{row:24}' + ''.join(f'{str(column[row]):>12}' for column in columns))


main()
