#include "support/raw_tcp.hpp"

using namespace cast;
using namespace raw;
using ouro::test::open_descriptors;

namespace {

/// A relay over TCP with one client that behaves and, from `begin` on, one that will not.
struct Door {
    explicit Door(const TcpOptions& options = {}) : relay(context, serving(chain), options) {
        address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
        good.emplace(agreed_client(context, address));
        descriptors = open_descriptors();
    }
    /// The other client, before or behind its handshake.
    RawPeer& begin(bool agree) {
        if (agree)
            bad.emplace(agreed_client(context, address));
        else
            bad.emplace(context, address);
        REQUIRE(relay.await<res::PeerConnected>(2));
        return *bad;
    }

    /// The client's connection has ended with nothing but what it was told before, nothing of it is left, and the
    /// other one is served.
    void check_ended(Errc reason, const Violation& violation) {
        REQUIRE(relay.await<res::PeerDisconnected>());
        const auto gone = last<res::PeerDisconnected>(relay);
        CHECK(gone.connection == make_connection_id(Direction::inbound, 2));
        CHECK(gone.reason == reason);
        CHECK(gone.violation == violation);
        CHECK(bad->await_end());
        if (violation.rule != Errc::none) CHECK(bad->end == asio::error::connection_reset);
        CHECK(relay.manager.behavior().counters().violations == (violation.rule == Errc::none ? 0 : 1));
        check_alone();
    }
    void check_alone() {
        bad.reset();
        CHECK(open_descriptors() == descriptors);
        CHECK(relay.figures().connections == 1);
        CHECK(relay.figures().held == 0);
        CHECK(relay.manager.behavior().peers().size() == 1);
        good->got.clear();
        good->write(asked(8, ping(77)));
        good->write(asked(3, request_range(chain->point(2), chain->point(2))));
        const ByteVector batch = join({start_batch, block(*chain->block(2)), batch_done});
        const ByteVector answer = pong(77);
        REQUIRE(good->await_bytes(2 * 8 + answer.size() + batch.size()));
        CHECK(heard(good->got, 8, true) == answer);
        CHECK(heard(good->got, 3, true) == batch);
    }

    asio::io_context context{1};
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(20);
    Attended<ouro::Responder> relay;
    PeerId address;
    std::optional<RawPeer> good;
    std::optional<RawPeer> bad;
    std::size_t descriptors = 0;
};

const std::string data = data_hex;
const ByteVector no_tip = bytes("828000");

/// A FindIntersect of `size` bytes: with points of 44 bytes and as many origins as it takes.
ByteVector search(std::size_t size) {
    const ByteVector at = join({bytes("821b0000000100000000"), bytes(ByteVector(32, 7))});
    const std::size_t count = (size - 4) / at.size();
    return join({bytes("82049f"), repeat(at, count), ByteVector(size - 4 - count * at.size(), 0x80), {0xff}});
}

}  // namespace

TEST_CASE("A client that breaks a rule is disconnected, and no other is", "[integration][raw]") {
    struct Row {
        const char* what;
        ByteVector bytes;
        Violation violation;
    };
    const auto at_sight = [](std::string_view protocol, Errc rule) { return Violation{protocol, {}, {}, rule}; };
    const auto refused = [](std::string_view protocol, std::string_view state, std::size_t offset, Errc rule) {
        return Violation{protocol, state, {}, rule, offset};
    };
    const auto out_of_turn = [](std::string_view protocol, std::string_view state, std::string_view message) {
        return Violation{protocol, state, message, Errc::out_of_turn};
    };
    const std::vector<Row> rows{
        // mux.md, 4.
        {"no payload", asked(2, {}), at_sight("chain-sync", Errc::empty_segment)},
        {"an unknown number", asked(1, ping(1)), at_sight("", Errc::unknown_protocol)},
        {"the greatest number", asked(0x7fff, ping(1)), at_sight("", Errc::unknown_protocol)},
        {"a mini-protocol that was not agreed on", asked(10, bytes("820005")),
         at_sight("peer-sharing", Errc::unknown_protocol)},
        {"a second proposal", asked(0, propose()), at_sight("handshake", Errc::unknown_protocol)},
        {"an answer to no request", answered(2, await_reply), at_sight("chain-sync", Errc::wrong_direction)},
        {"a pong", answered(8, pong(1)), at_sight("keep-alive", Errc::wrong_direction)},
        {"a segment above its queue", asked(8, repeat(ping(1), 470)), at_sight("keep-alive", Errc::ingress_overflow)},
        // 462,002 bytes behind the request that is taken and waits at the tip.
        {"requests above their queue",
         asked(2, join({find_intersect({TestChain::made_up(20)}), repeat(request_next, 2 + 231'000), request_next})),
         at_sight("chain-sync", Errc::ingress_overflow)},
        // Behind its Init a client has no turn until it is requested to send.
        {"a byte behind its Init", asked(4, join({tx_init, {0x00}})), at_sight("tx-submission", Errc::unread_data)},
        {"a segment behind its Init", join({asked(4, tx_init), asked(4, ByteVector(65'535, 0))}),
         at_sight("tx-submission", Errc::unread_data)},
        // Items that are none, and items that are no message.
        {"a break", asked(2, bytes("ff")), refused("chain-sync", "Idle", 0, Errc::malformed)},
        {"a reserved head", asked(3, bytes("1c")), refused("block-fetch", "Idle", 0, Errc::malformed)},
        {"an unknown message", asked(2, bytes("8108")), refused("chain-sync", "Idle", 1, Errc::malformed)},
        {"an indefinite message", asked(2, bytes("9f00ff")), refused("chain-sync", "Idle", 0, Errc::malformed)},
        {"a field too many", asked(2, bytes("820000")), refused("chain-sync", "Idle", 0, Errc::malformed)},
        {"a hash too short", asked(2, bytes("8204818200410000")), refused("chain-sync", "Idle", 5, Errc::malformed)},
        {"a range of one end", asked(3, bytes("820080")), refused("block-fetch", "Idle", 0, Errc::malformed)},
        {"a cookie too large", asked(8, bytes("82001a00010000")), refused("keep-alive", "Client", 2, Errc::malformed)},
        {"a negative cookie", asked(8, bytes("820020")), refused("keep-alive", "Client", 2, Errc::malformed)},
        {"nothing but depth", asked(2, ByteVector(60'000, 0x81)),
         refused("chain-sync", "Idle", 256, Errc::depth_exceeded)},
        // Limits of states.
        {"a byte too many", asked(2, search(65'536), 30'000),
         refused("chain-sync", "Idle", 65'535, Errc::message_too_large)},
        {"a claim alone", asked(3, bytes("83005a00010000")),
         refused("block-fetch", "Idle", 65'535, Errc::message_too_large)},
        // What is not the client's to say.
        {"AwaitReply", asked(2, await_reply), out_of_turn("chain-sync", "Idle", "AwaitReply")},
        {"RollForward", asked(2, roll_forward(ByteVector(9, 0), no_tip)),
         out_of_turn("chain-sync", "Idle", "RollForward")},
        {"IntersectFound", asked(2, intersect_found(Point(), no_tip)),
         out_of_turn("chain-sync", "Idle", "IntersectFound")},
        {"a block", asked(3, block(ByteVector(9, 0))), out_of_turn("block-fetch", "Idle", "Block")},
        {"BatchDone", asked(3, batch_done), out_of_turn("block-fetch", "Idle", "BatchDone")},
        {"a pong as if asked", asked(8, pong(1)), out_of_turn("keep-alive", "Client", "KeepAliveResponse")},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        Door door;
        door.begin(true).write(row.bytes);
        door.check_ended(row.violation.rule, row.violation);
    }
}

TEST_CASE("A malformed proposal over TCP ends the connection without an answer", "[integration][raw]") {
    struct Row {
        const char* what;
        ByteVector bytes;
        Violation violation;
    };
    const auto malformed = [](const std::string& digits) { return asked(0, bytes(digits)); };
    const auto no_message = [](std::size_t offset) {
        return Violation{"handshake", "Propose", {}, Errc::malformed, offset};
    };
    const auto out_of_turn = [](std::string_view message) {
        return Violation{"handshake", "Propose", message, Errc::out_of_turn};
    };
    const std::vector<Row> rows{
        {"another mini-protocol", asked(8, ping(1)), {"keep-alive", {}, {}, Errc::unknown_protocol}},
        {"the mode bit set", answered(0, propose()), {"handshake", {}, {}, Errc::wrong_direction}},
        {"no payload", asked(0, {}), {"handshake", {}, {}, Errc::empty_segment}},
        {"a break", malformed("ff"), no_message(0)},
        {"an unknown message", malformed("820900"), no_message(1)},
        {"an indefinite message", malformed("9f00a0ff"), no_message(0)},
        {"an indefinite map", malformed("8200bf0e" + data + "ff"), no_message(2)},
        {"versions that descend", malformed("8200a20f" + data + "0e" + data), no_message(13)},
        {"a version twice", malformed("8200a20e" + data + "0e" + data), no_message(13)},
        {"a negative version", malformed("8200a12e" + data), no_message(3)},
        {"5,761 bytes",
         asked(0, join({bytes("8200a11863"), bytes(ByteVector(5'753, 0))})),
         {"handshake", "Propose", {}, Errc::message_too_large, 5'760}},
        {"AcceptVersion", asked(0, accept()), out_of_turn("AcceptVersion")},
        {"Refuse", malformed("82028200820e0f"), out_of_turn("Refuse")},
        {"QueryReply", malformed("8203a0"), out_of_turn("QueryReply")},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        Door door;
        RawPeer& bad = door.begin(false);
        bad.write(row.bytes);
        CHECK(bad.await_end());
        CHECK(bad.got.empty());
        door.check_ended(row.violation.rule, row.violation);
    }
}

TEST_CASE("A proposal without agreement is answered before the connection ends", "[integration][raw]") {
    struct Row {
        std::string proposal;
        std::string answer;  // or how it begins: the words of a decode error are our own
        Errc error;
    };
    const std::vector<Row> rows{
        {"8200a0", "82028200820e0f", Errc::version_mismatch},
        {"8200a10d" + data, "82028200820e0f", Errc::version_mismatch},
        {"8200a210" + data + "1863f6", "82028200820e0f", Errc::version_mismatch},
        {"8200a10f851a2d964a09f400f4f4", "820283010f", Errc::version_data},
        {"8200a10e831a2d964a09f400", "820283010e", Errc::version_data},
        {"8200a10f841a2d964a09f402f4", "820283010f", Errc::version_data},
        {"8200a10f00", "820283010f", Errc::version_data},
        {"8200a10f8401f400f4", "820283020f784376657273696f6e2064617461206d69736d617463683a20", Errc::magic_mismatch},
        {"8200a10f841a2d964a09f500f5", "8203a20e" + data + "0f" + data, Errc::query_answered},
    };
    for (const Row& row : rows) {
        INFO(row.proposal);
        Door door;
        RawPeer& bad = door.begin(false);
        bad.write(asked(0, bytes(row.proposal)));
        REQUIRE(bad.await_end());
        CHECK(bad.end == asio::error::eof);  // in order, so that the answer arrives
        const ByteVector answer = heard(bad.got, 0, true);
        const ByteVector want = bytes(row.answer);
        REQUIRE(answer.size() >= want.size());
        CHECK(ByteVector(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(want.size())) == want);
        CHECK(heard(bad.got, 0, true).size() + 8 == bad.got.size());
        bad.finish();
        door.check_ended(row.error, {});
        CHECK(count<res::PeerRefused>(door.relay) == (row.error == Errc::query_answered ? 0 : 1));
    }
}

TEST_CASE("A disconnect over TCP is reported with the way in which the client disconnected", "[integration][raw]") {
    TcpOptions options;
    options.segment_timeout = 30ms;
    Door door(options);
    RawPeer& bad = door.begin(true);
    SECTION("between messages, in the middle of a range") {
        bad.write(asked(3, request_range(door.chain->point(1), door.chain->point(20))));
        bad.finish();
        door.check_ended(Errc::closed_by_peer, {});
    }
    SECTION("inside a message") {
        bad.write(asked(2, bytes("8204")));
        bad.finish();
        door.check_ended(Errc::truncated, {});
    }
    SECTION("inside a segment's payload, without an end") {
        const ByteVector whole = asked(2, request_next);
        bad.write(BytesView(whole).first(9));
        door.check_ended(Errc::segment_timeout, {{}, {}, {}, Errc::segment_timeout});
    }
    SECTION("by a reset, while it waits at the tip") {
        bad.write(asked(2, join({find_intersect({door.chain->point(20)}), repeat(request_next, 2)})));
        const ByteVector its_tip = tip(door.chain->point(20), 20);
        const ByteVector waiting = join({intersect_found(door.chain->point(20), its_tip),
                                         roll_backward(door.chain->point(20), its_tip), await_reply});
        REQUIRE(run_until(door.context, [&] { return bad.ended() || heard(bad.got, 2, true) == waiting; }));
        bad.close(true);
        REQUIRE(door.relay.await<res::PeerDisconnected>());
        CHECK(last<res::PeerDisconnected>(door.relay).reason == Errc::connection_reset);
        door.check_alone();
    }
}
