#!/usr/bin/env python3
"""check.py CDDL < MESSAGES   reads what our writer wrote with cbor2 and holds it against the published CDDL with zcbor.

MESSAGES are the lines of ouro_messages; CDDL is the folder of the specifications. See docs/conformance.md.
"""
import contextlib
import io
import json
import re
import sys
from collections import Counter
from pathlib import Path

import cbor2
import zcbor

SPECIFICATIONS = {
    "handshake": ("handshake-node-to-node-v14", "handshakeMessage"),
    "chain-sync": ("chain-sync", "chainSyncMessage"),
    "block-fetch": ("block-fetch", "blockFetchMessage"),
    "tx-submission": ("tx-submission2", "txSubmission2Message"),
    "keep-alive": ("keep-alive", "keepAliveMessage"),
    "peer-sharing": ("peer-sharing-v14", "peerSharingMessage"),
}
# What each must refuse, or the check would be none.
REFUSED = {
    "handshake": ["8200a10e00", "83010f841a2d964a09f402f4", "8204a0"],
    "chain-sync": ["8108", "8200f6", "8102"],
    "block-fetch": ["8106", "8201f6", "830480f6"],
    "tx-submission": ["8109"],
    "keep-alive": ["82001a00010000", "8200f6", "8103"],
    "peer-sharing": ["8103"],
}
NAME = re.compile(r"(?<![\w.])[A-Za-z][\w.]*")
PRELUDE = {"any", "uint", "nint", "int", "bool", "true", "false", "null", "nil", "bstr", "bytes", "tstr", "text", "float"}


def module(folder, name, prefix, done):
    """The rules of a file and of all it imports; the names of what is imported `as x` begin with `x_`, and not `x.`."""
    if (name, prefix) in done:
        return ""
    done.add((name, prefix))
    lines, imported = [], []
    for line in (folder / f"{name}.cddl").read_text().splitlines():
        if found := re.match(r";# import (\S+) as (\S+)", line):
            imported.append(module(folder, found[1], found[2] + "_", done))
        line = line.split(";")[0]
        if prefix:
            line = NAME.sub(lambda m: m[0] if m[0] in PRELUDE or "." in m[0] else prefix + m[0], line)
        lines.append(re.sub(r"\b([a-z]\w*)\.(?=[a-z])", r"\1_", line))
    return "\n".join(lines + imported)


def values(item):
    """As ouro_messages prints them."""
    if isinstance(item, bool) or isinstance(item, int) or item is None:
        return item
    if isinstance(item, bytes):
        return f"h'{item.hex()}'"
    if isinstance(item, str):
        return f"t'{item}'"
    if isinstance(item, (list, tuple)):
        return [values(part) for part in item]
    if isinstance(item, dict):
        return {"map": [[values(key), values(value)] for key, value in item.items()]}
    if isinstance(item, cbor2.CBORTag):
        return {"tag": [item.tag, values(item.value)]}
    raise ValueError(f"no message has a {type(item)}")


def conforms(rule, octets):
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            rule.validate_str(octets)
        return True
    except zcbor.CddlValidationError:
        return False


def main(folder):
    schemas = {}
    for protocol, (name, rule) in SPECIFICATIONS.items():
        text = module(folder, name, "", set())
        schemas[protocol] = zcbor.DataTranslator.from_cddl(text, default_max_qty=1000).my_types[rule]
        for digits in REFUSED[protocol]:
            assert not conforms(schemas[protocol], bytes.fromhex(digits)), f"{protocol} takes {digits}"
    checked, uncovered = Counter(), set()
    for line in sys.stdin:
        protocol, digits, expected = line.rstrip("\n").split("\t")
        octets = bytes.fromhex(digits)
        stream = io.BytesIO(octets)
        item = cbor2.load(stream)
        assert stream.tell() == len(octets), f"{line}: octets are left"
        assert values(item) == json.loads(expected), f"{line}read as {values(item)}"
        if protocol in schemas:
            assert conforms(schemas[protocol], octets), f"{line}does not conform"
        else:
            uncovered.add(protocol)
        checked[protocol] += 1
    assert {"handshake", "chain-sync", "block-fetch", "keep-alive"} <= set(checked), "messages are missing"
    for protocol, count in sorted(checked.items()):
        print(f"conformance: {protocol}: {count} messages" + (", without CDDL" if protocol in uncovered else ""))


main(Path(sys.argv[1]))
