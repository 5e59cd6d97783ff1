#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A node that follows a relay which will offend, while another one stands by.
struct Offended {
    explicit Offended(ini::Config config = knowing())
        : good(net.add<ResponderBehavior>(relay_id, serving(chain))),
          bad(net, raw_id),
          node(net.add<InitiatorBehavior>(node_id, patient(std::move(config)))) {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        REQUIRE(node.execute(ini::StartSync{}));
        net.run_for(1s);
        CHECK(bad.heard(2) == raw::find_intersect({Point()}));
    }

    /// One that claims a tip and does not tell of it would be left for that.
    static ini::Config patient(ini::Config config) {
        config.tip_check = {};
        return config;
    }
    void send(std::uint16_t channel, const ByteVector& messages) {
        bad.send(channel, messages);
        net.run_for(100ms);
    }
    [[nodiscard]] ByteVector tip() const { return raw::tip(chain->tip().point, chain->size()); }
    void find() { send(2, raw::intersect_found(Point(), tip())); }
    void forward(ChainView::Position p) { send(2, raw::roll_forward(TestChain::header_of(chain->at(p)).cbor, tip())); }
    void fetch(ChainView::Position first, ChainView::Position last) {
        REQUIRE(node.execute(ini::RequestBlocks{chain->at(first), chain->at(last)}));
        net.run_for(100ms);
        CHECK(bad.heard(3) == raw::request_range(chain->point(first), chain->point(last)));
    }
    /// Lets the relay wait at the tip, and a ping without an answer.
    void ping() {
        find();
        send(2, raw::join({raw::roll_backward(Point(), tip()), raw::await_reply}));
        bad.pongs = false;
        net.run_for(10s);
        CHECK(bad.pings() == 2);
    }
    void block(ChainView::Position p) { send(3, raw::block(*chain->block(p))); }

    /// The connection has ended for this reason, nothing of it is left, and the other relay has taken over.
    void check(Errc reason, const Violation& violation) {
        REQUIRE(net.run_until([&] { return count<ini::PeerDisconnected>(node) == 1; }, 15s));
        const auto gone = last<ini::PeerDisconnected>(node);
        CHECK(gone.peer == raw_id);
        CHECK(gone.reason == reason);
        CHECK(gone.violation == violation);
        CHECK(gone.retry_at);
        net.run_for(1s);
        if (violation.rule != Errc::none) CHECK(bad.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 2);
        CHECK(net.held() == 0);
        CHECK(followed(node) == points_of(*chain));
        chain->extend(3);
        REQUIRE(good.execute(res::ChainChanged{chain->size() - 3}));
        REQUIRE(node.execute(ini::RequestBlocks{chain->at(1), chain->at(5)}));
        net.run_for(1s);
        CHECK(followed(node) == points_of(*chain));
        CHECK(last<ini::RangeDone>(node).peer == relay_id);
    }
    /// The same of what is known before a machine sees it.
    void check(Errc reason, std::string_view protocol = {}) { check(reason, {protocol, {}, {}, reason}); }
    /// The same of an item that is refused before anybody knows which message it would be.
    void check(Errc reason, std::string_view protocol, std::string_view state, std::size_t offset) {
        check(reason, {protocol, state, {}, reason, offset});
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(20);
    Responder& good;
    RawRelay bad;
    Initiator& node;
};

ByteVector big_forward(std::size_t bytes) {
    // 4 for the array, the number and the inner array, 1 for the era, 2 + 3 for tag and head, 3 for the tip at the
    // origin.
    const Header header = TestChain::header_of(TestChain::made_up(1), bytes - 12);
    const ByteVector message = raw::roll_forward(header.cbor, raw::bytes("828000"));
    REQUIRE(message.size() == bytes);
    return message;
}
ByteVector big_block(std::size_t bytes) {
    const ByteVector message = raw::block(ByteVector(bytes - (bytes > 65'542 ? 9 : 7), 0));
    REQUIRE(message.size() == bytes);
    return message;
}

}  // namespace

TEST_CASE("A relay that breaks a rule of the multiplexer is disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("a segment without payload") {
        o.bad.connection().send(8, true, {});
        o.check(Errc::empty_segment, "keep-alive");
    }
    SECTION("an unknown number") {
        const std::uint16_t number = GENERATE(as<std::uint16_t>(), 1, 99, 0x7fff);
        o.bad.send(number, raw::pong(1));
        o.check(Errc::unknown_protocol);
    }
    SECTION("a mini-protocol that was not agreed") {
        const auto [channel, protocol] =
            GENERATE(table<std::uint16_t, std::string_view>({{10, "peer-sharing"}, {18, "leios-notify"}}));
        o.bad.send(channel, raw::pong(1));
        o.check(Errc::unknown_protocol, protocol);
    }
    SECTION("another handshake") {
        o.bad.send(0, raw::accept());
        o.check(Errc::unknown_protocol, "handshake");
    }
    SECTION("blocks before a request") {
        o.bad.send(3, raw::start_batch);
        o.check(Errc::unknown_protocol, "block-fetch");
    }
    SECTION("a request to a node without responders") {
        o.bad.connection().send(8, false, raw::ping(1));
        o.check(Errc::wrong_direction, "keep-alive");
    }
    SECTION("more than a queue may hold") {
        o.bad.send(8, raw::repeat(raw::pong(1), 469));
        CHECK(o.node.held() == 0);
        o.net.run_for(100ms);
        CHECK(o.node.held() == 1'407);  // our ping is not due, so they are not read
        o.bad.send(8, raw::bytes("8201"));
        o.check(Errc::ingress_overflow, "keep-alive");
    }
}

TEST_CASE("A relay that sends a malformed message is disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("chain-sync") {
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"8108", 1},
                                                                                {"820900", 1},
                                                                                {"00", 0},
                                                                                {"f6", 0},
                                                                                {"9f06828000ff", 0},
                                                                                {"830682800000", 0},
                                                                                {"8206820000", 3},
                                                                                {"ff", 0},
                                                                                {"8206ff", 2}}));
        o.bad.send(2, raw::bytes(digits));
        o.check(Errc::malformed, "chain-sync", "Intersect", offset);
    }
    SECTION("keep-alive") {
        o.ping();
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>(
            {{"8101", 0}, {"820120", 2}, {"83010100", 0}, {"82011a00010000", 2}, {"820141ff", 2}}));
        o.bad.send(8, raw::bytes(digits));
        o.check(Errc::malformed, "keep-alive", "Server", offset);
    }
    SECTION("block-fetch") {
        o.fetch(1, 5);
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"8204d8185f4100ff", 4},
                                                                                {"82048100", 2},
                                                                                {"8204d81800", 4},
                                                                                {"82044100", 2},
                                                                                {"8204d8194100", 2},
                                                                                {"8106", 1},
                                                                                {"820500", 0}}));
        o.bad.send(3, raw::join({raw::start_batch, raw::bytes(digits)}));
        o.check(Errc::malformed, "block-fetch", "Streaming", offset);
    }
    SECTION("an item nested without end") {
        o.bad.send(2, ByteVector(60'000, 0x81));
        o.check(Errc::depth_exceeded, "chain-sync", "Intersect", 256);
    }
}

TEST_CASE("A message may have the limit of its state and not a byte more", "[unit][behavior][offence]") {
    Offended o;
    SECTION("a header of 65,535 bytes in all") {
        o.find();
        o.send(2, raw::roll_backward(Point(), o.tip()));
        o.send(2, big_forward(65'535));
        CHECK(count<ini::RollForward>(o.node) == 1);
        CHECK(count<ini::PeerDisconnected>(o.node) == 0);
    }
    SECTION("one byte more") {
        o.find();
        o.bad.send(2, big_forward(65'536), 40'000);
        o.check(Errc::message_too_large, "chain-sync", "CanAwait", 65'535);
    }
    SECTION("one whose head claims to be larger") {
        o.bad.send(2, raw::bytes("830282065a00ffffff"));
        o.check(Errc::message_too_large, "chain-sync", "Intersect", 65'535);
    }
    SECTION("a block of 2,500,000 bytes in all") {
        o.fetch(1, 1);
        o.bad.send(3, raw::join({raw::start_batch, raw::block(TestChain::block_of(o.chain->at(1), 2'499'991)),
                                 raw::batch_done}));
        o.net.run_for(1s);
        CHECK(count<ini::RangeDone>(o.node) == 1);
        CHECK(last<ini::BlockReceived>(o.node).block.size() == 2'499'991);
    }
    SECTION("one byte more") {
        o.fetch(1, 1);
        o.bad.send(3, raw::join({raw::start_batch, big_block(2'500'001)}));
        o.check(Errc::message_too_large, "block-fetch", "Streaming", 2'500'000);
    }
    SECTION("a large one where only a small one may come") {
        o.fetch(1, 1);
        o.bad.send(3, big_block(65'536));
        o.check(Errc::message_too_large, "block-fetch", "Busy", 65'535);
    }
    SECTION("a block right behind the batch's start, in the same segment") {
        o.fetch(1, 1);
        const ByteVector batch =
            raw::join({raw::start_batch, raw::block(TestChain::block_of(o.chain->at(1), 200'000)), raw::batch_done});
        o.bad.send(3, batch);
        o.net.run_for(1s);
        CHECK(count<ini::RangeDone>(o.node) == 1);
    }
}

TEST_CASE("A relay that sends a message out of turn is disconnected", "[unit][behavior][offence]") {
    Offended o;
    const auto out_of_turn = [&](std::string_view protocol, std::string_view state, std::string_view message) {
        o.check(Errc::out_of_turn, {protocol, state, message, Errc::out_of_turn});
    };
    SECTION("a header in place of an intersection") {
        o.forward(1);
        out_of_turn("chain-sync", "Intersect", "RollForward");
    }
    SECTION("a request of its own") {
        o.send(2, raw::request_next);
        out_of_turn("chain-sync", "Intersect", "RequestNext");
    }
    SECTION("a second intersection") {
        o.find();
        o.find();
        out_of_turn("chain-sync", "CanAwait", "IntersectFound");
    }
    SECTION("a second AwaitReply") {
        o.find();
        o.send(2, raw::join({raw::await_reply, raw::await_reply}));
        out_of_turn("chain-sync", "MustReply", "AwaitReply");
    }
    SECTION("a block without a batch") {
        o.fetch(1, 5);
        o.block(1);
        out_of_turn("block-fetch", "Busy", "Block");
    }
    SECTION("the end of a batch that did not start") {
        o.fetch(1, 5);
        o.send(3, raw::batch_done);
        out_of_turn("block-fetch", "Busy", "BatchDone");
    }
    SECTION("no blocks in the middle of a batch") {
        o.fetch(1, 5);
        o.send(3, raw::start_batch);
        o.block(1);
        o.send(3, raw::no_blocks);
        out_of_turn("block-fetch", "Streaming", "NoBlocks");
    }
    SECTION("a ping in place of a pong") {
        o.ping();
        o.send(8, raw::ping(o.bad.last_cookie()));
        out_of_turn("keep-alive", "Server", "KeepAlive");
    }
}

TEST_CASE("A relay that breaks a rule outside of the tables is disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("another cookie") {
        o.ping();
        o.send(8, raw::pong(static_cast<std::uint16_t>(o.bad.last_cookie() + 1)));
        o.check(Errc::cookie_mismatch, {"keep-alive", "Server", "KeepAliveResponse", Errc::cookie_mismatch});
    }
    SECTION("an extra pong, which is the wrong answer to the next ping") {
        o.find();
        o.send(2, raw::join({raw::roll_backward(Point(), o.tip()), raw::await_reply}));
        o.send(8, raw::pong(o.bad.last_cookie()));
        o.check(Errc::cookie_mismatch, {"keep-alive", "Server", "KeepAliveResponse", Errc::cookie_mismatch});
    }
    SECTION("an intersection that was not proposed") {
        o.send(2, raw::intersect_found(o.chain->point(3), o.tip()));
        o.check(Errc::wrong_intersection, {"chain-sync", "Intersect", "IntersectFound", Errc::wrong_intersection});
    }
    SECTION("a roll-backward to an unknown point, after which no header is repeated") {
        o.find();
        for (ChainView::Position p = 1; p <= 10; ++p) o.forward(p);
        const Point nowhere = TestChain::made_up(GENERATE(1U, 5U, 11U), 1);
        o.send(2, raw::roll_backward(nowhere, o.tip()));
        o.check(Errc::unknown_rollback, {"chain-sync", "CanAwait", "RollBackward", Errc::unknown_rollback});
        CHECK(count<ini::RollForward>(o.node) == 23);  // none twice
        CHECK(count<ini::RollBackward>(o.node) == 0);
    }
    SECTION("a first block that was not requested") {
        o.fetch(2, 5);
        o.send(3, raw::start_batch);
        o.block(1);
        o.check(Errc::range_mismatch, {"block-fetch", "Streaming", "Block", Errc::range_mismatch});
    }
    SECTION("a batch that ends too early") {
        o.fetch(2, 5);
        o.send(3, raw::start_batch);
        for (const ChainView::Position p : {2U, 3U, 4U}) o.block(p);
        o.send(3, raw::batch_done);
        o.check(Errc::range_short, {"block-fetch", "Streaming", "BatchDone", Errc::range_short});
        // The other relay has delivered the rest.
        CHECK(told<ini::RangeDone>(o.node).at(0).blocks == 4);
        CHECK(told<ini::RangeDone>(o.node).at(0).peer == relay_id);
    }
    SECTION("an empty batch") {
        o.fetch(2, 5);
        o.send(3, raw::join({raw::start_batch, raw::batch_done}));
        o.check(Errc::range_short, {"block-fetch", "Streaming", "BatchDone", Errc::range_short});
    }
    SECTION("blocks without end") {
        o.fetch(2, 3);
        o.send(3, raw::start_batch);
        o.bad.send(3, raw::repeat(raw::block(*o.chain->block(2)), 10'000));
        o.check(Errc::broken_link, {"block-fetch", "Streaming", "Block", Errc::broken_link});
        CHECK(told<ini::RangeDone>(o.node).at(0).blocks == 2);
    }
    SECTION("a block after the last one of the range, which is complete") {
        o.fetch(2, 3);
        o.send(3, raw::start_batch);
        for (const ChainView::Position p : {2U, 3U, 4U}) o.block(p);
        o.check(Errc::range_mismatch, {"block-fetch", "Streaming", "Block", Errc::range_mismatch});
        CHECK(last<ini::PeerDisconnected>(o.node).point == o.chain->point(4));
        CHECK(told<ini::RangeDone>(o.node).at(0).blocks == 2);
        CHECK(told<ini::RangeDone>(o.node).at(0).peer == raw_id);
        CHECK(count<ini::RangeFailed>(o.node) == 0);
    }
    SECTION("a header after the origin that is not the first of a chain") {
        o.find();
        o.forward(2);
        o.check(Errc::broken_link, {"chain-sync", "CanAwait", "RollForward", Errc::broken_link});
        CHECK(last<ini::PeerDisconnected>(o.node).point == o.chain->point(2));
    }
}

TEST_CASE("A disconnect is reported with the way in which the relay disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("between messages") {
        o.bad.connection().close();
        o.check(Errc::closed_by_peer, Violation());
    }
    SECTION("inside one") {
        o.bad.send(2, raw::bytes("8305"));
        o.bad.connection().close();
        o.check(Errc::truncated, Violation());
    }
    SECTION("inside a segment's header") {
        o.bad.connection().send(raw::bytes("0000000080"));
        o.bad.connection().close();
        o.check(Errc::truncated, Violation());
    }
    SECTION("a reset") {
        o.bad.connection().reset();
        o.check(Errc::connection_reset, Violation());
    }
}
