#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay with a good follower, and a client that will offend.
struct Offended {
    Offended()
        : relay(net.add<ResponderBehavior>(relay_id, serving(chain))),
          good(net.add<InitiatorBehavior>(node_id, one_at_a_time())),
          bad(net, relay_id) {
        REQUIRE(good.execute(ini::IncludePeer{relay_id}));
        REQUIRE(good.execute(ini::StartSync{}));
        REQUIRE(await<ini::AtTip>(net, good));
    }
    static ini::Config one_at_a_time() {
        ini::Config config = knowing();
        config.sync_window = 1;
        return config;
    }
    [[nodiscard]] ByteVector range(ChainView::Position first, ChainView::Position last) const {
        return raw::request_range(chain->point(first), chain->point(last));
    }
    void send(std::uint16_t channel, const ByteVector& messages) {
        bad.send(channel, messages);
        net.run_for(100ms);
    }

    /// The connection has ended for this reason, nothing of it is left, and the good one goes on.
    void check(Errc reason, const Violation& violation) {
        net.run_for(1s);
        REQUIRE(count<res::PeerDisconnected>(relay) == 1);
        const auto gone = last<res::PeerDisconnected>(relay);
        CHECK(gone.reason == reason);
        CHECK(gone.violation == violation);
        CHECK(relay.behavior().counters().violations == (violation.rule == Errc::none ? 0 : 1));
        CHECK(relay.behavior().peers().size() == 1);
        if (violation.rule != Errc::none) CHECK(bad.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 2);
        CHECK(net.held() == 0);
        chain->extend(3);
        REQUIRE(relay.execute(res::ChainChanged{chain->size() - 3}));
        net.run_for(1s);
        CHECK(followed(good) == points_of(*chain));
        CHECK(count<ini::PeerDisconnected>(good) == 0);
    }
    void check(Errc reason, std::string_view protocol = {}) { check(reason, {protocol, {}, {}, reason}); }
    /// The same of an item that is refused before anybody knows which message it would be.
    void check(Errc reason, std::string_view protocol, std::string_view state, std::size_t offset) {
        check(reason, {protocol, state, {}, reason, offset});
    }
    void check_out_of_turn(std::string_view protocol, std::string_view state, std::string_view message) {
        check(Errc::out_of_turn, {protocol, state, message, Errc::out_of_turn});
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(20);
    Responder& relay;
    Initiator& good;
    RawClient bad;
};

}  // namespace

TEST_CASE("A client that breaks a rule of the multiplexer is disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("a segment without payload") {
        const auto [channel, protocol] = GENERATE(table<std::uint16_t, std::string_view>(
            {{2, "chain-sync"}, {3, "block-fetch"}, {8, "keep-alive"}, {99, ""}}));
        o.bad.connection().send(channel, false, {});
        o.check(Errc::empty_segment, protocol);
    }
    SECTION("an unknown number") {
        o.bad.send(GENERATE(as<std::uint16_t>(), 1, 99, 0x7fff), raw::ping(1));
        o.check(Errc::unknown_protocol);
    }
    SECTION("a mini-protocol that was not agreed") {
        const auto [channel, protocol] =
            GENERATE(table<std::uint16_t, std::string_view>({{10, "peer-sharing"}, {18, "leios-notify"}}));
        o.bad.send(channel, raw::ping(1));
        o.check(Errc::unknown_protocol, protocol);
    }
    SECTION("another handshake") {
        o.bad.send(0, raw::propose());
        o.check(Errc::unknown_protocol, "handshake");
    }
    SECTION("an answer to a relay without initiators") {
        const auto [channel, protocol] = GENERATE(
            table<std::uint16_t, std::string_view>({{2, "chain-sync"}, {3, "block-fetch"}, {8, "keep-alive"}}));
        o.bad.connection().send(channel, true, raw::pong(1));
        o.check(Errc::wrong_direction, protocol);
    }
    SECTION("more in one segment than a queue may hold") {
        o.bad.send(8, raw::repeat(raw::ping(1), 470));
        o.check(Errc::ingress_overflow, "keep-alive");
    }
    SECTION("more unread requests than a queue may hold") {
        o.send(2, raw::repeat(raw::request_next, 1 + 20 + 1 + 231'000));
        CHECK(o.relay.held() == 462'000);
        CHECK(count<res::PeerDisconnected>(o.relay) == 0);
        o.send(2, raw::bytes("81"));
        o.check(Errc::ingress_overflow, "chain-sync");
    }
}

TEST_CASE("A client that sends a malformed message is disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("chain-sync") {
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"8108", 1},
                                                                                {"820000", 0},
                                                                                {"9f00ff", 0},
                                                                                {"00", 0},
                                                                                {"f6", 0},
                                                                                {"8204", 2},
                                                                                {"820400", 2},
                                                                                {"82048100", 3},
                                                                                {"82049f8200ff", 5},
                                                                                {"8204818100", 3},
                                                                                {"8204818200410000", 5},
                                                                                {"ff", 0},
                                                                                {"1c", 0}}));
        o.send(2, raw::bytes(digits + "0000"));
        o.check(Errc::malformed, "chain-sync", "Idle", offset);
    }
    SECTION("block-fetch") {
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"8108", 1},
                                                                                {"82008080", 0},
                                                                                {"830080", 3},
                                                                                {"8300800a", 3},
                                                                                {"840080808000", 0},
                                                                                {"8300818000", 2},
                                                                                {"ff", 0}}));
        o.send(3, raw::bytes(digits + "0000"));
        o.check(Errc::malformed, "block-fetch", "Idle", offset);
    }
    SECTION("keep-alive") {
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>(
            {{"8100", 0}, {"820020", 2}, {"82001a00010000", 2}, {"83000000", 0}, {"8103", 1}, {"ff", 0}}));
        o.send(8, raw::bytes(digits));
        o.check(Errc::malformed, "keep-alive", "Client", offset);
    }
    SECTION("an item nested without end") {
        o.send(2, ByteVector(60'000, 0x81));
        o.check(Errc::depth_exceeded, "chain-sync", "Idle", 256);
    }
}

TEST_CASE("A follower may start tx-submission although no transactions are requested", "[unit][behavior][offence]") {
    Offended o;
    o.bad.keep_alive();
    o.send(4, raw::bytes("8106"));
    o.net.run_for(500s);
    CHECK(count<res::PeerDisconnected>(o.relay) == 0);
    SECTION("it must not send more, because that would never be read") {
        o.send(4, GENERATE(raw::bytes("82019fff"), ByteVector(720'000, 0x00)));
        o.check(Errc::unread_data, "tx-submission");
    }
    SECTION("it may disconnect") {
        o.bad.connection().close();
        o.net.run_for(1s);
        CHECK(last<res::PeerDisconnected>(o.relay).reason == Errc::closed_by_peer);
    }
}

TEST_CASE("A request may have the limit of its state and not a byte more", "[unit][behavior][offence]") {
    Offended o;
    const ByteVector point = raw::join({raw::bytes("821b0000000100000000"), raw::bytes(ByteVector(32, 7))});
    REQUIRE(point.size() == 44);
    const ByteVector points = raw::repeat(point, 1'489);  // 65,516 bytes; four stand around them
    const ByteVector origins = ByteVector(GENERATE(15U, 16U), 0x80);
    const ByteVector request = raw::join({raw::bytes("82049f"), points, origins, {0xff}});
    o.send(2, request);
    if (origins.size() == 15) {
        REQUIRE(request.size() == 65'535);
        CHECK(o.bad.heard(2) == raw::intersect_found(Point(), raw::tip(o.chain->tip().point, 20)));
    } else {
        o.check(Errc::message_too_large, "chain-sync", "Idle", 65'535);
    }
}

TEST_CASE("A client that sends a message out of turn is disconnected", "[unit][behavior][offence]") {
    Offended o;
    const ByteVector tip = raw::bytes("828000");
    SECTION("chain-sync") {
        struct Row {
            ByteVector message;
            std::string_view name;
        };
        const Row row = GENERATE_REF(Row{raw::await_reply, "AwaitReply"},
                                     Row{raw::roll_forward(ByteVector(9, 0), tip), "RollForward"},
                                     Row{raw::roll_backward(Point(), tip), "RollBackward"},
                                     Row{raw::intersect_found(Point(), tip), "IntersectFound"},
                                     Row{raw::intersect_not_found(tip), "IntersectNotFound"});
        o.send(2, row.message);
        o.check_out_of_turn("chain-sync", "Idle", row.name);
    }
    SECTION("block-fetch") {
        struct Row {
            ByteVector message;
            std::string_view name;
        };
        const Row row = GENERATE_REF(Row{raw::start_batch, "StartBatch"}, Row{raw::no_blocks, "NoBlocks"},
                                     Row{raw::block(ByteVector(9, 0)), "Block"}, Row{raw::batch_done, "BatchDone"});
        o.send(3, row.message);
        o.check_out_of_turn("block-fetch", "Idle", row.name);
    }
    SECTION("keep-alive") {
        o.send(8, raw::ping(1));
        CHECK(o.bad.heard(8) == raw::pong(1));
        o.send(8, raw::pong(1));
        o.check_out_of_turn("keep-alive", "Client", "KeepAliveResponse");
    }
    SECTION("in the middle of a conversation") {
        o.send(2, raw::join({raw::request_next, raw::request_next, raw::await_reply}));
        o.check_out_of_turn("chain-sync", "Idle", "AwaitReply");
    }
}

TEST_CASE("Unusual but legal messages are no violations", "[unit][behavior][offence]") {
    Offended o;
    SECTION("a search while an answer is due: it waits for its turn") {
        o.send(2, raw::join({raw::repeat(raw::request_next, 22), raw::find_intersect({})}));
        const std::size_t heard = o.bad.heard(2).size();
        o.net.run_for(60s);
        CHECK(o.bad.heard(2).size() == heard);
        o.chain->extend();
        REQUIRE(o.relay.execute(res::ChainChanged{20}));
        o.net.run_for(1s);
        CHECK(o.bad.heard(2).size() > heard + 100);
    }
    SECTION("Done in every mini-protocol, twice") {
        o.send(2, raw::join({raw::chain_sync_done, raw::chain_sync_done}));
        o.send(3, raw::join({raw::client_done, raw::client_done}));
        o.send(8, raw::join({raw::keep_alive_done, raw::keep_alive_done}));
    }
    SECTION("both ends of a range at the origin") { o.send(3, raw::request_range(Point(), Point())); }
    o.send(8, raw::ping(9));
    CHECK(o.bad.heard(8) == raw::pong(9));
    CHECK(count<res::PeerDisconnected>(o.relay) == 0);
}

TEST_CASE("A disconnect is reported with the way in which the client disconnected", "[unit][behavior][offence]") {
    Offended o;
    SECTION("between messages, while a range is served") {
        o.send(3, o.range(1, 20));
        o.bad.connection().close();
        o.check(Errc::closed_by_peer, Violation());
    }
    SECTION("while it waits at the tip") {
        o.send(2, raw::repeat(raw::request_next, 22));
        o.bad.connection().reset();
        o.check(Errc::connection_reset, Violation());
    }
    SECTION("inside a message") {
        o.send(2, raw::bytes("8204"));
        o.bad.connection().close();
        o.check(Errc::truncated, Violation());
    }
}
