#!/usr/bin/env python3
"""check.py CDDL < MESSAGES   reads what our writer wrote with cbor2 and holds it against the published CDDL with zcbor.

MESSAGES are the lines of ouro_messages; CDDL is the folder of the specifications. See docs/conformance.md.
"""
import contextlib
import io
import json
import re
import sys
from collections import Counter, namedtuple
from functools import partial
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
    "peras-certificates": ("object-diffusion", "objectDiffusion2Message"),
    "peras-votes": ("object-diffusion", "objectDiffusion2Message"),
    "local-handshake": ("handshake-node-to-client", "handshakeMessage"),
    "local-chain-sync": ("chain-sync", "chainSyncMessage"),
    "local-tx-submission": ("local-tx-submission", "localTxSubmissionMessage"),
    "local-state-query": ("local-state-query", "localStateQueryMessage"),
    "local-tx-monitor": ("local-tx-monitor", "localTxMonitorMessage"),
    "sig-submission": ("dmq/sig-submission-v2", "sigSubmissionV2Message"),
    "local-msg-notification": ("dmq/local-msg-notification", "localMessageNotificationMessage"),
}
# No specification is published: read and compared, and that is all.
WITHOUT = {"leios-notify", "leios-fetch", "local-msg-submission", "dmq-handshake", "dmq-local-handshake"}
# Rules of a file that say something else than the reference does. See docs/conformance.md.
CORRECTED = {"local-tx-submission": ("rejectReason = int", "rejectReason = any")}
# What each must refuse, or the check would be none.
REFUSED = {
    "handshake": ["8200a10e00", "83010f841a2d964a09f402f4", "8204a0"],
    "chain-sync": ["8108", "8200f6", "8102"],
    "block-fetch": ["8106", "8201f6", "830480f6"],
    "tx-submission": ["8105", "8400f60101", "8400f51a0001000001", "820181820a1b0000000100000000", "8103"],
    "keep-alive": ["82001a00010000", "8200f6", "8103"],
    "peer-sharing": ["8103", "8200190100", "8201818300001a00010000", "8201818401000000"],
    "peras-certificates": ["8106", "8401f60101", "8401f51a0001000001", "8102"],
    "peras-votes": ["8106", "8401f51a0001000001", "820400"],
    "local-handshake": ["8200a1108201f4", "830119800f8201f4", "8301198010840100f4f4", "8204a0"],
    "local-chain-sync": ["8108", "8200f6", "8102"],
    "local-tx-submission": ["8100", "820100", "8102", "8104"],
    "local-state-query": ["810c", "820202", "8100", "820880", "8104"],
    "local-tx-monitor": ["8104", "820260", "8107", "820800", "820a820101", "820a8301011b0000000100000000",
                         "830c01a1616101"],
    "sig-submission": ["8100", "8401f60101", "8401f51a0001000001", "82028182410001", "8204814100", "82058180"],
    "local-msg-notification": ["8104", "820000", "820180", "820280", "830280f4", "83018180f4"],
}
NAME = re.compile(r"(?<![\w.])[A-Za-z][\w.]*")
PRELUDE = {"any", "uint", "nint", "int", "bool", "true", "false", "null", "nil", "bstr", "bytes", "tstr", "text", "float"}

# What CDDL has and zcbor does not know.
PRELUDE_LEFT_OUT = "\ninteger = int\ntext = tstr\n"

# Two fields of one type, as in `[txCount, txCount]`, get one name from zcbor, which then cannot put them into a tuple.
zcbor.zcbor.zcbor.namedtuple = partial(namedtuple, rename=True)


def module(folder, name, prefix, done):
    """The rules of a file and of all it imports; the names of what is imported `as x` begin with `x_`, and not `x.`."""
    if (name, prefix) in done:
        return ""
    done.add((name, prefix))
    lines, imported = [], []
    path = folder / f"{name}.cddl"
    for line in path.read_text().splitlines():
        if found := re.match(r";# import (\S+) as (\S+)", line):
            imported.append(module(path.parent, found[1], found[2] + "_", done))
        line = line.split(";")[0]
        if prefix:
            line = NAME.sub(lambda m: m[0] if m[0] in PRELUDE or "." in m[0] else prefix + m[0], line)
        lines.append(re.sub(r"\b([a-z]\w*)\.(?=[a-z])", r"\1_", line))
    return "\n".join(lines + imported)


def schema(folder, protocol):
    name, rule = SPECIFICATIONS[protocol]
    text = module(folder, name, "", set()) + PRELUDE_LEFT_OUT
    if protocol in CORRECTED:
        wrong, right = CORRECTED[protocol]
        assert wrong in text, f"{name} has been corrected"
        text = text.replace(wrong, right)
    return zcbor.DataTranslator.from_cddl(text, default_max_qty=1000).my_types[rule]


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


def conforms(rule, bytes):
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            rule.validate_str(bytes)
        return True
    except zcbor.CddlValidationError:
        return False


def main(folder):
    schemas = {}
    for protocol in SPECIFICATIONS:
        schemas[protocol] = schema(folder, protocol)
        for digits in REFUSED[protocol]:
            assert not conforms(schemas[protocol], bytes.fromhex(digits)), f"{protocol} takes {digits}"
    checked = Counter()
    for line in sys.stdin:
        protocol, digits, expected = line.rstrip("\n").split("\t")
        bytes = bytes.fromhex(digits)
        stream = io.BytesIO(bytes)
        item = cbor2.load(stream)
        assert stream.tell() == len(bytes), f"{line}: bytes are left"
        assert values(item) == json.loads(expected), f"{line}read as {values(item)}"
        if protocol in schemas:
            assert conforms(schemas[protocol], bytes), f"{line}does not conform"
        checked[protocol] += 1
    assert set(checked) == set(SPECIFICATIONS) | WITHOUT, "messages are missing, or a protocol is"
    for protocol, count in sorted(checked.items()):
        print(f"conformance: {protocol}: {count} messages" + (", without CDDL" if protocol in WITHOUT else ""))


main(Path(sys.argv[1]))
