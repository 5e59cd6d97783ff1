"""The mini-protocols as their specification has them, written by hand: states, messages, and an example of each message.

A row `(state, message, next)` is a legal step. `ahead` are the messages that may be sent before earlier answers have
come: pipelining. A message that has several forms on the wire is several messages here, such as the two forms of ReplyNextTx.
Rules about the contents of messages are not here: that an answer fits its request, or that a blocking one is not empty.
"""

from dataclasses import dataclass

from cbor import array, boolean, data, open_table, stream, table, text, uint, wrapped

CLIENT, SERVER = ">", "<"
DONE = "Done"


@dataclass
class Protocol:
    family: str  # whose number it is: n2n, n2c, dmq-n2n, dmq-n2c
    number: int
    name: str
    agency: dict  # state -> the side that may send; the first one is the first state
    messages: dict  # name -> (sender, bytes)
    steps: list
    ahead: tuple = ()
    restarts: bool = True  # the protocol may begin again after Done, on the same connection


def example(number, *items):
    return array(uint(number), *items)


HASH = bytes(range(32))
POINT = array(uint(7), data(HASH))
TIP = array(array(uint(9), data(HASH)), uint(4))
ORIGIN = array()
HEADER = array(uint(6), wrapped(array(data(b"header"))))
BLOCK = wrapped(array(uint(7), array()))
TX_ID = array(uint(6), data(HASH))
TX = array(uint(6), wrapped(array()))


def handshake(family, versions, version, version_data):
    return Protocol(
        family, 0, "handshake",
        {"Propose": CLIENT, "Confirm": SERVER, DONE: None},
        {
            "ProposeVersions": (CLIENT, example(0, table((version, version_data)))),
            "AcceptVersion": (SERVER, example(1, version, version_data)),
            "Refuse(VersionMismatch)": (SERVER, example(2, array(uint(0), array(*versions)))),
            "Refuse(HandshakeDecodeError)": (SERVER, example(2, array(uint(1), version, text("foo")))),
            "Refuse(Refused)": (SERVER, example(2, array(uint(2), version, text("foo")))),
            "QueryReply": (SERVER, example(3, table((version, version_data)))),
            "ReplyVersions": (SERVER, example(0, table((version, version_data)))),
        },
        [("Propose", "ProposeVersions", "Confirm")] + [
            ("Confirm", answer, DONE)
            for answer in ("AcceptVersion", "Refuse(VersionMismatch)", "Refuse(HandshakeDecodeError)",
                           "Refuse(Refused)", "QueryReply", "ReplyVersions")],
        restarts=False)


def chain_sync(family, number, name, content):
    return Protocol(
        family, number, name,
        {"Idle": CLIENT, "CanAwait": SERVER, "MustReply": SERVER, "Intersect": SERVER, DONE: None},
        {
            "RequestNext": (CLIENT, example(0)),
            "AwaitReply": (SERVER, example(1)),
            "RollForward": (SERVER, example(2, content, TIP)),
            "RollBackward": (SERVER, example(3, POINT, TIP)),
            "FindIntersect": (CLIENT, example(4, stream(POINT, ORIGIN))),
            "FindIntersect()": (CLIENT, example(4, array())),
            "IntersectFound": (SERVER, example(5, POINT, TIP)),
            "IntersectNotFound": (SERVER, example(6, TIP)),
            "Done": (CLIENT, example(7)),
        },
        [
            ("Idle", "RequestNext", "CanAwait"),
            ("Idle", "FindIntersect", "Intersect"),
            ("Idle", "FindIntersect()", "Intersect"),
            ("Idle", "Done", DONE),
            ("CanAwait", "AwaitReply", "MustReply"),
            ("CanAwait", "RollForward", "Idle"),
            ("CanAwait", "RollBackward", "Idle"),
            ("MustReply", "RollForward", "Idle"),
            ("MustReply", "RollBackward", "Idle"),
            ("Intersect", "IntersectFound", "Idle"),
            ("Intersect", "IntersectNotFound", "Idle"),
        ],
        ahead=("RequestNext",))


def keep_alive(family, number):
    return Protocol(
        family, number, "keep-alive",
        {"Client": CLIENT, "Server": SERVER, DONE: None},
        {
            "KeepAlive": (CLIENT, example(0, uint(65535))),
            "KeepAliveResponse": (SERVER, example(1, uint(65535))),
            "Done": (CLIENT, example(2)),
        },
        [
            ("Client", "KeepAlive", "Server"),
            ("Client", "Done", DONE),
            ("Server", "KeepAliveResponse", "Client"),
        ])


def peer_sharing(family, number):
    address4 = array(uint(0), uint(0x04030201), uint(3001))
    address6 = array(uint(1), uint(0x20010DB8), uint(0), uint(0), uint(1), uint(3001))
    return Protocol(
        family, number, "peer-sharing",
        {"Idle": CLIENT, "Busy": SERVER, DONE: None},
        {
            "ShareRequest": (CLIENT, example(0, uint(10))),
            "SharePeers": (SERVER, example(1, stream(address4, address6))),
            "SharePeers()": (SERVER, example(1, array())),
            "Done": (CLIENT, example(2)),
        },
        [
            ("Idle", "ShareRequest", "Busy"),
            ("Idle", "Done", DONE),
            ("Busy", "SharePeers", "Idle"),
            ("Busy", "SharePeers()", "Idle"),
        ])


def object_diffusion(number, name, identity, content):
    return Protocol(
        "n2n", number, name,
        {"Init": CLIENT, "Idle": CLIENT, "IdsBlocking": SERVER, "IdsNonBlocking": SERVER, "Objects": SERVER, DONE: None},
        {
            "Init": (CLIENT, example(0)),
            "RequestObjectIds(blocking)": (CLIENT, example(1, boolean(True), uint(0), uint(3))),
            "RequestObjectIds": (CLIENT, example(1, boolean(False), uint(1), uint(2))),
            "ReplyObjectIds": (SERVER, example(2, stream(identity))),
            "RequestObjects": (CLIENT, example(3, stream(identity))),
            "ReplyObjects": (SERVER, example(4, stream(content))),
            "Done": (CLIENT, example(5)),
        },
        [
            ("Init", "Init", "Idle"),
            ("Idle", "RequestObjectIds(blocking)", "IdsBlocking"),
            ("Idle", "RequestObjectIds", "IdsNonBlocking"),
            ("Idle", "RequestObjects", "Objects"),
            ("Idle", "Done", DONE),
            ("IdsBlocking", "ReplyObjectIds", "Idle"),
            ("IdsNonBlocking", "ReplyObjectIds", "Idle"),
            ("Objects", "ReplyObjects", "Idle"),
        ],
        ahead=("RequestObjectIds", "RequestObjects"))


N2N = [
    handshake("n2n", [uint(14), uint(15)], uint(15),
              array(uint(764824073), boolean(False), uint(0), boolean(False))),
    chain_sync("n2n", 2, "chain-sync", HEADER),
    Protocol(
        "n2n", 3, "block-fetch",
        {"Idle": CLIENT, "Busy": SERVER, "Streaming": SERVER, DONE: None},
        {
            "RequestRange": (CLIENT, example(0, POINT, POINT)),
            "ClientDone": (CLIENT, example(1)),
            "StartBatch": (SERVER, example(2)),
            "NoBlocks": (SERVER, example(3)),
            "Block": (SERVER, example(4, BLOCK)),
            "BatchDone": (SERVER, example(5)),
        },
        [
            ("Idle", "RequestRange", "Busy"),
            ("Idle", "ClientDone", DONE),
            ("Busy", "StartBatch", "Streaming"),
            ("Busy", "NoBlocks", "Idle"),
            ("Streaming", "Block", "Streaming"),
            ("Streaming", "BatchDone", "Idle"),
        ],
        ahead=("RequestRange",)),
    Protocol(
        "n2n", 4, "tx-submission2",
        {"Init": CLIENT, "Idle": SERVER, "TxIdsBlocking": CLIENT, "TxIdsNonBlocking": CLIENT, "Txs": CLIENT, DONE: None},
        {
            "Init": (CLIENT, example(6)),
            "RequestTxIds(blocking)": (SERVER, example(0, boolean(True), uint(0), uint(3))),
            "RequestTxIds": (SERVER, example(0, boolean(False), uint(1), uint(2))),
            "ReplyTxIds": (CLIENT, example(1, stream(array(TX_ID, uint(40))))),
            "RequestTxs": (SERVER, example(2, stream(TX_ID))),
            "ReplyTxs": (CLIENT, example(3, stream(TX))),
            "Done": (CLIENT, example(4)),
        },
        [
            ("Init", "Init", "Idle"),
            ("Idle", "RequestTxIds(blocking)", "TxIdsBlocking"),
            ("Idle", "RequestTxIds", "TxIdsNonBlocking"),
            ("Idle", "RequestTxs", "Txs"),
            ("TxIdsBlocking", "ReplyTxIds", "Idle"),
            ("TxIdsBlocking", "Done", DONE),
            ("TxIdsNonBlocking", "ReplyTxIds", "Idle"),
            ("Txs", "ReplyTxs", "Idle"),
        ],
        ahead=("RequestTxIds", "RequestTxs")),
    keep_alive("n2n", 8),
    peer_sharing("n2n", 10),
    object_diffusion(16, "peras-certificates", uint(5), array(uint(5), POINT)),
    object_diffusion(17, "peras-votes", array(uint(5), uint(2)), array(uint(5), POINT, uint(2))),
    Protocol(
        "n2n", 18, "leios-notify",
        {"Idle": CLIENT, "Busy": SERVER, DONE: None},
        {
            "RequestNext": (CLIENT, example(0)),
            "BlockAnnouncement": (SERVER, example(1, HEADER)),
            "BlockOffer": (SERVER, example(2, POINT, uint(1000))),
            "BlockTxsOffer": (SERVER, example(3, POINT)),
            "Votes": (SERVER, example(4, array(array(data(HASH), uint(3), data(bytes(48)))))),
            "Done": (CLIENT, example(5)),
        },
        [
            ("Idle", "RequestNext", "Busy"),
            ("Idle", "Done", DONE),
            ("Busy", "BlockAnnouncement", "Idle"),
            ("Busy", "BlockOffer", "Idle"),
            ("Busy", "BlockTxsOffer", "Idle"),
            ("Busy", "Votes", "Idle"),
        ],
        ahead=("RequestNext",)),
    Protocol(
        "n2n", 19, "leios-fetch",
        {"Idle": CLIENT, "Block": SERVER, "BlockTxs": SERVER, DONE: None},
        {
            "BlockRequest": (CLIENT, example(0, POINT)),
            "Block": (SERVER, example(1, table((data(HASH), uint(200))))),
            "BlockTxsRequest": (CLIENT, example(2, POINT, open_table((uint(0), uint(1 << 63))))),
            "BlockTxs": (SERVER, example(3, POINT, open_table((uint(0), uint(1 << 63))), array(data(b"\x80")))),
            "Done": (CLIENT, example(9)),
        },
        [
            ("Idle", "BlockRequest", "Block"),
            ("Idle", "BlockTxsRequest", "BlockTxs"),
            ("Idle", "Done", DONE),
            ("Block", "Block", "Idle"),
            ("BlockTxs", "BlockTxs", "Idle"),
        ],
        ahead=("BlockRequest", "BlockTxsRequest")),
]

MEASURES = table((text("transaction_bytes"), array(uint(500), uint(90000))))
N2C = [
    handshake("n2c", [uint(32791)], uint(32791), array(uint(764824073), boolean(False))),
    chain_sync("n2c", 5, "local-chain-sync", BLOCK),
    Protocol(
        "n2c", 6, "local-tx-submission",
        {"Idle": CLIENT, "Busy": SERVER, DONE: None},
        {
            "SubmitTx": (CLIENT, example(0, TX)),
            "AcceptTx": (SERVER, example(1)),
            "RejectTx": (SERVER, example(2, array(array(uint(6), array())))),
            "RejectTx(era mismatch)": (SERVER, example(2, array(array(uint(5), text("Babbage")),
                                                                array(uint(6), text("Conway"))))),
            "Done": (CLIENT, example(3)),
        },
        [
            ("Idle", "SubmitTx", "Busy"),
            ("Idle", "Done", DONE),
            ("Busy", "AcceptTx", "Idle"),
            ("Busy", "RejectTx", "Idle"),
            ("Busy", "RejectTx(era mismatch)", "Idle"),
        ]),
    Protocol(
        "n2c", 7, "local-state-query",
        {"Idle": CLIENT, "Acquiring": SERVER, "Acquired": CLIENT, "Querying": SERVER, DONE: None},
        {
            "Acquire(point)": (CLIENT, example(0, POINT)),
            "Acquire(volatile tip)": (CLIENT, example(8)),
            "Acquire(immutable tip)": (CLIENT, example(10)),
            "Acquired": (SERVER, example(1)),
            "Failure(too old)": (SERVER, example(2, uint(0))),
            "Failure(not on chain)": (SERVER, example(2, uint(1))),
            "Query": (CLIENT, example(3, array(uint(2)))),
            "Result": (SERVER, example(4, array(uint(1), uint(77)))),
            "Release": (CLIENT, example(5)),
            "ReAcquire(point)": (CLIENT, example(6, POINT)),
            "ReAcquire(volatile tip)": (CLIENT, example(9)),
            "ReAcquire(immutable tip)": (CLIENT, example(11)),
            "Done": (CLIENT, example(7)),
        },
        [
            ("Idle", "Acquire(point)", "Acquiring"),
            ("Idle", "Acquire(volatile tip)", "Acquiring"),
            ("Idle", "Acquire(immutable tip)", "Acquiring"),
            ("Idle", "Done", DONE),
            ("Acquiring", "Acquired", "Acquired"),
            ("Acquiring", "Failure(too old)", "Idle"),
            ("Acquiring", "Failure(not on chain)", "Idle"),
            ("Acquired", "Query", "Querying"),
            ("Acquired", "Release", "Idle"),
            ("Acquired", "ReAcquire(point)", "Acquiring"),
            ("Acquired", "ReAcquire(volatile tip)", "Acquiring"),
            ("Acquired", "ReAcquire(immutable tip)", "Acquiring"),
            ("Querying", "Result", "Acquired"),
        ]),
    Protocol(
        "n2c", 9, "local-tx-monitor",
        {"Idle": CLIENT, "Acquiring": SERVER, "Acquired": CLIENT, "Busy(NextTx)": SERVER, "Busy(HasTx)": SERVER,
         "Busy(GetSizes)": SERVER, "Busy(GetMeasures)": SERVER, DONE: None},
        {
            "Done": (CLIENT, example(0)),
            "Acquire": (CLIENT, example(1)),  # and AwaitAcquire
            "Acquired": (SERVER, example(2, uint(9))),
            "Release": (CLIENT, example(3)),
            "NextTx": (CLIENT, example(5)),
            "ReplyNextTx()": (SERVER, example(6)),
            "ReplyNextTx": (SERVER, example(6, TX)),
            "HasTx": (CLIENT, example(7, TX_ID)),
            "ReplyHasTx": (SERVER, example(8, boolean(True))),
            "GetSizes": (CLIENT, example(9)),
            "ReplyGetSizes": (SERVER, example(10, array(uint(178176), uint(500), uint(2)))),
            "GetMeasures": (CLIENT, example(11)),
            "ReplyGetMeasures": (SERVER, example(12, uint(2), MEASURES)),
        },
        [
            ("Idle", "Acquire", "Acquiring"),
            ("Idle", "Done", DONE),
            ("Acquiring", "Acquired", "Acquired"),
            ("Acquired", "Acquire", "Acquiring"),
            ("Acquired", "Release", "Idle"),
            ("Acquired", "NextTx", "Busy(NextTx)"),
            ("Acquired", "HasTx", "Busy(HasTx)"),
            ("Acquired", "GetSizes", "Busy(GetSizes)"),
            ("Acquired", "GetMeasures", "Busy(GetMeasures)"),
            ("Busy(NextTx)", "ReplyNextTx()", "Acquired"),
            ("Busy(NextTx)", "ReplyNextTx", "Acquired"),
            ("Busy(HasTx)", "ReplyHasTx", "Acquired"),
            ("Busy(GetSizes)", "ReplyGetSizes", "Acquired"),
            ("Busy(GetMeasures)", "ReplyGetMeasures", "Acquired"),
        ]),
]

SIG = array(
    data(HASH), array(data(b"body"), uint(5), uint(1764000000)), data(bytes(448)),
    array(data(HASH), uint(1), uint(2), data(bytes(64))), data(HASH))
DMQ = [
    handshake("dmq-n2n", [uint(2)], uint(2), array(uint(764824073), boolean(False), uint(0), boolean(False))),
    Protocol(
        "dmq-n2n", 11, "sig-submission",
        {"Idle": CLIENT, "SigIdsBlocking": SERVER, "SigIdsNonBlocking": SERVER, "Sigs": SERVER, DONE: None},
        {
            "RequestSigIds(blocking)": (CLIENT, example(1, boolean(True), uint(0), uint(3))),
            "RequestSigIds": (CLIENT, example(1, boolean(False), uint(1), uint(2))),
            "ReplySigIds": (SERVER, example(2, stream(array(data(HASH), uint(600))))),
            "ReplyNoSigIds": (SERVER, example(3)),
            "RequestSigs": (CLIENT, example(4, stream(data(HASH)))),
            "ReplySigs": (SERVER, example(5, stream(SIG))),
            "Done": (CLIENT, example(6)),
        },
        [
            ("Idle", "RequestSigIds(blocking)", "SigIdsBlocking"),
            ("Idle", "RequestSigIds", "SigIdsNonBlocking"),
            ("Idle", "RequestSigs", "Sigs"),
            ("Idle", "Done", DONE),
            ("SigIdsBlocking", "ReplySigIds", "Idle"),
            ("SigIdsBlocking", "ReplyNoSigIds", "Idle"),
            ("SigIdsNonBlocking", "ReplySigIds", "Idle"),
            ("Sigs", "ReplySigs", "Idle"),
        ],
        ahead=("RequestSigIds", "RequestSigs")),
    keep_alive("dmq-n2n", 12),
    peer_sharing("dmq-n2n", 13),
    handshake("dmq-n2c", [uint(4097)], uint(4097), array(uint(764824073), boolean(False))),
    Protocol(
        "dmq-n2c", 14, "local-msg-submission",
        {"Idle": CLIENT, "Busy": SERVER, DONE: None},
        {
            "SubmitMsg": (CLIENT, example(0, SIG)),
            "AcceptMsg": (SERVER, example(1)),
            "RejectMsg(invalid)": (SERVER, example(2, array(uint(0), text("foo")))),
            "RejectMsg(duplicate)": (SERVER, example(2, array(uint(1)))),
            "RejectMsg(expired)": (SERVER, example(2, array(uint(2)))),
            "RejectMsg(other)": (SERVER, example(2, array(uint(3), text("foo")))),
            "Done": (CLIENT, example(3)),
        },
        [
            ("Idle", "SubmitMsg", "Busy"),
            ("Idle", "Done", DONE),
            ("Busy", "AcceptMsg", "Idle"),
            ("Busy", "RejectMsg(invalid)", "Idle"),
            ("Busy", "RejectMsg(duplicate)", "Idle"),
            ("Busy", "RejectMsg(expired)", "Idle"),
            ("Busy", "RejectMsg(other)", "Idle"),
        ]),
    Protocol(
        "dmq-n2c", 15, "local-msg-notification",
        {"Idle": CLIENT, "Busy(non-blocking)": SERVER, "Busy(blocking)": SERVER, DONE: None},
        {
            "Request": (CLIENT, example(0, boolean(False))),
            "Request(blocking)": (CLIENT, example(0, boolean(True))),
            "Reply": (SERVER, example(1, stream(SIG), boolean(True))),
            "Reply()": (SERVER, example(1, stream(), boolean(False))),
            "Reply(blocking)": (SERVER, example(2, stream(SIG))),
            "ClientDone": (CLIENT, example(3)),
        },
        [
            ("Idle", "Request", "Busy(non-blocking)"),
            ("Idle", "Request(blocking)", "Busy(blocking)"),
            ("Idle", "ClientDone", DONE),
            ("Busy(non-blocking)", "Reply", "Idle"),
            ("Busy(non-blocking)", "Reply()", "Idle"),
            ("Busy(blocking)", "Reply(blocking)", "Idle"),
        ]),
]

ALL = N2N + N2C + DMQ
