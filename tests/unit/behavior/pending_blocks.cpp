#include "support/slow_chain.hpp"
#include "unit/behavior/cast.hpp"

using namespace cast;
using support::SlowChain;

namespace {

struct Slow {
    explicit Slow(std::size_t nodes, std::size_t at_once = 1'000) : chain(std::make_shared<SlowChain>(100, at_once)) {
        res::Config config;
        config.chain = chain;
        relay = &net.add<ResponderBehavior>(relay_id, config);
        for (std::size_t i = 0; i < nodes; ++i) {
            auto& added =
                net.add<InitiatorBehavior>(PeerId::from_parts("n" + std::to_string(i) + ".example", 3001), knowing());
            REQUIRE(added.execute(ini::IncludePeer{relay_id}));
            all.push_back(&added);
        }
        net.run_for(5s);
    }
    /// Each node requests a range of its own, behind that of the one before.
    void fetch(ChainView::Position first, ChainView::Position last) {
        for (Initiator* node : all) {
            REQUIRE(node->execute(ini::RequestBlocks{chain->at(first), chain->at(last)}));
            const auto blocks = last + 1 - first;
            first += blocks;
            last += blocks;
        }
        net.run_for(1s);
    }
    /// The reads end, and the relay is woken. How many reads there were.
    std::size_t read() {
        const std::size_t reads = chain->read();
        REQUIRE(relay->execute(res::Housekeeping{}));
        net.run_for(1s);
        return reads;
    }

    SimulatedNetwork net;
    std::shared_ptr<SlowChain> chain;
    Responder* relay = nullptr;
    std::vector<Initiator*> all;
};

}  // namespace

TEST_CASE("A range continues where it was when the next block has been read", "[unit][behavior][pending_blocks]") {
    Slow s(1);
    s.fetch(3, 6);
    CHECK(count<ini::BlockReceived>(*s.all[0]) == 0);
    for (std::size_t blocks = 1; blocks <= 4; ++blocks) {
        CHECK(s.read() == 1);
        CHECK(count<ini::BlockReceived>(*s.all[0]) == blocks);
    }
    CHECK(count<ini::RangeDone>(*s.all[0]) == 1);
    std::vector<Point> got;
    for (const auto& event : told<ini::BlockReceived>(*s.all[0])) got.emplace_back(*TestChain::point_in(event.block));
    CHECK(got == std::vector{s.chain->point(3), s.chain->point(4), s.chain->point(5), s.chain->point(6)});
    CHECK(count<ini::PeerDisconnected>(*s.all[0]) == 0);
}

TEST_CASE("If few blocks can be read at once, peers take turns", "[unit][behavior][pending_blocks]") {
    Slow s(3, 1);
    s.fetch(1, 10);
    for (std::size_t turn = 1; turn <= 30; ++turn) {
        CHECK(s.read() == 1);
        for (const Initiator* node : s.all) CHECK(count<ini::BlockReceived>(*node) + 2 >= turn / 3);
    }
    for (const Initiator* node : s.all) CHECK(count<ini::RangeDone>(*node) == 1);
}

TEST_CASE("An unreadable block ends the connection with the storage's reason", "[unit][behavior][pending_blocks]") {
    Slow s(1);
    s.fetch(3, 6);
    s.chain->broken = true;
    s.read();
    CHECK(last<res::PeerDisconnected>(*s.relay).reason == Errc::file_damaged);
}

TEST_CASE("A damaged block ends its range after the blocks before it, and other peers are served",
          "[unit][behavior][pending_blocks]") {
    Slow s(2, 1'000);
    REQUIRE(s.all[0]->execute(ini::RequestBlocks{s.chain->at(3), s.chain->at(6)}));
    s.net.run_for(1s);
    for (int blocks = 0; blocks < 2; ++blocks) s.read();
    s.chain->broken = true;
    // In one instant with the error: the blocks that are queued must not be lost.
    s.read();
    CHECK(count<ini::BlockReceived>(*s.all[0]) == 2);
    const auto ends = told<res::PeerDisconnected>(*s.relay);
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].reason == Errc::file_damaged);
    CHECK(ends[0].violation.rule == Errc::none);
    CHECK(last<ini::PeerDisconnected>(*s.all[0]).reason == Errc::closed_by_peer);
    CHECK(last<ini::PeerDisconnected>(*s.all[0]).violation.rule == Errc::none);
    s.chain->broken = false;
    REQUIRE(s.all[1]->execute(ini::RequestBlocks{s.chain->at(1), s.chain->at(2)}));
    s.net.run_for(1s);
    for (int blocks = 0; blocks < 4; ++blocks) s.read();
    CHECK(count<ini::RangeDone>(*s.all[1]) == 1);
}

TEST_CASE("A peer that disconnects while its block is read is forgotten", "[unit][behavior][pending_blocks]") {
    Slow s(2, 1);
    s.fetch(3, 4);
    REQUIRE(s.all[0]->execute(ini::DemotePeer{relay_id}));
    s.net.run_for(10s);
    for (int i = 0; i < 4; ++i) s.read();
    CHECK(count<ini::RangeDone>(*s.all[1]) == 1);
}

TEST_CASE("A range rolled back while its block is read ends the connection", "[unit][behavior][pending_blocks]") {
    Slow s(1);
    s.fetch(98, 100);
    s.chain->roll_back(98);
    REQUIRE(s.relay->execute(res::ChainChanged{98}));
    s.read();
    CHECK(last<res::PeerDisconnected>(*s.relay).reason == Errc::no_blocks);
}

TEST_CASE("A follower continues when the next header has been read", "[unit][behavior][pending_blocks]") {
    Slow s(3, 1);
    s.chain->slow_headers = true;
    for (Initiator* node : s.all) REQUIRE(node->execute(ini::StartSync{}));
    s.net.run_for(1s);
    CHECK(count<ini::RollForward>(*s.all[0]) == 0);
    for (int reads = 0; reads < 400 && count<ini::AtTip>(*s.all[0]) == 0; ++reads) s.read();
    CHECK(count<ini::RollForward>(*s.all[0]) == 100);
    CHECK(count<ini::PeerDisconnected>(*s.all[0]) == 0);

    s.chain->extend(1);
    REQUIRE(s.relay->execute(res::ChainChanged{100}));
    for (int reads = 0; reads < 10; ++reads) s.read();
    for (const Initiator* node : s.all) CHECK(last<ini::RollForward>(*node).tip.point == s.chain->tip().point);
}

TEST_CASE("A chain rolled back while a header is read is followed from there", "[unit][behavior][pending_blocks]") {
    Slow s(1);
    REQUIRE(s.all[0]->execute(ini::StartSync{std::vector{s.chain->point(98)}}));
    s.chain->slow_headers = true;
    s.net.run_for(1s);
    SECTION("below the follower") {
        s.chain->roll_back(90);
        REQUIRE(s.relay->execute(res::ChainChanged{90}));
    }
    SECTION("to the follower's position") {
        s.chain->roll_back(98);
        REQUIRE(s.relay->execute(res::ChainChanged{98}));
    }
    s.net.run_for(1s);
    s.chain->extend(5);
    REQUIRE(s.relay->execute(res::ChainChanged{s.chain->size() - 5}));
    for (int reads = 0; reads < 20; ++reads) s.read();
    CHECK(last<ini::RollForward>(*s.all[0]).tip.point == s.chain->tip().point);
    CHECK(count<ini::PeerDisconnected>(*s.all[0]) == 0);
}

TEST_CASE("An unreadable header ends the connection with the storage's reason", "[unit][behavior][pending_blocks]") {
    Slow s(1);
    s.chain->slow_headers = true;
    REQUIRE(s.all[0]->execute(ini::StartSync{}));
    s.net.run_for(1s);
    s.chain->broken = true;
    s.read();
    CHECK(last<res::PeerDisconnected>(*s.relay).reason == Errc::file_damaged);
}
