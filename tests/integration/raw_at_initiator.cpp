#include "support/raw_tcp.hpp"

using namespace cast;
using namespace raw;
using ouro::test::open_descriptors;

namespace {

ini::Config patient() {
    ini::Config config = knowing();
    config.back_off = 1h;  // a peer that broke a rule is not dialled again here
    config.sync_window = 10;
    return config;
}

/// A node over TCP with one relay that behaves and, from `begin` on, one that will not.
struct House {
    explicit House(const ini::Config& config = patient(), const TcpOptions& options = {})
        : good_door(context), bad_door(context), node(context, config, options) {}

    /// The other relay, which has the proposal. It is the first, so that it is the one that is followed.
    RawPeer& begin() {
        descriptors = open_descriptors();
        REQUIRE(node.manager.execute(ini::IncludePeer{bad_door.address()}));
        bad.emplace(bad_door.take());
        return *bad;
    }
    /// The same after the handshake, with requests for an intersection and two blocks, and a ping.
    RawPeer& follow() {
        begin().write(answered(0, accept()));
        REQUIRE(node.await<ini::PeerInitialized>());
        REQUIRE(node.manager.execute(ini::StartSync{}));
        REQUIRE(node.manager.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)}));
        REQUIRE(run_until(context, [&] {
            return !bad->ended() && !heard(bad->got, 2, false).empty() && !heard(bad->got, 3, false).empty() &&
                   !heard(bad->got, 8, false).empty();
        }));
        cookie = cookies(heard(bad->got, 8, false)).front();
        return *bad;
    }

    /// The relay's connection has ended, nothing of it is left, and the node takes what it needs from the other one.
    void check_ended(Errc reason, const Violation& violation) {
        REQUIRE(node.await<ini::PeerDisconnected>());
        const auto gone = last<ini::PeerDisconnected>(node);
        CHECK(gone.peer == bad_door.address());
        CHECK(gone.reason == reason);
        CHECK(gone.violation == violation);
        CHECK(bad->await_end());
        if (violation.rule != Errc::none) CHECK(bad->end == asio::error::connection_reset);
        check_gone();
        check_good();
    }
    void check_gone() {
        bad.reset();
        CHECK(open_descriptors() == descriptors);
        CHECK(node.figures().connections == 0);
        CHECK(node.figures().held == 0);
    }
    /// Another relay on the same manager is followed and asked, whatever happened before.
    void check_good() {
        const std::size_t agreements = count<ini::PeerInitialized>(node);
        const std::size_t done = count<ini::RangeDone>(node);
        REQUIRE(node.manager.execute(ini::IncludePeer{good_door.address()}));
        RawPeer good = good_door.agree();
        REQUIRE(node.await<ini::PeerInitialized>(agreements + 1));
        good.got.clear();
        REQUIRE(node.manager.execute(ini::RequestBlocks{TestChain::made_up(5), TestChain::made_up(5)}));
        const ByteVector wanted = request_range(TestChain::made_up(5), TestChain::made_up(5));
        REQUIRE(run_until(context, [&] {
            const ByteVector ranges = good.ended() ? ByteVector() : heard(good.got, 3, false);
            return ranges.size() >= wanted.size() && std::equal(wanted.rbegin(), wanted.rend(), ranges.rbegin());
        }));
        // Before it, what the other one did not deliver.
        const bool more = heard(good.got, 3, false).size() > wanted.size();
        if (more) {
            good.write(answered(3, join({start_batch, block(TestChain::block_of(TestChain::made_up(1))),
                                         block(TestChain::block_of(TestChain::made_up(2))), batch_done})));
        }
        good.write(answered(3, join({start_batch, block(TestChain::block_of(TestChain::made_up(5))), batch_done})));
        REQUIRE(node.await<ini::RangeDone>(done + (more ? 2 : 1)));
        CHECK(last<ini::RangeDone>(node).peer == good_door.address());
        CHECK(last<ini::BlockReceived>(node).block == TestChain::block_of(TestChain::made_up(5)));
        CHECK(count<ini::PeerDisconnected>(node) == 1);
        CHECK(node.figures().connections == 1);
    }

    asio::io_context context{1};
    Listener good_door;
    Listener bad_door;
    Attended<ouro::Initiator> node;
    std::optional<RawPeer> bad;
    std::size_t descriptors = 0;
    std::uint16_t cookie = 0;
};

const ByteVector tip_at_4 = tip(TestChain::made_up(4), 4);

ByteVector forward(ChainView::Position p) {
    return roll_forward(TestChain::header_of(TestChain::made_up(p)).cbor, tip_at_4);
}
ByteVector block_of(ChainView::Position p) { return block(TestChain::block_of(TestChain::made_up(p))); }

/// An intersection and the roll-backward behind it, and more.
ByteVector found(const ByteVector& more) {
    return join({intersect_found(Point(), tip_at_4), roll_backward(Point(), tip_at_4), more});
}

}  // namespace

TEST_CASE("A relay that breaks a rule is disconnected, and another one serves", "[integration][raw]") {
    struct Row {
        const char* what;
        ByteVector bytes;
        Violation violation;
    };
    const auto at_sight = [](std::string_view protocol, Errc rule) { return Violation{protocol, {}, {}, rule}; };
    const auto refused = [](std::string_view protocol, std::string_view state, std::size_t offset, Errc rule) {
        return Violation{protocol, state, {}, rule, offset};
    };
    const auto chain_sync = [](std::string_view state, std::string_view message, Errc rule = Errc::out_of_turn) {
        return Violation{"chain-sync", state, message, rule};
    };
    const auto fetch = [](std::string_view state, std::string_view message, Errc rule = Errc::out_of_turn) {
        return Violation{"block-fetch", state, message, rule};
    };
    const std::vector<Row> rows{
        // mux.md, 4.
        {"no payload", answered(8, {}), at_sight("keep-alive", Errc::empty_segment)},
        {"a number of nobody's", answered(1, pong(1)), at_sight("", Errc::unknown_protocol)},
        {"the greatest number", answered(0x7fff, pong(1)), at_sight("", Errc::unknown_protocol)},
        {"a mini-protocol that was not agreed on", answered(10, bytes("820180")),
         at_sight("peer-sharing", Errc::unknown_protocol)},
        {"a second acceptance", answered(0, accept()), at_sight("handshake", Errc::unknown_protocol)},
        {"a ping", asked(8, ping(1)), at_sight("keep-alive", Errc::wrong_direction)},
        {"a request of its own", asked(2, request_next), at_sight("chain-sync", Errc::wrong_direction)},
        {"a segment above its queue", answered(8, repeat(pong(1), 470)),
         at_sight("keep-alive", Errc::ingress_overflow)},
        // Items that are none, and items that are no message.
        {"a break", answered(2, bytes("ff")), refused("chain-sync", "Intersect", 0, Errc::malformed)},
        {"a reserved head", answered(3, bytes("1c")), refused("block-fetch", "Busy", 0, Errc::malformed)},
        {"a message nobody has", answered(2, bytes("8108")), refused("chain-sync", "Intersect", 1, Errc::malformed)},
        {"an indefinite message", answered(2, bytes("9f06828000ff")),
         refused("chain-sync", "Intersect", 0, Errc::malformed)},
        {"a block without its tag", answered(3, join({start_batch, bytes("82044100")})),
         refused("block-fetch", "Streaming", 2, Errc::malformed)},
        {"a block of another tag", answered(3, join({start_batch, bytes("8204d8194100")})),
         refused("block-fetch", "Streaming", 2, Errc::malformed)},
        {"a cookie too large", answered(8, bytes("82011a00010000")),
         refused("keep-alive", "Server", 2, Errc::malformed)},
        {"nothing but depth", answered(2, ByteVector(60'000, 0x81)),
         refused("chain-sync", "Intersect", 256, Errc::depth_exceeded)},
        // Limits of states.
        {"a header too large", answered(2, found(roll_forward(ByteVector(65'524, 0), bytes("828000")))),
         refused("chain-sync", "CanAwait", 65'535, Errc::message_too_large)},
        {"a claim alone", answered(2, bytes("830282065a00ffffff")),
         refused("chain-sync", "Intersect", 65'535, Errc::message_too_large)},
        {"a block where a small message is due", answered(3, block(ByteVector(65'529, 0))),
         refused("block-fetch", "Busy", 65'535, Errc::message_too_large)},
        {"a block too large", answered(3, join({start_batch, bytes("8204d8185a00262598")})),
         refused("block-fetch", "Streaming", 2'500'000, Errc::message_too_large)},
        // Out of turn.
        {"a header in place of an intersection", answered(2, forward(1)), chain_sync("Intersect", "RollForward")},
        {"two intersections", answered(2, repeat(intersect_found(Point(), tip_at_4), 2)),
         chain_sync("CanAwait", "IntersectFound")},
        {"told to wait twice", answered(2, found(repeat(await_reply, 2))), chain_sync("MustReply", "AwaitReply")},
        {"a block without a batch", answered(3, block_of(1)), fetch("Busy", "Block")},
        {"no blocks behind some", answered(3, join({start_batch, block_of(1), no_blocks})),
         fetch("Streaming", "NoBlocks")},
        {"a ping as if asked", answered(8, ping(1)), {"keep-alive", "Server", "KeepAlive", Errc::out_of_turn}},
        // Rules that no table has.
        {"an intersection nobody proposed", answered(2, intersect_found(TestChain::made_up(3), tip_at_4)),
         chain_sync("Intersect", "IntersectFound", Errc::wrong_intersection)},
        {"a roll-backward to nowhere",
         answered(2, found(join({forward(1), roll_backward(TestChain::made_up(7), tip_at_4)}))),
         chain_sync("CanAwait", "RollBackward", Errc::unknown_rollback)},
        {"a block nobody asked for", answered(3, join({start_batch, block_of(2)})),
         fetch("Streaming", "Block", Errc::range_mismatch)},
        {"a batch too short", answered(3, join({start_batch, block_of(1), batch_done})),
         fetch("Streaming", "BatchDone", Errc::range_short)},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        House house;
        house.follow().write(row.bytes);
        house.check_ended(row.violation.rule, row.violation);
    }
}

TEST_CASE("A pong with another cookie is a violation", "[integration][raw]") {
    House house;
    RawPeer& bad = house.follow();
    bad.write(answered(8, pong(static_cast<std::uint16_t>(house.cookie ^ 1))));
    house.check_ended(Errc::cookie_mismatch, {"keep-alive", "Server", "KeepAliveResponse", Errc::cookie_mismatch});
}

TEST_CASE("A handshake answer without agreement ends the connection", "[integration][raw]") {
    struct Row {
        const char* what;
        ByteVector bytes;
        Errc error;
        Violation violation;
    };
    const auto accepted = [](const char* what, const ByteVector& answer, Errc error) {
        return Row{what, answered(0, answer), error, {"handshake", "Confirm", "AcceptVersion", error}};
    };
    const auto refused = [](const char* what, const char* digits, Errc error) {
        return Row{what, answered(0, bytes(digits)), error, {}};
    };
    const auto at_sight = [](const char* what, const ByteVector& all, std::string_view protocol, Errc error) {
        return Row{what, all, error, {protocol, {}, {}, error}};
    };
    const auto no_message = [](const char* what, const char* digits, std::size_t offset) {
        return Row{
            what, answered(0, bytes(digits)), Errc::malformed, {"handshake", "Confirm", {}, Errc::malformed, offset}};
    };
    const std::vector<Row> rows{
        accepted("a version not proposed", accept(13), Errc::version_unoffered),
        accepted("a version nobody knows", accept(0x800f), Errc::version_unoffered),
        accepted("another network", accept(15, "8402f400f4"), Errc::magic_mismatch),
        accepted("data of another version", accept(15, "851a2d964a09f400f4f4"), Errc::version_data),
        accepted("data cut short", accept(14, "831a2d964a09f400"), Errc::version_data),
        accepted("sharing of a third kind", accept(15, "841a2d964a09f402f4"), Errc::version_data),
        accepted("data of indefinite length", accept(15, "9f1a2d964a09f400f4ff"), Errc::version_data),
        refused("no version in common", "82028200820e0f", Errc::version_mismatch),
        refused("data that did not decode", "820283010f63666f6f", Errc::version_data),
        refused("refused", "820283020f63666f6f", Errc::handshake_refused),
        {"a reply to a query nobody made",
         answered(0, bytes("8203a0")),
         Errc::out_of_turn,
         {"handshake", "Confirm", "QueryReply", Errc::out_of_turn}},
        {"a proposal of other versions",
         answered(0, bytes("8200a10d841a2d964a09f400f4")),
         Errc::version_mismatch,
         {"handshake", "Confirm", "ProposeVersions", Errc::version_mismatch}},
        no_message("a break", "ff", 0),
        no_message("a message nobody has", "8204a0", 1),
        no_message("an indefinite message", "9f010f841a2d964a09f400f4ff", 0),
        no_message("a reason nobody has", "820283030163666f6f", 3),
        {"5,761 bytes",
         answered(0, join({bytes("820283020f791679"), ByteVector(5'753, 'x')})),
         Errc::message_too_large,
         {"handshake", "Confirm", {}, Errc::message_too_large, 5'760}},
        at_sight("another mini-protocol", answered(8, pong(1)), "keep-alive", Errc::unknown_protocol),
        at_sight("no payload", answered(0, {}), "handshake", Errc::empty_segment),
    };
    for (const Row& row : rows) {
        INFO(row.what);
        House house;
        house.begin().write(row.bytes);
        house.check_ended(row.error, row.violation);
        CHECK(count<ini::PeerInitialized>(house.node) == 1);  // the good one
    }
}

TEST_CASE("A disconnect over TCP is reported with the way in which the relay disconnected", "[integration][raw]") {
    TcpOptions options;
    options.segment_timeout = 30ms;
    House house(patient(), options);
    RawPeer& bad = house.follow();
    SECTION("between messages") {
        bad.finish();
        house.check_ended(Errc::closed_by_peer, {});
    }
    SECTION("inside a block") {
        const ByteVector batch = join({start_batch, block_of(1)});
        bad.write(answered(3, ByteVector(batch.begin(), batch.end() - 1)));
        bad.finish();
        house.check_ended(Errc::truncated, {});
    }
    SECTION("inside a segment's header, without an end") {
        bad.write(ByteVector{0, 0, 0});
        house.check_ended(Errc::segment_timeout, {{}, {}, {}, Errc::segment_timeout});
    }
    SECTION("by a reset") {
        bad.close(true);
        REQUIRE(house.node.await<ini::PeerDisconnected>());
        CHECK(last<ini::PeerDisconnected>(house.node).reason == Errc::connection_reset);
        house.check_gone();
        house.check_good();
    }
}
