// ouroboros-miniprotocols-ts as a peer: a client that does one job. It has no server of the handshake.

const fs = require("node:fs");
const net = require("node:net");
const {
    BlockFetchBlock, BlockFetchClient, ChainSyncClient, ChainSyncIntersectFound, ChainSyncRollForward,
    HandshakeAcceptVersion, HandshakeClient, HandshakeRefuse, MiniProtocol, Multiplexer, RefuseReasonVersionMismatch,
    TxSubmitClient, TxSubmitInit,
} = require("@harmoniclabs/ouroboros-miniprotocols-ts");
// The package's index leaves it out.
const { KeepAliveClient } = require("@harmoniclabs/ouroboros-miniprotocols-ts/dist/protocols/keep-alive/KeepAliveClient.js");

const [, , , job, ...words] = process.argv;
const options = {};
for (let i = 0; i + 1 < words.length; i += 2) options[words[i]] = words[i + 1];

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const hex = (bytes) => Buffer.from(bytes).toString("hex");

function pointOf(text = "origin") {
    const [slot, hash] = text.split(".");
    return hash === undefined ? {} : { blockHeader: { slotNumber: BigInt(slot), hash: Buffer.from(hash, "hex") } };
}

function textOf(point) {
    return point.blockHeader ? `${point.blockHeader.slotNumber}.${hex(point.blockHeader.hash)}` : "origin";
}

function connect() {
    const [host, port] = options["--peer"].split(":");
    const socket = net.connect(Number(port), host);
    const multiplexer = new Multiplexer({ protocolType: "node-to-node", connect: () => socket });
    return new Promise((resolve, reject) => {
        socket.on("connect", () => resolve(multiplexer));
        socket.on("error", reject);
        socket.on("close", () => reject(new Error("the connection was lost")));
    });
}

async function shakeHands(multiplexer) {
    const answer = await new HandshakeClient(multiplexer).propose({
        networkMagic: Number(options["--magic"]), initiatorOnlyDiffusionMode: true, peerSharing: false, query: job === "query",
    });
    if (answer instanceof HandshakeAcceptVersion) {
        if (job === "handshake" || job === "query") tell({ event: "accepted", version: answer.versionNumber });
        return true;
    }
    if (answer instanceof HandshakeRefuse)
        tell({ event: "refused", reason: answer.reason instanceof RefuseReasonVersionMismatch ? "version" : "data" });
    else
        tell({ event: "versions", versions: Object.keys(answer.versionTable).map(Number) });
    return false;
}

async function keepAlive(multiplexer) {
    const client = new KeepAliveClient(multiplexer);
    for (const cookie of [0, 1, 65535]) {
        if (Number((await client.request(cookie)).cookie) !== cookie) throw new Error("another cookie");
        tell({ event: "pong" });
    }
}

async function sync(multiplexer) {
    const client = new ChainSyncClient(multiplexer);
    client.on("error", (error) => { throw error; });
    client.on("awaitReply", () => tell({ event: "await" }));
    const found = await client.findIntersect([pointOf(options["--from"])]);
    if (!(found instanceof ChainSyncIntersectFound)) return tell({ event: "not-found", tip: textOf(found.tip.point) });
    tell({ event: "intersected", point: textOf(found.point) });
    for (let missing = Number(options["--count"] ?? 1); missing > 0;) {
        const next = await client.requestNext();
        if (next instanceof ChainSyncRollForward) {
            tell({ event: "roll-forward", header: hex(next.data.array[1].data.bytes) }); // [era, 24(header)]
            --missing;
        } else {
            tell({ event: "roll-backward", point: textOf(next.point) });
        }
    }
}

async function fetch(multiplexer) {
    const client = new BlockFetchClient(multiplexer);
    client.on("error", (error) => { throw error; });
    const blocks = await client.requestRange(pointOf(options["--from"]), pointOf(options["--to"]));
    if (!Array.isArray(blocks)) return tell({ event: "no-blocks" });
    for (const block of blocks) tell({ event: "block", block: hex(block.getBlockBytes()) });
}

// Gives the transactions of a file, a line each: an id and the bytes, until all have been acknowledged. The package
// leaves Init to its user.
async function submit(multiplexer) {
    let waiting = fs.readFileSync(options["--txs"], "utf8").trim().split("\n").map((line) => {
        const [id, bytes] = line.split(" ").map((digits) => Buffer.from(digits, "hex"));
        return { hash: new Uint8Array(id), bytes: new Uint8Array(bytes) };
    });
    const client = new TxSubmitClient(multiplexer, {
        getTxCount: async () => waiting.length,
        getTxHashesAndSizes: async () => waiting.map(({ hash, bytes }) => ({ hash, size: bytes.length })),
        getTxs: async (ids) => waiting.filter(({ hash }) => ids.some((id) => hex(id) === hex(hash))),
    });
    multiplexer.send(new TxSubmitInit().toCbor().toBuffer(), { hasAgency: true, protocol: MiniProtocol.TxSubmission });
    await new Promise((resolve) => client.on("requestTxIds", (request) => {
        waiting = waiting.slice(Number(request.knownTxCount));
        if (waiting.length === 0) resolve();
    }));
}

// What `--count` of them take: from the first request to the last answer.
async function measureSync(multiplexer, count) {
    const client = new ChainSyncClient(multiplexer);
    client.on("error", (error) => { throw error; });
    const began = performance.now();
    await client.findIntersect([pointOf(options["--from"])]);
    for (let seen = 0; seen < count;)
        if (await client.requestNext() instanceof ChainSyncRollForward) ++seen;
    tell({ event: "took", seconds: (performance.now() - began) / 1e3, count });
}

async function measureFetch(multiplexer, count) {
    const client = new BlockFetchClient(multiplexer);
    client.on("error", (error) => { throw error; });
    const began = performance.now();
    for (let seen = 0; seen < count; ++seen)
        await client.requestRange(pointOf(options["--from"]), pointOf(options["--to"]));
    tell({ event: "took", seconds: (performance.now() - began) / 1e3, count });
}

async function measureKeepAlive(multiplexer, count) {
    const client = new KeepAliveClient(multiplexer);
    const times = [];
    for (let seen = 0; seen < count; ++seen) {
        const asked = performance.now();
        await client.request(seen & 0xffff);
        times.push((performance.now() - asked) * 1e3);
    }
    times.sort((a, b) => a - b);
    const at = (part) => times[Math.floor(count * part / 100)];
    tell({ event: "round-trips", p50: at(50), p99: at(99), count });
}

async function run() {
    const multiplexer = await connect();
    if (await shakeHands(multiplexer)) {
        if (job === "keep-alive") await keepAlive(multiplexer);
        if (job === "sync") await sync(multiplexer);
        if (job === "fetch") await fetch(multiplexer);
        if (job === "submit") await submit(multiplexer);
        const count = Number(options["--count"] ?? 1);
        if (job === "measure-sync") await measureSync(multiplexer, count);
        if (job === "measure-fetch") await measureFetch(multiplexer, count);
        if (job === "measure-keep-alive") await measureKeepAlive(multiplexer, count);
    }
    tell({ event: "done" });
}

run().then(() => process.stdout.write("", () => process.exit(0)), (error) => {
    tell({ event: "error", message: String(error) });
    process.exitCode = 1;
});
