import com.bloxbean.cardano.client.address.Address;
import com.bloxbean.cardano.yaci.core.common.TxBodyType;
import com.bloxbean.cardano.yaci.core.config.YaciConfig;
import com.bloxbean.cardano.yaci.core.model.Block;
import com.bloxbean.cardano.yaci.core.network.UnixSocketNodeClient;
import com.bloxbean.cardano.yaci.core.protocol.Agent;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Point;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Tip;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2c.LocalChainSyncAgent;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2c.LocalChainSyncAgentListener;
import com.bloxbean.cardano.yaci.core.protocol.handshake.HandshakeAgent;
import com.bloxbean.cardano.yaci.core.protocol.handshake.HandshakeAgentListener;
import com.bloxbean.cardano.yaci.core.protocol.handshake.messages.Reason;
import com.bloxbean.cardano.yaci.core.protocol.handshake.messages.ReasonVersionMismatch;
import com.bloxbean.cardano.yaci.core.protocol.handshake.util.N2CVersionTableConstant;
import com.bloxbean.cardano.yaci.core.protocol.localstate.LocalStateQueryAgent;
import com.bloxbean.cardano.yaci.core.protocol.localstate.LocalStateQueryListener;
import com.bloxbean.cardano.yaci.core.protocol.localstate.api.Era;
import com.bloxbean.cardano.yaci.core.protocol.localstate.api.Query;
import com.bloxbean.cardano.yaci.core.protocol.localstate.api.QueryResult;
import com.bloxbean.cardano.yaci.core.protocol.localstate.messages.MsgFailure;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.ChainPointQuery;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.ChainPointQueryResult;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.CurrentProtocolParamQueryResult;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.CurrentProtocolParamsQuery;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.UtxoByAddressQuery;
import com.bloxbean.cardano.yaci.core.protocol.localstate.queries.UtxoByAddressQueryResult;
import com.bloxbean.cardano.yaci.core.protocol.localtx.LocalTxSubmissionAgent;
import com.bloxbean.cardano.yaci.core.protocol.localtx.LocalTxSubmissionListener;
import com.bloxbean.cardano.yaci.core.protocol.localtx.messages.MsgAcceptTx;
import com.bloxbean.cardano.yaci.core.protocol.localtx.messages.MsgRejectTx;
import com.bloxbean.cardano.yaci.core.protocol.localtx.model.TxSubmissionRequest;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.LocalTxMonitorAgent;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.LocalTxMonitorListener;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgAcquired;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgAwaitAcquire;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgGetSizes;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgHasTx;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgNextTx;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgReplyGetSizes;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgReplyHasTx;
import com.bloxbean.cardano.yaci.core.protocol.localtxmonitor.messages.MsgReplyNextTx;
import com.bloxbean.cardano.yaci.core.util.HexUtil;

/** The same over the socket of a node. */
final class LocalPeer {
    private final Peer peer;
    /** The first request, made once the connection is there: an agent forgets those from before. */
    private Runnable begin = () -> {};

    LocalPeer(Peer peer) {
        this.peer = peer;
    }

    private Agent<?> chainSync() {
        YaciConfig.INSTANCE.setReturnBlockCbor(true);
        LocalChainSyncAgent agent = new LocalChainSyncAgent(new Point[] {peer.point("--from")});
        agent.addListener(new LocalChainSyncAgentListener() {
            @Override
            public void intersactFound(Tip tip, Point point) {
                peer.tell("intersected", "point", Peer.quoted(Peer.text(point)));
                agent.sendNextMessage();
            }

            @Override
            public void intersactNotFound(Tip tip) {
                peer.tell("not-found");
                peer.done.countDown();
            }

            @Override
            public void rollforward(Tip tip, Block block) {
                peer.tell("roll-forward", "block", Peer.quoted(block.getCbor()));
                // What it does behind this call is what it knows the next roll-backward by.
                if (peer.counted()) agent.sendNextMessage();
            }

            @Override
            public void rollbackward(Tip tip, Point to) {
                peer.tell("roll-backward", "point", Peer.quoted(Peer.text(to)));
                agent.sendNextMessage();
            }
        });
        return agent;
    }

    /** The query of `--query`; null for one that the package does not have. */
    private Query<?> query() {
        return switch (String.valueOf(peer.text("--query"))) {
            case "tip" -> new ChainPointQuery();
            case "params" -> new CurrentProtocolParamsQuery(Era.Conway);
            case "utxo" -> new UtxoByAddressQuery(
                    Era.Conway, new Address(HexUtil.decodeHexString(peer.text("--address"))));
            default -> null;
        };
    }

    private static String value(QueryResult result) {
        if (result instanceof ChainPointQueryResult tip) return Peer.quoted(Peer.text(tip.getChainPoint()));
        if (result instanceof CurrentProtocolParamQueryResult parameters)
            return String.valueOf(parameters.getProtocolParams().getMinFeeA());
        return String.valueOf(((UtxoByAddressQueryResult) result).getUtxoList().size());
    }

    private Agent<?> stateQuery() {
        LocalStateQueryAgent agent = new LocalStateQueryAgent();
        agent.addListener(new LocalStateQueryListener() {
            private boolean again = peer.text("--again") != null;
            private boolean asked;

            @Override
            public void acquired(Point point) {
                peer.tell("acquired");
                Query<?> query = asked ? null : query();
                asked = true;
                if (query == null) {
                    next();
                    return;
                }
                agent.query(query);
                agent.sendNextMessage();
            }

            @Override
            public void acquireFailed(MsgFailure.Reason reason) {
                boolean old = reason == MsgFailure.Reason.ACQUIRE_FAILURE_POINT_TOO_OLD;
                peer.tell("failure", "reason", Peer.quoted(old ? "too-old" : "not-on-chain"));
                peer.done.countDown();
            }

            @Override
            public void resultReceived(Query query, QueryResult result) {
                peer.tell(peer.text("--query"), "value", value(result));
                next();
            }

            private void next() {
                if (again) {
                    agent.reAcquire(peer.point("--again"));
                } else {
                    agent.release();
                }
                agent.sendNextMessage();
                if (!again) peer.done.countDown();
                again = false;
            }
        });
        begin = () -> agent.acquire(peer.text("--at") == null ? null : peer.point("--at"));
        return agent;
    }

    private Agent<?> txSubmission() {
        LocalTxSubmissionAgent agent = new LocalTxSubmissionAgent();
        agent.addListener(new LocalTxSubmissionListener() {
            @Override
            public void txAccepted(TxSubmissionRequest request, MsgAcceptTx message) {
                peer.tell("accepted-tx");
                peer.done.countDown();
            }

            @Override
            public void txRejected(TxSubmissionRequest request, MsgRejectTx message) {
                String whole = message.getReasonCbor(); // of the message, 82 02 and the reason
                peer.tell("rejected-tx", "reason", Peer.quoted(whole.substring("8202".length())));
                peer.done.countDown();
            }
        });
        byte[] bytes = HexUtil.decodeHexString(peer.text("--tx"));
        begin = () -> agent.submitTx(new TxSubmissionRequest(TxBodyType.CONWAY, bytes));
        return agent;
    }

    private Agent<?> mempool() {
        LocalTxMonitorAgent agent = new LocalTxMonitorAgent();
        agent.addListener(new LocalTxMonitorListener() {
            @Override
            public void acquiredAt(MsgAwaitAcquire request, MsgAcquired acquired) {
                peer.tell("mempool", "slot", String.valueOf(acquired.getSlotNo()));
                agent.getSizeAndCapacity();
                agent.sendNextMessage();
            }

            @Override
            public void onReplyGetSizes(MsgGetSizes request, MsgReplyGetSizes sizes) {
                peer.tell(
                        "sizes", "capacity", String.valueOf(sizes.getCapacityInBytes()), "size",
                        String.valueOf(sizes.getSizeInBytes()), "count", String.valueOf(sizes.getNumberOfTxs()));
                agent.nextTx();
                agent.sendNextMessage();
            }

            @Override
            public void onReplyNextTx(MsgNextTx request, MsgReplyNextTx reply) {
                if (reply.getTransaction() != null) {
                    peer.tell("tx", "tx", Peer.quoted(HexUtil.encodeHexString(reply.getTransaction())));
                    agent.nextTx();
                } else if (peer.text("--id") != null) {
                    agent.hasTx(peer.text("--id"));
                } else {
                    release();
                    return;
                }
                agent.sendNextMessage();
            }

            @Override
            public void onReplyHashTx(MsgHasTx request, MsgReplyHasTx reply) {
                peer.tell("has", "value", String.valueOf(reply.hasTx()));
                release();
            }

            private void release() {
                agent.release();
                agent.sendNextMessage();
                peer.done.countDown();
            }
        });
        begin = agent::awaitAcquire;
        return agent;
    }

    void run() {
        HandshakeAgent handshake =
                new HandshakeAgent(N2CVersionTableConstant.v15AndAbove(peer.number("--magic", 1), false));
        Agent<?> agent = switch (peer.job) {
            case "query" -> stateQuery();
            case "submit" -> txSubmission();
            case "mempool" -> mempool();
            default -> chainSync();
        };
        handshake.addListener(new HandshakeAgentListener() {
            @Override
            public void handshakeError(Reason reason) {
                boolean version = reason instanceof ReasonVersionMismatch;
                peer.tell("refused", "reason", Peer.quoted(version ? "version" : "data"));
                peer.done.countDown();
            }

            @Override
            public void handshakeOk() {
                if (peer.job.equals("handshake")) {
                    long version = handshake.getProtocolVersion().getVersionNumber() & 0x7fff;
                    peer.tell("accepted", "version", String.valueOf(version));
                    peer.done.countDown();
                } else {
                    begin.run();
                    agent.sendNextMessage();
                }
            }
        });
        new UnixSocketNodeClient(peer.text("--socket"), handshake, agent).start();
    }
}
