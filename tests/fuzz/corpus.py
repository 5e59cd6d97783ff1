#!/usr/bin/env python3
"""corpus.py DATA OUT   makes OUT/TARGET/*, what each fuzz target begins with, from golden octets and real blocks."""
import sys
from pathlib import Path

CHANNELS = {
    "handshake": [0], "chain-sync": [2, 5], "block-fetch": [3], "tx-submission": [4], "local-tx-submission": [6],
    "local-state-query": [7], "keep-alive": [8], "local-tx-monitor": [9], "peer-sharing": [10],
    "object-diffusion": [16, 17], "leios-notify": [18], "leios-fetch": [19],
}


def word(value):
    return value.to_bytes(2, "big")


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    size = 1 if value < 0x100 else 2 if value < 0x10000 else 4
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + value.to_bytes(size, "big")


def string(octets):
    return head(2, len(octets)) + octets


def content(wrapped):
    """What is inside tag 24 and a byte string."""
    assert wrapped[:2] == b"\xd8\x18", wrapped[:4].hex()
    size = {0x58: 1, 0x59: 2, 0x5A: 4}.get(wrapped[2], 0)
    return wrapped[3 + size:]


def segment(channel, responder, payload, raw=b"\0\0\0\0"):
    return raw + word(channel | (0x8000 if responder else 0)) + word(len(payload)) + payload


class Corpus:
    def __init__(self, out):
        self.out = out

    def add(self, target, octets):
        folder = self.out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed{len(list(folder.iterdir())):04}").write_bytes(octets)


def golden_messages(data):
    """(channels, octets) of every row; what is in the notes does not matter here."""
    for line in (data / "messages.tsv").read_text().splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3:
            continue
        channels = CHANNELS.get(fields[0].split(" ")[0], [])
        try:
            yield channels, bytes.fromhex(fields[2])
        except ValueError:
            continue
    for path in sorted((data / "gouroboros").glob("rollforward_*")):
        yield [2, 5], bytes.fromhex(path.read_text().strip())


def made_up_point(number):
    """As support/chain.hpp makes them: slot and hash."""
    return 20 * number, b"\0" + b"\xa5" * 23 + number.to_bytes(8, "big")


def point(number):
    slot, name = made_up_point(number)
    return head(4, 2) + head(0, slot) + string(name)


def filled(number, front, size):
    slot, name = made_up_point(number)
    return (front + slot.to_bytes(8, "big") + name).ljust(size, b"\x5a")


def conversations():
    """What a good relay says to a follower, and a good client to a relay, as records."""
    def record(kind, octets):
        return bytes([kind]) + word(len(octets)) + octets

    origin, tip = head(4, 0), head(4, 2) + point(4) + head(0, 4)

    def forward(number):
        return b"\x83\x02\x82\x06\xd8\x18" + string(filled(number, b"", 100)) + tip

    def block(number):
        return b"\x82\x04\xd8\x18" + string(filled(number, b"\x82\x07\x5a" + (93).to_bytes(4, "big"), 100))

    found = b"\x83\x05" + origin + tip + b"\x83\x03" + origin + tip
    follow = [found + forward(1), forward(2) + b"\x83\x03" + point(1) + tip, b"\x81\x01", forward(2)]
    batch = [b"\x81\x02" + block(1), b"\x81\x05" + b"\x81\x02" + block(1), block(2) + b"\x81\x05", b"\x81\x03"]
    relay = b"".join(record(2, part) for part in follow) + b"".join(record(3, part) for part in batch)
    yield "initiator", 0x03, relay
    yield "initiator", 0x01, relay + record(11, b"") + relay
    yield "initiator", 0x07, relay
    accept = bytes.fromhex("83010f841a2d964a09f400f4")
    yield "initiator", 0x02, record(0, accept) + relay
    yield "initiator", 0x00, record(0, bytes.fromhex("82028200820e0f"))

    propose = bytes.fromhex("8200a20e841a2d964a09f400f40f841a2d964a09f400f4")
    client = (record(2, b"\x82\x04\x9f" + point(3) + origin + b"\xff" + b"\x81\x00" * 25) +
              record(3, b"\x83\x00" + point(1) + point(9)) + record(8, b"\x82\x00\x07") +
              record(3, b"\x83\x00" + point(9) + point(1) + b"\x81\x01") + record(2, b"\x81\x07") + record(8, b"\x81\x02"))
    yield "responder", 0x01, client
    yield "responder", 0x03, client
    yield "responder", 0x00, record(0, propose) + client + record(9, b"") + client


def main(data, out):
    corpus = Corpus(out)
    golden = data / "golden"
    messages = list(golden_messages(golden))
    for channels, octets in messages:
        corpus.add("scanner", b"\x03" + octets)
        for channel in channels:
            corpus.add("messages", bytes([channel]) + octets)
            if len(octets) < 0x10000:
                record = bytes([channel]) + word(len(octets)) + octets
                corpus.add("initiator", b"\x03" + record)
                corpus.add("responder", b"\x01" + record)
    proposal = segment(0, False, bytes.fromhex("8200a10f841a2d964a09f400f4"))
    for plan in (0x00, 0x04, 0x88):
        some = [segment(channel, False, octets[:40]) for channels, octets in messages for channel in channels]
        for at in range(0, len(some), 8):
            corpus.add("demultiplexer", bytes([5, plan]) + proposal + b"".join(some[at:at + 8]))
    for version in (14, 15, 16):
        fifth = b"\xf4" if version == 16 else b""
        corpus.add("names", bytes([3 * version]) + bytes([0x84 + len(fifth)]) + bytes.fromhex("1a2d964a09f400f4") + fifth)
    for text in ("relay.example:3001", "[2001:db8::1]:3001", "192.0.2.1:65535"):
        corpus.add("names", b"\x01" + text.encode())
    for text in ("origin", "123." + 32 * "a5"):
        corpus.add("names", b"\x02" + text.encode())
    for target, plan, records in conversations():
        corpus.add(target, bytes([plan]) + records)

    node_to_node = golden / "consensus" / "CardanoNodeToNodeVersion2"
    for path in sorted(node_to_node.glob("Block_*")):
        corpus.add("headers", b"\x80" + content(path.read_bytes()))
    for path in sorted(node_to_node.glob("Header_*")):
        octets = path.read_bytes()
        if octets[1] != 0:
            corpus.add("headers", octets[1:2] + content(octets[2:]))
    for path in sorted((data / "chain" / "immutable").glob("*.secondary")):
        index = path.read_bytes()
        for blocks in (1, 2, 4):
            end = int.from_bytes(index[56 * blocks:56 * blocks + 8], "big")
            octets = path.with_suffix(".chunk").read_bytes()[:end]
            corpus.add("immutable_db", word(56 * blocks) + index[:56 * blocks] + octets)


main(Path(sys.argv[1]), Path(sys.argv[2]))
