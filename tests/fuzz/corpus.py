#!/usr/bin/env python3
"""corpus.py DATA OUT   makes OUT/TARGET/*, what each fuzz target begins with, from golden bytes and real blocks."""
import sys
from pathlib import Path

# Who speaks, as `messages` counts them, and on which channel.
NODES, CLIENT, QUEUE_NODES, QUEUE_CLIENT = range(4)
PLACES = {
    "handshake": [(NODES, 0), (CLIENT, 0), (QUEUE_NODES, 0), (QUEUE_CLIENT, 0)],
    "chain-sync": [(NODES, 2), (CLIENT, 5)],
    "block-fetch": [(NODES, 3)],
    "tx-submission": [(NODES, 4)],
    "local-tx-submission": [(CLIENT, 6)],
    "local-state-query": [(CLIENT, 7)],
    "keep-alive": [(NODES, 8), (QUEUE_NODES, 12)],
    "local-tx-monitor": [(CLIENT, 9)],
    "peer-sharing": [(NODES, 10), (QUEUE_NODES, 13)],
    "sig-submission": [(QUEUE_NODES, 11)],
    "local-msg-submission": [(QUEUE_CLIENT, 14)],
    "local-msg-notification": [(QUEUE_CLIENT, 15)],
    "object-diffusion": [(NODES, 16), (NODES, 17)],
    "leios-notify": [(NODES, 18)],
    "leios-fetch": [(NODES, 19)],
}
# No golden bytes are known of these: their messages by hand, the lists empty and not.
BY_HAND = {
    "sig-submission": ["8401f50a0b", "8401f40003", "82029fff", "82029f825820" + 32 * "a5" + "1904d2ff", "8103",
                       "82049f5820" + 32 * "a5" + "ff", "82059fff", "82059f8100ff", "8106"],
    "local-msg-submission": ["82008100", "8101", "820282006130", "82028101", "82028102", "82028203616f", "8103"],
}


def word(value):
    return value.to_bytes(2, "big")


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    size = 1 if value < 0x100 else 2 if value < 0x10000 else 4
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + value.to_bytes(size, "big")


def string(encoded):
    return head(2, len(encoded)) + encoded


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

    def add(self, target, encoded):
        folder = self.out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed{len(list(folder.iterdir())):04}").write_bytes(encoded)


def golden_messages(data):
    """(places, encoded) of every row; what is in the notes does not matter here."""
    for line in (data / "messages.tsv").read_text().splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3:
            continue
        # The queue's stand as "dmq NAME", a prototype's as "NAME (prototype)".
        places = PLACES[fields[0].removeprefix("dmq ").split(" ")[0]]
        yield places, bytes.fromhex(fields[2])
    for path in sorted((data / "gouroboros").glob("rollforward_*")):
        yield PLACES["chain-sync"], bytes.fromhex(path.read_text().strip())
    for protocol, all_digits in BY_HAND.items():
        for digits in all_digits:
            yield PLACES[protocol], bytes.fromhex(digits)
    # The reference's own, each in the message that carries it.
    around = {"Query": "82038200", "Result": "8204", "LedgerConfig": "8204", "GenTx": "8200", "ApplyTxErr": "8202"}
    newest = sorted((data / "consensus" / "QueryVersion3").glob("*"))[-1]
    for path in sorted(newest.iterdir()):
        kind = path.name.split("_")[0]
        if kind in around:
            protocol = "local-tx-submission" if kind in ("GenTx", "ApplyTxErr") else "local-state-query"
            yield PLACES[protocol], bytes.fromhex(around[kind]) + path.read_bytes()


def results(data):
    """(kind, encoded) of the answers to queries, as `names` counts their readers."""
    readers = {"_EmptyPParams": 12, "_StakeDistribution": 9, "_StakeDistribution2": 9, "_LedgerTip": 2}
    eras = ["Byron", "Shelley", "Allegra", "Mary", "Alonzo", "Babbage", "Conway", "Dijkstra"]
    for folder in sorted((data / "consensus" / "QueryVersion3").iterdir()):
        for path in sorted(folder.glob("Result_*")):
            encoded, name = path.read_bytes(), path.name.removeprefix("Result_")
            yield 6, encoded
            if name == "HardFork":
                yield 4, encoded
            if name.startswith("Anytime"):
                yield 5, encoded
            for number, era in enumerate(eras):
                # What is in the envelope, `[result]`.
                if (reader := readers.get(name.removeprefix(era))) is not None:
                    yield reader + (13 * number if reader == 12 else 0), encoded[1:]


# The ledger's examples of results, as `results` counts their parsers.
LEDGER = {"StakePoolDelegsAndRewards": 0, "AccountsDeposits": 1, "DRepDelegatees": 2, "ChainAccountState": 3,
          "PoolParameters": 5, "PoolState": 6, "StakeSnapshots": 7, "SPOStakeDistr": 8, "SetSnapshotStakePoolDistr": 9,
          "FuturePParams": 13, "CurrentPParams": 14, "Constitution": 15, "DRepState": 16, "DRepStakeDistr": 17,
          "CommitteeMembersState": 18, "StakePoolDefaultVote": 19, "DRepDelegations": 20, "Proposals": 21,
          "GovState": 22, "RatifyState": 23, "CurrentEpochNo": 24}
CONWAY = 6


def length(data, at):
    """The end of the item at `at`."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info == 31:
        while data[at] != 0xFF:
            at = length(data, at)
        return at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    value = int.from_bytes(data[at:at + size], "big") if size else info
    at += size
    if major in (2, 3):
        return at + value
    for _ in range({4: value, 5: 2 * value, 6: 1}.get(major, 0)):
        at = length(data, at)
    return at


def ledger_results(golden):
    """(parser, era, bytes) of each example."""
    for era, folder in ((CONWAY, "conway"), (CONWAY + 1, "dijkstra")):
        for path in sorted((golden / "ledger" / folder).glob("query*.cbor")):
            parser = LEDGER.get(path.stem.removeprefix("query"))
            data, at = path.read_bytes(), 1  # behind the head of the list of examples
            while parser is not None and at < len(data):
                end = length(data, at)
                yield parser, era, data[at:end]
                at = end
    newest = sorted((golden / "consensus" / "QueryVersion3").glob("*"))[-1]
    for name, parser in (("Result_Conway_NonMyopicMemberRewards", 4), ("Result_Conway_GetBigLedgerPeerSnapshot", 10),
                         ("Result_Conway_GenesisConfig", 12)):
        yield parser, CONWAY, (newest / name).read_bytes()[1:]
    for path in sorted(newest.glob("ApplyTxErr_*")):
        yield 26, CONWAY, path.read_bytes()
    for path in sorted(newest.glob("Query_*")):
        yield 27, CONWAY, b"\x82\x00" + path.read_bytes()
    nonce = b"\x82\x01" + string(32 * b"\xa5")
    yield 11, CONWAY, b"\x82\x00\x88\x82\x01\x07\xa1" + string(28 * b"\xa5") + b"\x07" + 6 * nonce


def made_up_point(number):
    """As support/chain.hpp makes them: slot and hash."""
    return 20 * number, b"\0" + b"\xa5" * 23 + number.to_bytes(8, "big")


def point(number):
    slot, name = made_up_point(number)
    return head(4, 2) + head(0, slot) + string(name)


def filled(number, front, size):
    slot, name = made_up_point(number)
    return (front + slot.to_bytes(8, "big") + name).ljust(size, b"\x5a")


def tx_id(number):
    """As support/tx.hpp makes them: the hash of a made-up point of a fork of its own."""
    return b"\x82\x06" + string(b"\x77" + made_up_point(number)[1][1:])


def tx(number):
    return b"\x82\x06\xd8\x18" + string(string((b"\x77" + made_up_point(number)[1][1:]).ljust(100, b"\x5a")))


def named_tx(number):
    return b"\x82" + tx_id(number) + head(0, len(tx(number)))


def conversations():
    """What a good relay says to a follower, and a good client to a relay, as records."""
    def record(kind, encoded):
        return bytes([kind]) + word(len(encoded)) + encoded

    origin, tip = head(4, 0), head(4, 2) + point(4) + head(0, 4)

    def forward(number):
        return b"\x83\x02\x82\x06\xd8\x18" + string(filled(number, b"", 100)) + tip

    def block(number):
        return b"\x82\x04\xd8\x18" + string(filled(number, b"\x82\x07\x5a" + (93).to_bytes(4, "big"), 100))

    found = b"\x83\x05" + origin + tip + b"\x83\x03" + origin + tip
    follow = [found + forward(1), forward(2) + b"\x83\x03" + point(1) + tip, b"\x81\x01", forward(2)]
    batch = [b"\x81\x02" + block(1), b"\x81\x05" + b"\x81\x02" + block(1), block(2) + b"\x81\x05", b"\x81\x03"]
    wishes = [b"\x84\x00\xf5\x00\x03", b"\x82\x02\x9f" + tx_id(1) + tx_id(3) + b"\xff", b"\x84\x00\xf4\x02\x02",
              b"\x84\x00\xf5\x02\x01"]
    relay = b"".join(record(2, part) for part in follow) + b"".join(record(3, part) for part in batch)
    relay += b"".join(record(4, part) for part in wishes)
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
    client += b"".join(record(4, part) for part in (
        b"\x81\x06", b"\x82\x01\x9f" + named_tx(1) + named_tx(2) + b"\xff", b"\x82\x03\x9f" + tx(2) + b"\xff", b"\x81\x04"))
    yield "responder", 0x01, client
    yield "responder", 0x03, client
    yield "responder", 0x00, record(0, propose) + client + record(9, b"") + client


def main(data, out):
    corpus = Corpus(out)
    golden = data / "golden"
    messages = list(golden_messages(golden))
    for places, encoded in messages:
        corpus.add("scanner", b"\x03" + encoded)
        for who, channel in places:
            corpus.add("messages", bytes([who << 6 | channel]) + encoded)
            if who == NODES and len(encoded) < 0x10000:
                record = bytes([channel]) + word(len(encoded)) + encoded
                corpus.add("initiator", b"\x03" + record)
                corpus.add("responder", b"\x01" + record)
    proposal = segment(0, False, bytes.fromhex("8200a10f841a2d964a09f400f4"))
    for plan in (0x00, 0x04, 0x88):
        some = [segment(channel, False, encoded[:40]) for places, encoded in messages for _, channel in places]
        for at in range(0, len(some), 8):
            corpus.add("demultiplexer", bytes([5, plan]) + proposal + b"".join(some[at:at + 8]))
    for version in (14, 15, 16):
        fifth = b"\xf4" if version == 16 else b""
        corpus.add("names", bytes([0, version]) + bytes([0x84 + len(fifth)]) + bytes.fromhex("1a2d964a09f400f4") + fifth)
    for text in ("relay.example:3001", "[2001:db8::1]:3001", "192.0.2.1:65535"):
        corpus.add("names", b"\x01\x00" + text.encode())
    for text in ("origin", "123." + 32 * "a5"):
        corpus.add("names", b"\x02\x00" + text.encode())
    for version in range(16, 24):
        corpus.add("names", bytes([0, 0x80 | version]) + bytes.fromhex("821a2d964a09f4"))
    for kind, encoded in results(golden):
        corpus.add("names", bytes([3, kind]) + encoded)
    for kind, digits in ((0, "831907e70100"), (1, "82011904d2"), (2, "82055820" + 32 * "a5"), (3, "05"), (7, "d8184100"),
                         (8, "d9010281581c" + 28 * "a5"), (10, "a15820" + 32 * "a5" + "1904d2")):
        corpus.add("names", bytes([3, kind]) + bytes.fromhex(digits))
    signature = bytes.fromhex("85") + string(32 * b"\xa5") + b"\x83" + string(360 * b"\0") + b"\x01\x02" + string(
        448 * b"\0") + b"\x84" + string(32 * b"\0") + b"\x01\x02" + string(64 * b"\0") + string(32 * b"\0")
    corpus.add("names", bytes([3, 11]) + signature)
    for parser, era, item in ledger_results(golden):
        corpus.add("results", b"%c%c" % (parser, era) + item)
    for target, plan, records in conversations():
        corpus.add(target, bytes([plan]) + records)

    node_to_node = golden / "consensus" / "CardanoNodeToNodeVersion2"
    for path in sorted(node_to_node.glob("Block_*")):
        corpus.add("headers", b"\x80" + content(path.read_bytes()))
        corpus.add("headers", b"\xc0" + word(100) + content(path.read_bytes())[3:])
        corpus.add("blocks", b"\0" + content(path.read_bytes()))
    for path in sorted(node_to_node.glob("Header_*")):
        encoded = path.read_bytes()
        if encoded[1] != 0:
            corpus.add("headers", encoded[1:2] + content(encoded[2:]))
    for path in sorted((data / "chain" / "blocks").glob("*1.cbor")):
        corpus.add("headers", b"\x80" + path.read_bytes())
        corpus.add("blocks", b"\0" + path.read_bytes())
    spent, made = "825820" + 32 * "a5" + "01", "82581d61" + 28 * "5a" + "1a000f4240"
    body = "a600d9010281" + spent + "0181" + made + "0219ffff0d81" + spent + "10" + made + "09a1581c" + 28 * "22" + "a141aa24"
    for kind, parts in ((2, "81" + body + "81a0a0"), (7, "81" + body + "81a0a100a101808100"),
                        (8, "84f68183" + body + "a0f6f6f6"), (8, "838184" + body + "a0f6f4f6f6")):
        corpus.add("blocks", bytes([kind]) + bytes.fromhex(parts))
    corpus.add("blocks", b"\x0e" + bytes.fromhex(body))
    corpus.add("blocks", b"\x40" + bytes.fromhex("61" + 28 * "5a"))
    for text in ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
                 "drep1ygqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq7vlc9n",
                 "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na"):
        corpus.add("blocks", b"\x80" + text.encode())
    for path in sorted((data / "chain" / "immutable").glob("*.secondary")):
        index = path.read_bytes()
        for blocks in (1, 2, 4):
            end = int.from_bytes(index[56 * blocks:56 * blocks + 8], "big")
            encoded = path.with_suffix(".chunk").read_bytes()[:end]
            corpus.add("immutable_db", word(56 * blocks) + index[:56 * blocks] + encoded)


main(Path(sys.argv[1]), Path(sys.argv[2]))
