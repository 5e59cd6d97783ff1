#include <ouro/emulation/vices.hpp>

#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay with a vice is followed first, and an honest one with the same chain stands by.
struct Beside {
    explicit Beside(Meddler<n2n::Message> (*vice)(), std::size_t blocks = 100, ini::Config config = knowing())
        : Beside(blocks, std::move(config)) {
        bad.meddle(vice);
        begin();
    }
    explicit Beside(std::string_view vice) : Beside(find_vice(responder_vices(), vice)->make) {}

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Responder& bad;
    Responder& good;
    Initiator& node;

  private:
    Beside(std::size_t blocks, ini::Config config)
        : chain(std::make_shared<TestChain>(blocks)),
          bad(net.add<ResponderBehavior>(relay_id, serving(chain))),
          good(net.add<ResponderBehavior>(other_id, serving(chain))),
          node(net.add<InitiatorBehavior>(node_id, std::move(config))) {}
    void begin() {
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        REQUIRE(node.execute(ini::IncludePeer{other_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        REQUIRE(node.execute(ini::StartSync{}));
    }
};

/// A header every four seconds, too soon for a stall.
Meddler<n2n::Message> slow_drip() {
    return {{}, [next = Instant{}](Hand<n2n::Message>& hand, io::Send<n2n::Message> send) mutable {
                const auto* message = send.message.as<ChainSync>();
                if (message == nullptr) return hand.pass(send);
                next = std::max(next, hand.now());
                if (std::holds_alternative<ChainSync::RollForward>(*message)) next += 4s;
                hand.pass_after(next - hand.now(), std::move(send));
            }};
}

}  // namespace

TEST_CASE("An upstream whose headers break a rule is disconnected, and another one replaces it",
          "[unit][behavior][progress]") {
    const auto [vice, rule] = GENERATE(table<std::string_view, Errc>({{"unreadable_header", Errc::malformed},
                                                                      {"empty_header", Errc::malformed},
                                                                      {"repeats_header", Errc::broken_link},
                                                                      {"forward_and_back", Errc::no_progress},
                                                                      {"rolls_back_to_origin", Errc::no_progress}}));
    INFO(vice);
    Beside beside(vice);
    REQUIRE(await<ini::AtTip>(beside.net, beside.node, 10s));
    CHECK(last<ini::AtTip>(beside.node).peer == other_id);
    CHECK(followed(beside.node) == points_of(*beside.chain));
    const auto gone = told<ini::PeerDisconnected>(beside.node);
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].peer == relay_id);
    CHECK(gone[0].violation.rule == rule);
    CHECK(count<ini::RollBackward>(beside.node) <= 10);
    CHECK(count<ini::RollForward>(beside.node) <= 110);

    // It comes back and is not followed again; for as long as it lasts the user hears nothing of it.
    beside.net.run_for(10min);
    CHECK(count<ini::RollForward>(beside.node) <= 110);
}

TEST_CASE("A peer that is no root is banned if its headers break a rule", "[unit][behavior][progress]") {
    Pair pair(20);
    pair.relay.meddle(find_vice(responder_vices(), "repeats_header")->make);
    REQUIRE(pair.node.execute(ini::KnowPeers{{relay_id}}));
    pair.sync();
    REQUIRE(await<ini::PeerBanned>(pair.net, pair.node, 10s));
    CHECK(last<ini::PeerBanned>(pair.node).reason == Errc::broken_link);
    pair.net.run_for(1s);
    CHECK(last<ini::PeerDisconnected>(pair.node).point == pair.chain->point(1));
}

TEST_CASE("The only upstream may roll back ten times without a new highest block", "[unit][behavior][progress]") {
    Pair pair(100);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    for (std::uint8_t fork = 1; fork <= 10; ++fork) {
        pair.switch_fork(98, 2, fork);
        pair.net.run_for(1s);
    }
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(count<ini::RollBackward>(pair.node) == 10);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    SECTION("but not once more") {
        pair.switch_fork(98, 2, 11);
        REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node));
        CHECK(last<ini::PeerDisconnected>(pair.node).violation ==
              Violation{"chain-sync", "MustReply", "RollBackward", Errc::no_progress});
    }
    SECTION("and as often again after a new highest block") {
        pair.switch_fork(98, 3, 11);
        pair.net.run_for(1s);
        CHECK(count<ini::PeerDisconnected>(pair.node) == 1);
    }
}

TEST_CASE("A slow upstream is replaced and not blamed", "[unit][behavior][progress]") {
    const auto [vice, at_most] = GENERATE(table<std::string_view, Duration>(
        {{"drips_headers", 10s}, {"silent_after_intersect", 10s}, {"mute_chain_sync", 10s}, {"slow drip", 70s}}));
    INFO(vice);
    Beside beside(vice == "slow drip" ? &slow_drip : find_vice(responder_vices(), vice)->make);
    REQUIRE(beside.net.run_until([&] { return count<ini::AtTip>(beside.node) == 1; }, at_most));
    CHECK(last<ini::AtTip>(beside.node).peer == other_id);
    CHECK(followed(beside.node) == points_of(*beside.chain));
    CHECK(count<ini::RollBackward>(beside.node) == 0);
    CHECK(count<ini::PeerBanned>(beside.node) == 0);

    // Nor does it get its place back while the other one is at the tip.
    beside.net.run_for(10min);
    CHECK(count<ini::RollForward>(beside.node) == 100);
}

TEST_CASE("A slow upstream is followed further while no other peer has more", "[unit][behavior][progress]") {
    Pair pair(20);
    pair.relay.meddle(find_vice(responder_vices(), "drips_headers")->make);
    auto shorter = std::make_shared<TestChain>(0);
    pair.net.add<ResponderBehavior>(other_id, serving(shorter));
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.include(other_id);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 4min));
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("Slow headers behind the tip do not postpone the check of other peers for ever",
          "[unit][behavior][progress]") {
    Pair pair(100);
    RawRelay bad(pair.net, raw_id);
    pair.include(raw_id);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const auto tip = [&](ChainView::Position at) { return raw::tip(pair.chain->point(at), at); };
    bad.send(2, raw::intersect_found(Point(), tip(1)));
    bad.send(2, raw::roll_backward(Point(), tip(1)));
    for (ChainView::Position at = 1; at <= 8 && count<ini::AtTip>(pair.node) < 2; ++at) {
        bad.send(2, raw::roll_forward(TestChain::header_of(pair.chain->at(at)).cbor, tip(at)));
        bad.send(2, raw::await_reply);
        pair.net.run_for(9s);
    }
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(last<ini::AtTip>(pair.node).peer == relay_id);
}

TEST_CASE("A peer that answers with a point that the upstream has rolled back is asked again",
          "[unit][behavior][progress]") {
    Pair pair(30);
    RawRelay slow(pair.net, raw_id);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.include(raw_id);
    pair.net.run_for(1s);
    const auto asked = slow.heard(2).size();
    REQUIRE(asked > 0);
    const Point gone = pair.chain->point(30);
    pair.switch_fork(20, 5, 1);
    pair.net.run_for(1s);
    slow.send(2, raw::intersect_found(gone, raw::tip(gone, 40)));
    pair.net.run_for(1s);
    CHECK(slow.heard(2).size() > asked);
    CHECK(count<ini::RollBackward>(pair.node) == 1);
    CHECK(followed(pair.node) == points_of(*pair.chain));
}

TEST_CASE("The time limits of silent upstreams do not add up", "[unit][behavior][progress]") {
    Pair pair(100);
    const auto vice = find_vice(responder_vices(), "mute_chain_sync")->make;
    for (int i = 0; i < 10; ++i) {
        const PeerId id = PeerId::from_parts("silent" + std::to_string(i) + ".example", 3001);
        pair.net.add<ResponderBehavior>(id, serving(pair.chain)).meddle(vice);
        pair.include(id);
        REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    }
    pair.sync();
    const bool late = GENERATE(false, true);
    if (late) pair.net.run_for(6s);
    pair.include();
    REQUIRE(pair.net.run_until([&] { return count<ini::AtTip>(pair.node) == 1; }, late ? 2s : 7s));
    CHECK(followed(pair.node) == points_of(*pair.chain));
}

TEST_CASE("A header of an unknown era is no violation and is named", "[unit][behavior][unknown_era]") {
    Beside beside("unknown_era");
    REQUIRE(await<ini::AtTip>(beside.net, beside.node, 10s));
    CHECK(followed(beside.node) == points_of(*beside.chain));
    const auto gone = last<ini::PeerDisconnected>(beside.node);
    CHECK(gone.peer == relay_id);
    CHECK(gone.reason == Errc::unknown_era);
    CHECK(to_string(gone.violation) ==
          "chain-sync, CanAwait: RollForward of era 8: an era that this library does not know: a newer version may");
    CHECK(state(beside.node, relay_id).failures == 0);
    CHECK(count<ini::SyncEnded>(beside.node) == 0);
}

TEST_CASE("A sync ends when every peer sends a header of an unknown era, and none is banned",
          "[unit][behavior][unknown_era]") {
    const bool rules = GENERATE(true, false);
    Pair pair(20, rules ? knowing() : ini::Config{});
    const auto vice = find_vice(responder_vices(), "unknown_era")->make;
    pair.relay.meddle(vice);
    pair.net.add<ResponderBehavior>(other_id, serving(pair.chain)).meddle(vice);
    REQUIRE(pair.node.execute(ini::KnowPeers{{relay_id, other_id}}));
    const CommandId id = pair.sync();
    REQUIRE(await<ini::SyncEnded>(pair.net, pair.node, 10s));
    CHECK(last<ini::SyncEnded>(pair.node).command == id);
    CHECK(last<ini::SyncEnded>(pair.node).reason == Errc::unknown_era);
    CHECK(last<ini::SyncEnded>(pair.node).violation.message == "RollForward of era 8");
    CHECK(count<ini::PeerBanned>(pair.node) == 0);
    CHECK(count<ini::RollForward>(pair.node) == 0);
}
