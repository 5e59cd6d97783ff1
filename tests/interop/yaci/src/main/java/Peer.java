import com.bloxbean.cardano.yaci.core.common.TxBodyType;
import com.bloxbean.cardano.yaci.core.config.YaciConfig;
import com.bloxbean.cardano.yaci.core.model.Block;
import com.bloxbean.cardano.yaci.core.model.BlockHeader;
import com.bloxbean.cardano.yaci.core.network.TCPNodeClient;
import com.bloxbean.cardano.yaci.core.protocol.Agent;
import com.bloxbean.cardano.yaci.core.protocol.State;
import com.bloxbean.cardano.yaci.core.protocol.blockfetch.BlockfetchAgent;
import com.bloxbean.cardano.yaci.core.protocol.blockfetch.BlockfetchAgentListener;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Point;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Tip;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2n.ChainSyncAgentListener;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2n.ChainSyncState;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2n.ChainsyncAgent;
import com.bloxbean.cardano.yaci.core.protocol.handshake.HandshakeAgent;
import com.bloxbean.cardano.yaci.core.protocol.handshake.HandshakeAgentListener;
import com.bloxbean.cardano.yaci.core.protocol.handshake.messages.Reason;
import com.bloxbean.cardano.yaci.core.protocol.handshake.messages.ReasonVersionMismatch;
import com.bloxbean.cardano.yaci.core.protocol.handshake.util.N2NVersionTableConstant;
import com.bloxbean.cardano.yaci.core.protocol.keepalive.KeepAliveAgent;
import com.bloxbean.cardano.yaci.core.protocol.txsubmission.TxSubmissionAgent;
import com.bloxbean.cardano.yaci.core.protocol.txsubmission.TxSubmissionListener;
import com.bloxbean.cardano.yaci.core.protocol.txsubmission.messges.RequestTxIds;
import com.bloxbean.cardano.yaci.core.protocol.txsubmission.messges.RequestTxs;
import com.bloxbean.cardano.yaci.core.util.HexUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** yaci as a peer: a client that does one job. It has no server. It gives blocks and headers as it understood them. */
public final class Peer {
    final String job;
    private final Map<String, String> options = new HashMap<>();
    final CountDownLatch done = new CountDownLatch(1);
    private final boolean measuring;
    private final List<Long> roundTrips = new ArrayList<>();
    private long missing;
    private long began;
    private long asked;

    private Peer(String[] words) {
        measuring = words[1].startsWith("measure-");
        job = measuring ? words[1].substring("measure-".length()) : words[1];
        for (int i = 2; i + 1 < words.length; i += 2) options.put(words[i], words[i + 1]);
        missing = number("--count", 1);
    }

    long number(String name, long otherwise) {
        return options.containsKey(name) ? Long.parseLong(options.get(name)) : otherwise;
    }

    String text(String name) {
        return options.get(name);
    }

    Point point(String name) {
        String[] parts = options.getOrDefault(name, "origin").split("\\.");
        return parts.length == 1 ? Point.ORIGIN : new Point(Long.parseLong(parts[0]), parts[1]);
    }

    static String text(Point point) {
        return point.getHash() == null ? "origin" : point.getSlot() + "." + point.getHash();
    }

    /** All values are of our own making: nothing needs to be escaped. A measurement tells its result alone. */
    synchronized void tell(String event, String... fields) {
        if (measuring && !event.equals("took") && !event.equals("round-trips")) return;
        StringBuilder line = new StringBuilder("{\"event\":\"" + event + "\"");
        for (int i = 0; i < fields.length; i += 2) line.append(",\"" + fields[i] + "\":" + fields[i + 1]);
        System.out.println(line.append('}'));
    }

    static String quoted(String text) {
        return '"' + text + '"';
    }

    /** Whether there is more to come. */
    boolean counted() {
        if (--missing == 0) done.countDown();
        return missing > 0;
    }

    private HandshakeAgent handshake() {
        return new HandshakeAgent(
                N2NVersionTableConstant.v11AndAbove(number("--magic", 1), true, 0, job.equals("query")));
    }

    private ChainsyncAgent chainSync() {
        ChainsyncAgent agent = new ChainsyncAgent(new Point[] {point("--from")});
        agent.addListener(new ChainSyncAgentListener() {
            @Override
            public void intersactFound(Tip tip, Point point) {
                tell("intersected", "point", quoted(text(point)));
                agent.sendNextMessage();
            }

            @Override
            public void intersactNotFound(Tip tip) {
                tell("not-found", "tip", quoted(text(tip.getPoint())));
                done.countDown();
            }

            @Override
            public void rollforward(Tip tip, BlockHeader header) {
                var body = header.getHeaderBody();
                Point point = new Point(body.getSlot(), body.getBlockHash());
                tell("roll-forward", "point", quoted(text(point)));
                if (counted()) agent.sendNextMessage();
            }

            @Override
            public void rollbackward(Tip tip, Point to) {
                tell("roll-backward", "point", quoted(text(to)));
                agent.sendNextMessage();
            }

            @Override
            public void onStateUpdate(State before, State after) {
                if (after == ChainSyncState.MustReply && before != after) tell("await");
            }
        });
        return agent;
    }

    private BlockfetchAgent blockFetch() {
        BlockfetchAgent agent = new BlockfetchAgent();
        agent.resetPoints(point("--from"), point("--to"));
        agent.addListener(new BlockfetchAgentListener() {
            @Override
            public void blockFound(Block block) {
                if (!measuring) tell("block", "block", quoted(block.getCbor()));
            }

            @Override
            public void noBlockFound(Point from, Point to) {
                tell("no-blocks");
                done.countDown();
            }

            @Override
            public void batchDone() {
                if (!measuring) {
                    done.countDown();
                    return;
                }
                if (counted()) {
                    agent.resetPoints(point("--from"), point("--to"));
                    agent.sendNextMessage();
                }
            }
        });
        return agent;
    }

    private KeepAliveAgent keepAlive() {
        KeepAliveAgent agent = new KeepAliveAgent();
        if (!measuring) missing = 3;
        agent.addListener(response -> {
            tell("pong");
            roundTrips.add(System.nanoTime() - asked);
            boolean more = counted();
            asked = System.nanoTime();
            if (more) agent.sendKeepAlive(response.getCookie() + 1 & 0xffff);
        });
        return agent;
    }

    /** Gives the transactions of a file, a line each: an id and the bytes. Done when all have been acknowledged. */
    private TxSubmissionAgent txSubmission() {
        TxSubmissionAgent agent = new TxSubmissionAgent();
        agent.addListener(new TxSubmissionListener() {
            @Override
            public void handleRequestTxs(RequestTxs request) {
                agent.sendNextMessage();
            }

            @Override
            public void handleRequestTxIdsNonBlocking(RequestTxIds request) {
                acknowledged(request);
                agent.sendNextMessage();
            }

            @Override
            public void handleRequestTxIdsBlocking(RequestTxIds request) {
                acknowledged(request);
                if (agent.hasPendingTx()) agent.sendNextMessage();
            }

            private void acknowledged(RequestTxIds request) {
                for (int i = 0; i < request.getAckTxIds(); ++i) counted();
            }
        });
        return agent;
    }

    /** Only once the connection is there: the agent forgets those from before. */
    private void enqueue(TxSubmissionAgent agent) {
        try {
            List<String> lines = Files.readAllLines(Path.of(options.get("--txs")));
            missing = lines.size();
            for (String line : lines) {
                String[] parts = line.split(" ");
                agent.enqueueTransaction(parts[0], HexUtil.decodeHexString(parts[1]), TxBodyType.CONWAY);
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private String microseconds(int part) {
        return String.valueOf(roundTrips.get(roundTrips.size() * part / 100) / 1e3);
    }

    /** What `count` of them took: how long all together, or each of them. */
    private void tellMeasured() {
        if (job.equals("keep-alive")) {
            Collections.sort(roundTrips);
            tell("round-trips", "p50", microseconds(50), "p99", microseconds(99));
        } else {
            tell("took", "seconds", String.valueOf((System.nanoTime() - began) / 1e9));
        }
    }

    private void dial() {
        YaciConfig.INSTANCE.setReturnBlockCbor(!measuring);
        HandshakeAgent handshake = handshake();
        Agent<?> agent = switch (job) {
            case "sync" -> chainSync();
            case "fetch" -> blockFetch();
            case "submit" -> txSubmission();
            default -> keepAlive();
        };
        handshake.addListener(new HandshakeAgentListener() {
            @Override
            public void handshakeError(Reason reason) {
                tell("refused", "reason", quoted(reason instanceof ReasonVersionMismatch ? "version" : "data"));
                done.countDown();
            }

            @Override
            public void handshakeOk() {
                if (job.equals("handshake") || job.equals("query")) {
                    tell("accepted", "version", String.valueOf(handshake.getProtocolVersion().getVersionNumber()));
                    done.countDown();
                    return;
                }
                began = asked = System.nanoTime();
                if (agent instanceof KeepAliveAgent keepAlive) {
                    keepAlive.sendKeepAlive(1);
                } else {
                    if (agent instanceof TxSubmissionAgent submitting) enqueue(submitting);
                    agent.sendNextMessage();
                }
            }
        });
        String[] address = options.get("--peer").split(":");
        new TCPNodeClient(address[0], Integer.parseInt(address[1]), handshake, agent).start();
    }

    private void run() throws InterruptedException {
        if (options.containsKey("--socket")) {
            new LocalPeer(this).run();
        } else {
            dial();
        }
        done.await();
        if (measuring) tellMeasured();
        tell("done");
        System.exit(0);
    }

    public static void main(String[] words) throws InterruptedException {
        new Peer(words).run();
    }
}
