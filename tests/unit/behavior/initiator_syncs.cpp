// Several syncs of one initiator, each with an upstream of its own.

#include "unit/behavior/raw.hpp"
#include "unit/behavior/sync_events.hpp"

using namespace cast;

namespace {

/// Two relays with the same chain, both hot.
struct Two : Pair {
    explicit Two(std::size_t blocks, const ini::Config& config = knowing())
        : Pair(blocks, config), other(net.add<ResponderBehavior>(other_id, serving(chain))) {
        for (const PeerId& peer : {relay_id, other_id}) {
            include(peer);
            REQUIRE(await<ini::PeerInitialized>(net, node));
        }
    }
    CommandId sync_from(ChainView::Position position, std::optional<bool> automatic = {}) {
        return *node.execute(ini::StartSync{chain->point(position), false, automatic});
    }
    void extend_both(std::size_t blocks) {
        const auto common = chain->size();
        chain->extend(blocks);
        REQUIRE(relay.execute(res::ChainChanged{common}));
        REQUIRE(other.execute(res::ChainChanged{common}));
    }
    void lose(Responder& peer, const PeerId& id) {
        net.reach(id, Reach::refuses);
        for (const auto& client : peer.behavior().peers())
            REQUIRE(peer.execute(res::DisconnectPeer{client.connection}));
    }

    Responder& other;
};

/// Questions for an intersection that the relay has received.
std::size_t questions(RawRelay& relay) {
    const auto heard = relay.heard(2);
    std::size_t n = 0;
    for (std::size_t i = 0; i + 2 < heard.size(); ++i)
        n += heard[i] == 0x82 && heard[i + 1] == 0x04 && (heard[i + 2] == 0x9f || heard[i + 2] >> 5 == 4) ? 1 : 0;
    return n;
}

}  // namespace

TEST_CASE("Two syncs from different points follow one relay each", "[unit][behavior][syncs]") {
    Two two(50);
    const CommandId a = two.sync_from(0), b = two.sync_from(30);
    CHECK(a != b);
    two.net.run_for(2s);
    CHECK(last_of<ini::AtTip>(two.node, a).peer == relay_id);
    CHECK(last_of<ini::AtTip>(two.node, b).peer == other_id);
    CHECK(followed(two.node, a) == points_of(*two.chain));
    CHECK(followed(two.node, b) == points_of(*two.chain, 30));
    two.extend_both(400);  // more than a window
    two.net.run_for(20s);
    CHECK(followed(two.node, a) == points_of(*two.chain));
    CHECK(followed(two.node, b) == points_of(*two.chain, 30));
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
}

TEST_CASE("A sync without a free peer waits, and begins when another one ends", "[unit][behavior][syncs]") {
    Pair pair(50);
    pair.include();
    const bool owes = GENERATE(false, true);
    const CommandId a = *pair.node.execute(ini::StartSync{{}, false, owes});
    const CommandId b = pair.sync({pair.chain->point(40)});
    pair.net.run_for(2min);
    CHECK(count_of<ini::Intersected>(pair.node, b) == 0);
    REQUIRE(count<ini::Stalled>(pair.node) == 1);
    CHECK_FALSE(last<ini::Stalled>(pair.node).peer);
    CHECK(last<ini::Stalled>(pair.node).command == b);

    REQUIRE(pair.node.execute(ini::StopSync{a}));
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 20s));
    CHECK(last<ini::AtTip>(pair.node).command == b);
    CHECK(followed(pair.node, b) == points_of(*pair.chain, 40));
    // A relay that owes headers to the ended sync is dialled again; one that owes none is used at once.
    CHECK(count<ini::PeerDisconnected>(pair.node) == (owes ? 1 : 0));
    CHECK(followed(pair.node, a) == (owes ? points_of(*pair.chain) : std::vector{Point()}));
}

TEST_CASE("A sync begins with the next peer that becomes hot", "[unit][behavior][syncs]") {
    Pair pair(20);
    pair.net.add<ResponderBehavior>(other_id, serving(pair.chain));
    pair.include();
    const CommandId a = pair.sync(), b = pair.sync();
    pair.net.run_for(1s);
    CHECK(count_of<ini::AtTip>(pair.node, a) == 1);
    CHECK(count_of<ini::Intersected>(pair.node, b) == 0);
    pair.include(other_id);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(last_of<ini::AtTip>(pair.node, b).peer == other_id);
    CHECK(last_of<ini::AtTip>(pair.node, a).peer == relay_id);
}

TEST_CASE("A sync that loses its upstream leaves the upstream of another sync alone", "[unit][behavior][syncs]") {
    Two two(20);
    const CommandId a = two.sync_from(0), b = two.sync_from(10);
    two.net.run_for(1s);
    REQUIRE(last_of<ini::AtTip>(two.node, a).peer == relay_id);
    two.lose(two.relay, relay_id);
    two.net.run_for(20s);
    two.extend_both(5);
    two.net.run_for(40s);
    CHECK(followed(two.node, a).size() == 21);
    CHECK(followed(two.node, b) == points_of(*two.chain, 10));
    REQUIRE(count<ini::Stalled>(two.node) == 1);
    CHECK(last<ini::Stalled>(two.node).command == a);
    CHECK(count_of<ini::SyncEnded>(two.node, a) == 0);

    SECTION("its upstream comes back") {
        two.net.reach(relay_id, Reach::answers);
        REQUIRE(await<ini::AtTip>(two.net, two.node, 5min));
        CHECK(last_of<ini::AtTip>(two.node, a).peer == relay_id);
    }
    SECTION("the other sync ends") {
        REQUIRE(two.node.execute(ini::StopSync{b}));
        REQUIRE(await<ini::AtTip>(two.net, two.node, 20s));
        CHECK(last_of<ini::AtTip>(two.node, a).peer == other_id);
    }
    CHECK(followed(two.node, a) == points_of(*two.chain));
    CHECK(count_of<ini::RollBackward>(two.node, a) == 0);
}

TEST_CASE("Each sync has its own credit", "[unit][behavior][syncs]") {
    ini::Config config = knowing();
    config.automatic = GENERATE(false, true);
    Two two(50, config);
    const CommandId automatic = two.sync_from(0, true), manual = two.sync_from(0, false);
    two.net.run_for(5s);
    CHECK(count_of<ini::RollForward>(two.node, automatic) == 50);
    CHECK(count_of<ini::RollForward>(two.node, manual) == 0);
    REQUIRE(two.node.execute(ini::ContinueSync{5, manual}));
    REQUIRE(two.node.execute(ini::ContinueSync{7, automatic}));
    two.net.run_for(5s);
    CHECK(count_of<ini::RollForward>(two.node, manual) == 5);
    CHECK(two.node.execute(ini::ContinueSync{1}).error() == Errc::bad_argument);  // of which?
    CHECK(two.node.execute(ini::ContinueSync{1, CommandId{1'000}}).error() == Errc::bad_argument);
    REQUIRE(two.node.execute(ini::StopSync{automatic}));
    REQUIRE(two.node.execute(ini::ContinueSync{2}));  // of the only one
    two.net.run_for(5s);
    CHECK(count_of<ini::RollForward>(two.node, manual) == 7);
}

TEST_CASE("A full window stops only its own sync", "[unit][behavior][syncs]") {
    ini::Config config = knowing();
    config.sync_window = 10;
    Two two(100, config);
    two.node.attend(false);
    const CommandId a = two.sync_from(0), b = two.sync_from(50);
    two.net.run_for(10s);
    // The user takes what there is, and no more of the first sync than that.
    std::size_t taken_a = 0, taken_b = 0;
    while (const auto event = two.node.poll_event()) {
        const auto* forward = std::get_if<ini::RollForward>(&*event);
        if (forward && forward->command == a) ++taken_a;
        if (forward && forward->command == b) ++taken_b;
    }
    CHECK(taken_a == 10);
    CHECK(taken_b == 10);
    two.net.run_for(10s);
    CHECK(two.relay.behavior().counters().headers <= 20);
    CHECK(two.other.behavior().counters().headers <= 20);
}

TEST_CASE("A sync is stopped by its id", "[unit][behavior][syncs]") {
    Two two(20);
    const CommandId a = two.sync_from(0), b = two.sync_from(10);
    two.net.run_for(1s);
    CHECK(two.node.execute(ini::StopSync{}).error() == Errc::bad_argument);
    CHECK(two.node.execute(ini::StopSync{CommandId{1'000}}).error() == Errc::bad_argument);
    CHECK(count<ini::SyncEnded>(two.node) == 0);
    REQUIRE(two.node.execute(ini::StopSync{a}));
    REQUIRE(count<ini::SyncEnded>(two.node) == 1);
    CHECK(last<ini::SyncEnded>(two.node).command == a);
    CHECK(two.node.execute(ini::StopSync{a}).error() == Errc::bad_argument);
    two.extend_both(5);
    two.net.run_for(5s);
    CHECK(followed(two.node, b) == points_of(*two.chain, 10));
    CHECK(count_of<ini::RollForward>(two.node, a) == 20);
    REQUIRE(two.node.execute(ini::StopSync{}));
    CHECK(last<ini::SyncEnded>(two.node).command == b);
}

TEST_CASE("No more syncs run than the config allows", "[unit][behavior][syncs]") {
    ini::Config config = knowing();
    std::size_t most = 8;
    SECTION("by default eight") {}
    SECTION("as the config says") { most = config.max_syncs = 2; }
    Pair pair(5, config);
    std::vector<CommandId> all;
    for (std::size_t i = 0; i < most; ++i) all.push_back(pair.sync());
    CHECK(pair.node.execute(ini::StartSync{}).error() == Errc::queue_full);
    REQUIRE(pair.node.execute(ini::StopSync{all.front()}));
    pair.sync();
    CHECK(pair.node.execute(ini::StartSync{}).error() == Errc::queue_full);
}

TEST_CASE("A peer on standby is asked by one sync after the other, and each answer is for the one that asked",
          "[unit][behavior][syncs]") {
    Two two(20);
    RawRelay raw(two.net, raw_id);
    const CommandId a = two.sync_from(5), b = two.sync_from(10);
    two.net.run_for(1s);
    two.include(raw_id);
    REQUIRE(await<ini::PeerInitialized>(two.net, two.node));
    two.net.run_for(1s);
    REQUIRE(questions(raw) == 1);  // both syncs are at their tip, and only one can ask
    const ByteVector tip = raw::tip(two.chain->point(20), 20);

    SECTION("an answer for one is none for the other") {
        raw.send(2, raw::intersect_found(two.chain->point(10), tip));  // the first sync asked from 5 on
        two.net.run_for(1s);
        CHECK(last<ini::PeerDisconnected>(two.node).peer == raw_id);
        CHECK(last<ini::PeerDisconnected>(two.node).violation.rule == Errc::wrong_intersection);
    }
    SECTION("neither takes a peer that has no more") {
        raw.send(2, raw::intersect_found(two.chain->point(20), tip));
        two.net.run_for(1s);
        CHECK(questions(raw) == 2);
        raw.send(2, raw::intersect_not_found(tip));
        two.net.run_for(1s);
        CHECK(questions(raw) == 2);
        CHECK(count<ini::PeerDisconnected>(two.node) == 0);
    }
    SECTION("a second answer is one too many") {
        raw.send(2, raw::join({raw::intersect_found(two.chain->point(20), tip), raw::intersect_found(Point(), tip),
                               raw::intersect_found(Point(), tip)}));
        two.net.run_for(1s);
        CHECK(last<ini::PeerDisconnected>(two.node).peer == raw_id);
    }
    SECTION("a peer that claims more is taken by the sync that asked") {
        raw.send(2, raw::intersect_found(two.chain->point(20), raw::tip(TestChain::made_up(25, 1), 25)));
        two.net.run_for(1s);
        REQUIRE(count<ini::PeerDisconnected>(two.node) == 1);  // the former upstream, which owed headers
        CHECK(last<ini::PeerDisconnected>(two.node).peer == relay_id);
        two.net.run_for(1min);
    }
    two.extend_both(3);
    two.net.run_for(2min);
    CHECK(followed(two.node, a) == points_of(*two.chain, 5));
    CHECK(followed(two.node, b) == points_of(*two.chain, 10));
    CHECK(last_of<ini::RollForward>(two.node, b).peer == other_id);
    CHECK(count<ini::RollBackward>(two.node) == 0);
}

TEST_CASE("A peer that does not have the chain of one sync serves another", "[unit][behavior][syncs]") {
    Pair pair(30);
    pair.include();
    const CommandId wrong = pair.sync({TestChain::made_up(5, 1)});
    const CommandId right = pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 5s));
    CHECK(last<ini::AtTip>(pair.node).command == right);
    CHECK(count_of<ini::NoIntersection>(pair.node, wrong) == 1);
}

TEST_CASE("A sync does not end for want of an intersection before the peers of other syncs were asked",
          "[unit][behavior][syncs]") {
    Two two(30);
    const CommandId busy = two.sync_from(0, false);
    const CommandId b = two.sync({TestChain::made_up(5, 1)});
    two.net.run_for(10s);
    CHECK(count<ini::NoIntersection>(two.node) == 0);
    REQUIRE(last_of<ini::Intersected>(two.node, busy).peer == relay_id);
    SECTION("the busy one is asked when it is free") {
        REQUIRE(two.node.execute(ini::StopSync{busy}));
        REQUIRE(await<ini::NoIntersection>(two.net, two.node));
        CHECK(last<ini::NoIntersection>(two.node).command == b);
        CHECK(last<ini::NoIntersection>(two.node).peer == relay_id);
    }
    SECTION("three refusals are enough") {
        for (int i = 0; i < 2; ++i) {
            const PeerId id = PeerId::from_parts("more" + std::to_string(i) + ".example", 3001);
            two.net.add<ResponderBehavior>(id, serving(two.chain));
            CHECK(count<ini::NoIntersection>(two.node) == 0);
            two.include(id);
            two.net.run_for(1s);
        }
        CHECK(count<ini::NoIntersection>(two.node) == 1);
    }
    SECTION("one that comes has it") {
        auto fork = std::make_shared<TestChain>(4);
        fork->extend(4, 1);
        const PeerId id = PeerId::from_parts("fork.example", 3001);
        two.net.add<ResponderBehavior>(id, serving(fork));
        two.include(id);
        REQUIRE(await<ini::AtTip>(two.net, two.node));
        CHECK(last<ini::AtTip>(two.node).command == b);
        CHECK(followed(two.node, b) == points_of(*fork, 5));
    }
}

TEST_CASE("A silent upstream of one sync is replaced, and another sync does not notice", "[unit][behavior][syncs]") {
    Two two(40);
    RawRelay raw(two.net, raw_id);
    two.lose(two.other, other_id);
    two.include(raw_id);
    REQUIRE(await<ini::PeerInitialized>(two.net, two.node));
    const CommandId a = two.sync_from(0), b = two.sync_from(20);
    two.net.run_for(2s);
    REQUIRE(count_of<ini::AtTip>(two.node, a) == 1);
    REQUIRE(questions(raw) == 1);  // of b, and raw is silent
    two.net.reach(other_id, Reach::answers);
    REQUIRE(await<ini::AtTip>(two.net, two.node, 5min));
    CHECK(last<ini::AtTip>(two.node).command == b);
    CHECK(followed(two.node, a) == points_of(*two.chain));
    CHECK(followed(two.node, b) == points_of(*two.chain, 20));
    CHECK(count_of<ini::RollBackward>(two.node, a) == 0);
}

TEST_CASE("The answer to a sync that has ended means nothing to the others", "[unit][behavior][syncs]") {
    Two two(20);
    RawRelay raw(two.net, raw_id);
    const CommandId a = two.sync_from(5), b = two.sync_from(10);
    two.net.run_for(1s);
    two.include(raw_id);
    REQUIRE(await<ini::PeerInitialized>(two.net, two.node));
    two.net.run_for(1s);
    REQUIRE(questions(raw) == 1);
    REQUIRE(two.node.execute(ini::StopSync{a}));
    raw.send(2, raw::intersect_found(two.chain->point(5), raw::tip(TestChain::made_up(90, 1), 90)));
    two.net.run_for(1s);
    CHECK(last_of<ini::AtTip>(two.node, b).peer == other_id);
    CHECK(count_of<ini::RollBackward>(two.node, b) == 0);
    REQUIRE(questions(raw) == 2);  // the other sync wanted to ask, and does so now
    raw.send(2, raw::intersect_found(two.chain->point(20), raw::tip(two.chain->point(20), 20)));
    two.extend_both(2);
    two.net.run_for(5s);
    CHECK(followed(two.node, b) == points_of(*two.chain, 10));
}

TEST_CASE("The upstream of one sync is not replaced because another sync has no use for it",
          "[unit][behavior][syncs]") {
    Pair pair(30);
    auto fork = std::make_shared<TestChain>(4);
    fork->extend(4, 1);
    auto& other = pair.net.add<ResponderBehavior>(other_id, serving(fork));
    pair.include(other_id);
    const CommandId forked = pair.sync({fork->point(5)});
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.net.reach(other_id, Reach::refuses);
    REQUIRE(other.execute(res::DisconnectPeer{other.behavior().peers().at(0).connection}));
    const CommandId id = pair.sync();
    REQUIRE(pair.node.execute(ini::KnowPeers{{relay_id}}));  // no root, and asked by the first sync first
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.extend(3);
    pair.net.run_for(5s);
    CHECK(followed(pair.node, id) == points_of(*pair.chain));
    CHECK(followed(pair.node, forked) == points_of(*fork, 5));
    CHECK(state(pair.node, relay_id).temperature == Temperature::hot);
}
