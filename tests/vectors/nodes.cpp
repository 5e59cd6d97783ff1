#include <stdexcept>

#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/chain/tx.hpp>

#include "vectors/scenes.hpp"

namespace vectors {

namespace {

using emulation::SimulatedNetwork;
using emulation::SimulatedNode;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

constexpr NetworkMagic magic{42};

VersionOffer one_way() { return {n2n::default_versions(), {magic, true, false, false, false}}; }
VersionOffer both_ways() { return {n2n::default_versions(), {magic, false, false, false, false}}; }

/// A node that serves a made-up chain, and one that dials it through the recorder.
struct Pair {
    explicit Pair(SimulatedNetwork& network, bool dial = true) : Pair(network, one_way(), both_ways(), dial) {}
    Pair(SimulatedNetwork& network, VersionOffer client_offer, VersionOffer server_offer = both_ways(),
         bool dial = true)
        : net(network) {
        chain::SyntheticChain::Options options;
        options.blocks = 6;
        options.block_bytes = 520;
        options.header_bytes = 470;
        chain = std::make_shared<chain::SyntheticChain>(options);
        res::Config serving;
        serving.offer = std::move(server_offer);
        serving.chain = chain;
        serving.rules = chain::cardano_rules();
        serving.pull_txs = true;
        serving.tx_delay = {};
        serving.shareable = [] {
            return std::vector{PeerId::from_parts("192.0.2.10", 3001), PeerId::from_parts("192.0.2.11", 3002),
                               PeerId::from_parts("2001:db8::1", 3003)};
        };
        server = &net.add<ResponderBehavior>(server_id, serving);
        ini::Config config;
        config.offer = std::move(client_offer);
        config.sync_window = 4;
        config.rules = chain::cardano_rules();
        client = &net.add<InitiatorBehavior>(client_id, config);
        if (dial) run(ini::IncludePeer{recorder_id});
        if (dial) net.run_for(100ms);
    }

    void run(ini::Command command) const {
        if (!client->execute(std::move(command))) throw std::logic_error("a command is refused");
    }
    void changed(ChainView::Position common) const {
        if (!server->execute(res::ChainChanged{common})) throw std::logic_error("a command is refused");
    }
    [[nodiscard]] BlockPoint at(ChainView::Position position) const {
        const Point point = chain->point(position);
        return {point.slot(), point.hash()};
    }
    void stop(Duration after = 1s) const {
        net.run_for(after);
        client->stop();
        net.run_for(10s);
    }

    SimulatedNetwork& net;
    std::shared_ptr<chain::SyntheticChain> chain;
    SimulatedNode<ResponderBehavior>* server = nullptr;
    SimulatedNode<InitiatorBehavior>* client = nullptr;
};

BlockPoint unknown() {
    BlockPoint point{Slot{100}, {}};
    point.hash.fill(0xab);
    return point;
}

}  // namespace

std::vector<Scene> scenes_of_nodes() {
    const VersionOffer sharing{n2n::default_versions(), {magic, false, true, false, false}};
    return {
        {"n2n-handshake", "a handshake, a ping, and Done", "15",
         [](SimulatedNetwork& net, Recorder&) { Pair(net).stop(); }},
        {"n2n-handshake-no-common-version", "the client proposes 14, the server has 15: VersionMismatch", "none",
         [](SimulatedNetwork& net, Recorder&) {
             Pair(net, {{n2n::version_14}, one_way().data}, {{n2n::version_15}, both_ways().data}).stop();
         }},
        {"n2n-handshake-other-network", "the client's network magic is 43, the server's 42: Refused", "none",
         [](SimulatedNetwork& net, Recorder&) {
             Pair(net, {n2n::default_versions(), {NetworkMagic{43}, true, false, false, false}}).stop();
         }},
        {"n2n-handshake-query", "the client queries the versions: QueryReply", "none",
         [](SimulatedNetwork& net, Recorder&) {
             Pair(net, {n2n::default_versions(), {magic, true, false, true, false}}).stop();
         }},
        {"n2n-handshake-silent-client", "a client that sends nothing: the server ends the connection after 10 s",
         "none",
         [](SimulatedNetwork& net, Recorder& recorder) {
             const Pair pair(net, false);
             recorder.silence_client();
             net.run_for(20s);
         }},
        {"n2n-handshake-silent-server", "a server that sends nothing: the client ends the connection after 10 s",
         "none",
         [](SimulatedNetwork& net, Recorder& recorder) {
             recorder.silence_server();
             const Pair pair(net);
             net.run_for(10s);
             pair.client->stop();
         }},
        {"n2n-chain-sync",
         "chain-sync from the origin: six headers, AwaitReply, a new block, and a roll-backward to the fourth block "
         "with a longer fork",
         "15",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             pair.run(ini::StartSync{});
             net.run_for(1s);
             pair.chain->extend(1);
             pair.changed(6);
             net.run_for(1s);
             pair.chain->roll_back(4);
             pair.chain->extend(4);
             pair.changed(4);
             pair.stop();
         }},
        {"n2n-chain-sync-point", "chain-sync from the third block, after a point that the server does not have", "15",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             pair.run(ini::StartSync{{Point(unknown()), pair.chain->point(3)}});
             pair.stop();
         }},
        {"n2n-chain-sync-not-found", "chain-sync from a point that the server does not have: IntersectNotFound", "15",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             pair.run(ini::StartSync{Point(unknown())});
             pair.stop();
         }},
        {"n2n-block-fetch", "block-fetch: a range of four blocks, one that is not there, and one of one block", "15",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             pair.run(ini::RequestBlocks{pair.at(1), pair.at(4)});
             pair.run(ini::RequestBlocks{unknown(), unknown()});
             pair.run(ini::RequestBlocks{pair.at(6), pair.at(6)});
             pair.stop();
         }},
        {"n2n-tx-submission", "tx-submission: three transactions are announced, requested, sent and acknowledged", "15",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             for (const char* const body : {"84a10201a0f5f6", "84a10202a0f5f6", "84a10203a0f5f6"}) {
                 const Tx tx{Era::conway, *from_hex(body)};
                 pair.run(ini::SubmitTx{*chain::tx_id(tx), tx});
             }
             pair.stop();
         }},
        {"n2n-keep-alive", "keep-alive for 35 s, and Done", "15",
         [](SimulatedNetwork& net, Recorder&) { Pair(net).stop(35s); }},
        {"n2n-peer-sharing", "peer-sharing: ten addresses are requested and three returned", "15",
         [sharing](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net, sharing, sharing);
             pair.run(ini::AskPeers{recorder_id, 10});
             pair.stop();
         }},
    };
}

}  // namespace vectors
