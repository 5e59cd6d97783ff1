#include "unit/behavior/eb_relay.hpp"

using namespace cast;

namespace {

const TestEb eb(7, 100);
const TestEb eb2(8, 100);
const LeiosBitmap some = TestEb::some({0, 1, 63, 64, 99});

/// Numbered endorser blocks that a relay offers, or just has.
std::vector<TestEb> many(std::uint64_t count, std::uint32_t txs = 10) {
    std::vector<TestEb> all;
    for (std::uint64_t n = 1; n <= count; ++n) all.emplace_back(100 + n, txs);
    return all;
}

}  // namespace

TEST_CASE("An endorser block is fetched unchanged", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.relay.has(eb);
    w.include(w.relay);
    const CommandId id = w.fetch(eb);
    REQUIRE(w.await_more<ini::EbFetched>());
    const auto fetched = last<ini::EbFetched>(w.node);
    CHECK(fetched.command == id);
    CHECK(fetched.peer == relay_id);
    CHECK(fetched.block == eb.point);
    CHECK(fetched.cbor == eb.cbor());
    w.run_for(1h);
    CHECK(eb_outcomes(w.node, id) == 1);
    CHECK(w.net.held() == 9 * 2);  // requests for notifications
}

TEST_CASE("Transactions are fetched unchanged, all or only the selected ones", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.relay.has(TestEb(7, 64));  // two of the five are not in it
    w.relay.has(eb2);
    w.include(w.relay);
    const CommandId all = w.fetch_txs(eb2, some);
    REQUIRE(w.await_more<ini::EbTxsFetched>());
    CHECK(last<ini::EbTxsFetched>(w.node).command == all);
    CHECK(last<ini::EbTxsFetched>(w.node).peer == relay_id);
    CHECK(last<ini::EbTxsFetched>(w.node).block == eb2.point);
    CHECK(last<ini::EbTxsFetched>(w.node).which == some);
    CHECK(last<ini::EbTxsFetched>(w.node).txs == eb2.txs(some));

    w.relay.attends = false;
    const CommandId fewer = w.fetch_txs(eb, some);
    w.run_for(100ms);
    const LeiosBitmap three = TestEb::some({0, 1, 63});
    REQUIRE(w.relay.node.execute(
        res::Answer{w.relay.node.connections().front(), LeiosFetch::BlockTxs{eb.point, three, eb.txs(three)}}));
    REQUIRE(w.await_more<ini::EbTxsFetched>());
    CHECK(last<ini::EbTxsFetched>(w.node).command == fewer);
    CHECK(last<ini::EbTxsFetched>(w.node).which == three);
    CHECK(last<ini::EbTxsFetched>(w.node).txs == eb.txs(three));
}

TEST_CASE("Each of many requests has one outcome", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    std::vector<CommandId> ids;
    w.include(w.relay);
    w.include(w.other);
    for (const TestEb& each : many(300)) {
        w.relay.has(each);
        w.other.has(each);
        ids.push_back(w.fetch(each));
        ids.push_back(w.fetch_txs(each, TestEb::some({0, 9})));
    }
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) + count<ini::EbTxsFetched>(w.node) == 600; }, 60s));
    for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
    CHECK(count<ini::EbFetched>(w.node) == 300);
    CHECK(w.relay.asked.size() > 200);  // both had their share
    CHECK(w.other.asked.size() > 200);
}

TEST_CASE("Requests go to peers that offered the block or its transactions, and wait for them",
          "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_requests_in_flight = 1;
    EbWorld w(config);
    w.include(w.other);  // the first one, and the least busy one
    w.include(w.relay);
    const TestEb txs_only(9, 10);
    w.relay.offer(eb);
    w.relay.offer(eb2);
    w.relay.has(txs_only);
    w.relay.tell(LeiosNotify::BlockTxsOffer{txs_only.point});
    w.run_for(1s);
    w.relay.attends = false;
    w.fetch(eb);
    w.fetch(eb2);
    w.fetch_txs(eb, some);
    w.fetch_txs(txs_only, TestEb::some({1}));
    w.run_for(10s);
    CHECK(requests<LeiosFetch::BlockRequest>(w.relay.node) == 1);
    REQUIRE(w.relay.node.execute(res::Answer{w.relay.node.connections().front(), LeiosFetch::Block{eb.cbor()}}));
    w.relay.attends = true;
    w.run_for(1s);
    CHECK(requests<LeiosFetch::BlockRequest>(w.relay.node) == 2);
    CHECK(count<ini::EbFetched>(w.node) == 2);
    CHECK(count<ini::EbTxsFetched>(w.node) == 2);
    CHECK(w.other.asked.empty());

    // An offer of transactions is none of the block.
    w.other.has(txs_only);
    w.fetch(txs_only);
    REQUIRE(w.await_more<ini::EbFetched>());
    CHECK(last<ini::EbFetched>(w.node).peer == other_id);
}

TEST_CASE("A false offer disconnects only the peer that made it", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.relay);
    w.include(w.other);
    std::vector<CommandId> ids;
    for (const TestEb& each : many(10)) w.relay.tell(LeiosNotify::BlockOffer{each.point, 100});
    w.run_for(1s);
    for (const TestEb& each : many(10)) ids.push_back(w.fetch(each));
    SECTION("other peers get no request") {
        w.run_for(100s);
        CHECK(count<ini::EbFailed>(w.node) == 0);
        w.run_for(80s);
        for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
        CHECK(w.other.asked.empty());
    }
    SECTION("until they offer it too") {
        w.run_for(5s);
        CHECK(w.other.asked.empty());
        for (const TestEb& each : many(10)) w.other.offer(each);
        REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) == 10; }, 60s));
    }
    for (const auto& gone : told<ini::PeerDisconnected>(w.node)) CHECK(gone.peer == relay_id);
    CHECK(count<ini::PeerDisconnected>(w.node) >= 1);
}

TEST_CASE("A false offer requested after its peer has disconnected affects no other peer",
          "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.relay);
    w.include(w.other);
    w.relay.tell(LeiosNotify::BlockOffer{eb.point, 100});
    w.relay.tell(LeiosNotify::BlockTxsOffer{eb.point});
    w.run_for(1s);
    w.net.reach(relay_id, Reach::refuses);
    REQUIRE(w.relay.node.execute(res::DisconnectPeer{w.relay.node.connections().front()}));
    w.run_for(1s);
    w.fetch(eb);
    w.fetch_txs(eb, some);
    w.run_for(60s);
    CHECK(w.other.asked.empty());
    w.other.offer(eb);
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) + count<ini::EbTxsFetched>(w.node) == 2; }, 10s));
    for (const auto& gone : told<ini::PeerDisconnected>(w.node)) CHECK(gone.peer == relay_id);
}

TEST_CASE("Requests for false offers of a disconnected peer do not delay others",
          "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.max_eb_requests = 3;
    config.eb_requests_in_flight = 1;
    EbWorld w(config);
    w.include(w.relay);
    w.include(w.other);
    for (const TestEb& each : many(4)) w.relay.tell(LeiosNotify::BlockOffer{each.point, 100});
    w.run_for(1s);
    w.relay.attends = false;
    w.other.has(eb);
    std::vector<CommandId> ids;
    for (const TestEb& each : many(4)) ids.push_back(w.fetch(each));  // one in flight, and three
    CHECK(w.node.execute(ini::FetchEb{eb.point}).error() == Errc::queue_full);
    w.net.reach(relay_id, Reach::refuses);
    REQUIRE(w.relay.node.execute(res::DisconnectPeer{w.relay.node.connections().front()}));
    w.run_for(1s);
    w.fetch(eb);
    CHECK(eb_outcomes(w.node, ids[0]) == 1);
    CHECK(last<ini::EbFailed>(w.node).reason == Errc::no_peer);
    REQUIRE(w.await_more<ini::EbFetched>());
    CHECK(last<ini::EbFetched>(w.node).peer == other_id);
    w.run_for(200s);
    for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
}

TEST_CASE("The newest offers are remembered", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.other);
    w.include(w.relay);
    w.relay.offer(eb);
    w.relay.offer(eb2);
    const auto later = many(127);
    w.other.has(eb);
    for (const TestEb& each : later) w.relay.offer(each);
    w.run_for(60s);
    REQUIRE(count<ini::EbNotification>(w.node) == 2 * 129);
    w.fetch(eb2);  // the oldest of 256
    REQUIRE(w.await_more<ini::EbFetched>());
    CHECK(last<ini::EbFetched>(w.node).peer == relay_id);
    w.fetch(eb);
    REQUIRE(w.await_more<ini::EbFetched>());
    CHECK(last<ini::EbFetched>(w.node).peer == other_id);
}

TEST_CASE("A request with a named peer goes only to that peer", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.other);
    w.include(w.relay);
    w.other.offer(eb);
    w.relay.has(eb);
    w.run_for(1s);
    w.fetch(eb, relay_id);
    REQUIRE(w.await_more<ini::EbFetched>());
    CHECK(last<ini::EbFetched>(w.node).peer == relay_id);
    CHECK(w.node.execute(ini::FetchEb{eb.point, raw_id}).error() == Errc::unknown_peer);
    CHECK(w.node.execute(ini::FetchEbTxs{eb.point, some, raw_id}).error() == Errc::unknown_peer);

    SECTION("even if it is disconnected: it has time to return") {
        w.net.reach(relay_id, Reach::refuses);
        REQUIRE(w.relay.node.execute(res::DisconnectPeer{w.relay.node.connections().front()}));
        w.run_for(1s);
        w.fetch(eb, relay_id);
        w.run_for(60s);
        w.net.reach(relay_id, Reach::answers);
        REQUIRE(w.await_more<ini::EbFetched>(60s));
        CHECK(last<ini::EbFetched>(w.node).peer == relay_id);
    }
    SECTION("until the time limit") {
        w.net.reach(relay_id, Reach::refuses);
        REQUIRE(w.relay.node.execute(res::DisconnectPeer{w.relay.node.connections().front()}));
        w.run_for(1s);
        const Instant start = w.net.now();
        const CommandId id = w.fetch_txs(eb, some, relay_id);
        REQUIRE(w.await_more<ini::EbFailed>(200s));
        CHECK(w.net.now() == start + 120s);
        CHECK(last<ini::EbFailed>(w.node).command == id);
        CHECK(last<ini::EbFailed>(w.node).reason == Errc::no_peer);
    }
    SECTION("to none after the peer was demoted") {
        w.relay.attends = false;
        const CommandId id = w.fetch(eb, relay_id);
        w.run_for(1s);
        REQUIRE(w.node.execute(ini::DemotePeer{relay_id}));
        REQUIRE(w.await_more<ini::EbFailed>(10s));
        CHECK(last<ini::EbFailed>(w.node).command == id);
        CHECK(last<ini::EbFailed>(w.node).reason == Errc::unknown_peer);
    }
    CHECK(w.other.asked.empty());
}

TEST_CASE("A request that no peer can take in time fails", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_timeout = 30s;
    EbWorld w(config);
    const Instant start = w.net.now();
    const CommandId first = w.fetch(eb);
    w.run_for(10s);
    const CommandId second = w.fetch_txs(eb, some);
    REQUIRE(w.await_more<ini::EbFailed>(60s));
    CHECK(w.net.now() == start + 30s);
    CHECK(last<ini::EbFailed>(w.node).command == first);
    CHECK(last<ini::EbFailed>(w.node).reason == Errc::no_peer);
    REQUIRE(w.await_more<ini::EbFailed>(60s));
    CHECK(w.net.now() == start + 40s);
    CHECK(last<ini::EbFailed>(w.node).command == second);
    CHECK_FALSE(w.node.next_deadline());
}

TEST_CASE("An invalid command is refused at once", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.max_eb_requests = 3;
    EbWorld w(config);
    CHECK(w.node.execute(ini::FetchEbTxs{eb.point, {}}).error() == Errc::bad_argument);
    CHECK(w.node.execute(ini::FetchEbTxs{eb.point, LeiosBitmap({{3, 0}})}).error() == Errc::bad_argument);
    std::vector<LeiosBitmap::Window> windows;
    for (std::uint16_t i = 0; i <= LeiosBitmap::max_windows; ++i) windows.push_back({i, ~std::uint64_t{0}});
    CHECK(w.node.execute(ini::FetchEbTxs{eb.point, LeiosBitmap(windows)}).error() == Errc::bad_argument);
    windows.pop_back();
    w.fetch_txs(eb, LeiosBitmap(windows));
    w.fetch(eb);
    w.fetch(eb);
    CHECK(w.node.execute(ini::FetchEb{eb.point}).error() == Errc::queue_full);
    w.node.stop();
    CHECK(w.node.execute(ini::FetchEb{eb.point}).error() == Errc::stopped);
    CHECK(count<ini::EbFailed>(w.node) == 3);
}

TEST_CASE("The requests to a lost relay go to another one", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.relay);
    w.relay.attends = false;
    std::vector<CommandId> ids;
    for (const TestEb& each : many(15)) {
        w.other.has(each);
        ids.push_back(w.fetch(each));
    }
    w.run_for(1s);
    w.include(w.other);  // five of them go here
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) == 5; }));
    SECTION("when it is demoted") { REQUIRE(w.node.execute(ini::DemotePeer{relay_id})); }
    SECTION("when it disconnects") {
        w.net.reach(relay_id, Reach::refuses);
        REQUIRE(w.relay.node.execute(res::DisconnectPeer{w.relay.node.connections().front()}));
    }
    SECTION("when it does not answer") {
        w.run_for(61s);
        CHECK(last<ini::PeerDisconnected>(w.node).violation ==
              Violation{"leios-fetch", "Block", {}, Errc::state_timeout});
    }
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) == 15; }, 60s));
    w.run_for(200s);
    for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
    CHECK(last<ini::EbFetched>(w.node).peer == other_id);
}

TEST_CASE("A request for a block that no peer has costs two connections and does not affect the requests behind it",
          "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.relay.has(eb2);
    w.other.has(eb2);
    w.include(w.relay);
    w.include(w.other);
    const CommandId doomed = w.fetch(eb);
    std::vector<CommandId> behind;
    for (int i = 0; i < 18; ++i) behind.push_back(w.fetch(eb2));
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) == 18; }, 60s));
    REQUIRE(count<ini::EbFailed>(w.node) == 1);
    CHECK(last<ini::EbFailed>(w.node).command == doomed);
    CHECK(last<ini::EbFailed>(w.node).reason == Errc::closed_by_peer);
    for (const CommandId id : behind) CHECK(eb_outcomes(w.node, id) == 1);
    CHECK(count<ini::PeerDisconnected>(w.node) == 2);
}

TEST_CASE("When a node stops, each request has one outcome", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    w.include(w.relay);
    w.relay.attends = false;
    std::vector<CommandId> ids;
    for (const TestEb& each : many(30)) {
        ids.push_back(w.fetch(each));
        ids.push_back(w.fetch_txs(each, TestEb::some({1}), relay_id));
    }
    w.run_for(1s);
    w.node.stop();
    CHECK(count<ini::EbFailed>(w.node) == 60);
    for (const auto& failed : told<ini::EbFailed>(w.node)) CHECK(failed.reason == Errc::stopped);
    for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
    w.run_for(10s);
    CHECK(w.net.connections() == 0);
    CHECK(w.net.held() == 0);
    CHECK(count<ini::EbFailed>(w.node) == 60);
}

TEST_CASE("A user who takes no endorser blocks stops them, and no peer is blamed",
          "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_bytes = 1'000'000;
    EbWorld w(config);
    w.include(w.relay);
    const auto ebs = many(40, 3'000);  // of 105,003 bytes
    for (const TestEb& each : ebs) w.relay.offer(each);
    w.run_for(10s);
    w.node.attend(false);
    std::vector<CommandId> ids;
    for (const TestEb& each : ebs) ids.push_back(w.fetch(each));
    w.run_for(110s);
    CHECK(w.relay.asked.size() == 9);  // a tenth would be too much
    const auto pings = w.relay.node.behavior().counters().keep_alives;
    w.run_for(5s);

    // Each that is taken makes room for one.
    const auto take = [&] {
        while (true) {
            const auto event = w.node.poll_event();
            REQUIRE(event);
            if (std::holds_alternative<ini::EbFetched>(*event)) return;
        }
    };
    take();
    w.run_for(1s);
    CHECK(w.relay.asked.size() == 10);
    take();
    take();
    w.run_for(1s);
    CHECK(w.relay.asked.size() == 12);
    w.node.attend(true);
    REQUIRE(w.run_until([&] { return w.relay.asked.size() == 40; }, 10s));
    w.run_for(10s);
    CHECK(count<ini::EbFetched>(w.node) == 37);
    CHECK(count<ini::EbFailed>(w.node) == 0);
    CHECK(count<ini::PeerDisconnected>(w.node) == 0);
    CHECK(w.relay.node.behavior().counters().keep_alives > pings);
}

TEST_CASE("An answer larger than expected stays unread while no events are taken, without a time limit",
          "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_bytes = 1'000'000;
    EbWorld w(config);
    w.include(w.relay);
    const auto ebs = many(9, 15'000);  // of 525,003 bytes
    for (const TestEb& each : ebs) {
        w.relay.has(each);
        w.relay.tell(LeiosNotify::BlockOffer{each.point, 100'000});
    }
    w.run_for(10s);
    w.node.attend(false);
    for (const TestEb& each : ebs) w.fetch(each);
    w.run_for(1'800s);
    CHECK(w.relay.asked.size() == 9);
    CHECK(w.node.held() >= 7 * 525'003);  // two were taken in: more than a million bytes
    CHECK(count<ini::PeerDisconnected>(w.node) == 0);
    CHECK(w.relay.node.behavior().counters().keep_alives > 170);  // they went on all the time
    w.node.attend(true);
    REQUIRE(w.run_until([&] { return count<ini::EbFetched>(w.node) == 9; }, 10s));
    CHECK(count<ini::PeerDisconnected>(w.node) == 0);
    w.fetch(ebs[0]);
    CHECK(w.await_more<ini::EbFetched>());
}

TEST_CASE("A relay that is not read gets no requests", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_bytes = 1'000'000;
    EbWorld w(config);
    w.include(w.relay);
    const auto ebs = many(4, 15'000);  // of 525,003 bytes
    for (const TestEb& each : ebs) {
        w.relay.has(each);
        w.relay.tell(LeiosNotify::BlockOffer{each.point, 100'000});
    }
    w.run_for(10s);
    w.node.attend(false);
    while (w.node.poll_event()) {
    }
    const std::size_t before = GENERATE(2U, 3U);  // two are taken in, and are too much; a third one stays unread
    for (std::size_t i = 0; i < before; ++i) w.fetch(ebs[i]);
    w.run_for(10s);
    CHECK(std::holds_alternative<ini::EbFetched>(*w.node.poll_event()));
    w.fetch(ebs[3]);
    w.run_for(100s);
    CHECK(w.relay.asked.size() == before);  // there would be room, but not enough was taken to read on
    CHECK(std::holds_alternative<ini::EbFetched>(*w.node.poll_event()));
    w.run_for(1s);
    CHECK(w.relay.asked.size() == before + 1);
    w.node.attend(true);
    w.run_for(1s);
    CHECK(count<ini::EbFetched>(w.node) == before - 1);
    CHECK(count<ini::EbFailed>(w.node) == 0);
}

TEST_CASE("A request whose time is over when its relay is lost is not repeated", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.eb_timeout = 30s;
    EbWorld w(config);
    w.other.has(eb);
    w.include(w.relay);
    w.relay.attends = false;
    const CommandId id = w.fetch(eb);
    w.run_for(1s);
    w.include(w.other);
    REQUIRE(w.await_more<ini::EbFailed>(70s));
    CHECK(last<ini::EbFailed>(w.node).command == id);
    CHECK(last<ini::EbFailed>(w.node).reason == Errc::state_timeout);
    w.run_for(10s);
    CHECK(w.other.asked.empty());
}
