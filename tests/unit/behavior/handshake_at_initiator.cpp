#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A node and a relay that answers its proposal by hand.
struct Proposal {
    explicit Proposal(ByteVector answer, const ini::Config& config = {}, const Options& options = {})
        : net(options), relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config)) {
        relay.answer = std::move(answer);
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        net.run_for(1s);
    }
    /// No agreement, and the connection has ended with it.
    void check_ended(Errc reason, const Violation& violation) {
        CHECK(count<ini::PeerInitialized>(node) == 0);
        CHECK(last<ini::PeerDisconnected>(node).reason == reason);
        CHECK(last<ini::PeerDisconnected>(node).violation == violation);
        CHECK(last<ini::PeerDisconnected>(node).retry_at);
        CHECK(relay.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }
    void check_agreed(const Agreement& agreement) {
        REQUIRE(count<ini::PeerInitialized>(node) == 1);
        CHECK(last<ini::PeerInitialized>(node).agreement == agreement);
        net.run_for(60s);
        CHECK(count<ini::PeerDisconnected>(node) == 0);
        CHECK(relay.pings() >= 6);
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

const Agreement usual{Version{15}, {mainnet, true, false, false, false}};
const std::string data_5 = "851a2d964a09f400f4f4";
const std::string data_preview = "8402f400f4";
const std::string data_duplex = "841a2d964a09f400f4";

ByteVector refuse(std::uint64_t kind, std::size_t text) {
    return raw::join(
        {raw::bytes("8202"), raw::array(3), raw::uint(kind), raw::uint(15), raw::head(3, text), ByteVector(text, 'x')});
}

}  // namespace

TEST_CASE("The proposal equals the reference's", "[unit][behavior][handshake]") {
    Proposal p(raw::accept());
    CHECK(raw::propose("841a2d964a09f500f4") == p.relay.heard(0));
    p.check_agreed(usual);
}

TEST_CASE("An acceptance of a version that was not proposed is refused", "[unit][behavior][handshake]") {
    struct Row {
        ByteVector answer;
        Errc error;
    };
    const Row row = GENERATE(
        Row{raw::accept(13), Errc::version_unoffered}, Row{raw::accept(16, data_5), Errc::version_unoffered},
        Row{raw::accept(0x800f), Errc::version_unoffered}, Row{raw::accept(15, data_preview), Errc::magic_mismatch},
        Row{raw::accept(15, data_5), Errc::version_data}, Row{raw::accept(14, "831a2d964a09f400"), Errc::version_data},
        Row{raw::accept(15, "841a2d964a09f402f4"), Errc::version_data},
        Row{raw::accept(15, "841a2d964a090000f4"), Errc::version_data},
        Row{raw::accept(15, "9f1a2d964a09f400f4ff"), Errc::version_data},
        Row{raw::accept(15, "841b00000001000000002000f4"), Errc::version_data},
        Row{raw::accept(15, "00"), Errc::version_data});
    Proposal p(row.answer);
    REQUIRE(count<ini::PeerRefused>(p.node) == 1);
    CHECK(last<ini::PeerRefused>(p.node).error == row.error);
    CHECK_FALSE(last<ini::PeerRefused>(p.node).by_peer);
    p.check_ended(row.error, {"handshake", "Confirm", "AcceptVersion", row.error});
}

TEST_CASE("A refusal is reported with the peer's text", "[unit][behavior][handshake]") {
    struct Row {
        std::string answer;
        Errc error;
        RefuseReason reason;
    };
    const Row row =
        GENERATE(Row{"82028200820e0f", Errc::version_mismatch, VersionMismatch{{Version{14}, Version{15}}}},
                 Row{"8202820080", Errc::version_mismatch, VersionMismatch{}},
                 Row{"820282008219ffff07", Errc::version_mismatch, VersionMismatch{{Version{65'535}, Version{7}}}},
                 Row{"820283010163666f6f", Errc::version_data, HandshakeDecodeError{Version{1}, "foo"}},
                 Row{"820283020263666f6f", Errc::handshake_refused, Refused{Version{2}, "foo"}});
    Proposal p(raw::bytes(row.answer));
    REQUIRE(count<ini::PeerRefused>(p.node) == 1);
    CHECK(last<ini::PeerRefused>(p.node).by_peer);
    CHECK(last<ini::PeerRefused>(p.node).error == row.error);
    CHECK(last<ini::PeerRefused>(p.node).reason == row.reason);
    p.check_ended(row.error, {});
}

TEST_CASE("A malformed answer ends the connection", "[unit][behavior][handshake]") {
    const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({
        {"ff", 0},
        {"820f", 1},
        {"8204a0", 1},
        {"82010f", 0},
        {"9f010f841a2d964a09f400f4ff", 0},
        {"84010f841a2d964a09f400f400", 0},
        {"8200bf0e841a2d964a09f400f4ff", 2},                     // an indefinite map
        {"8200a20f841a2d964a09f400f40e841a2d964a09f400f4", 13},  // descending keys
        {"8200a20f841a2d964a09f400f40f841a2d964a09f400f4", 13},  // the same key twice
        {"820282009f0e0fff", 4},
        {"8202830103", 5},
        {"820283030163666f6f", 3},
    }));
    Proposal p(raw::join({raw::bytes(digits), ByteVector(8, 0)}));
    p.check_ended(Errc::malformed, {"handshake", "Confirm", {}, Errc::malformed, offset});
}

TEST_CASE("An answer has at most 5,760 bytes, in any number of segments", "[unit][behavior][handshake]") {
    // Eight bytes stand before the text.
    SECTION("the limit") {
        Proposal p({});
        p.relay.send(0, refuse(2, 5'752), GENERATE(as<std::size_t>(), 1, 1'000, 60'000));
        p.net.run_for(1s);
        REQUIRE(count<ini::PeerRefused>(p.node) == 1);
        CHECK(std::get<Refused>(last<ini::PeerRefused>(p.node).reason).text.size() == 5'752);
    }
    SECTION("one byte more") {
        Proposal p({});
        p.relay.send(0, refuse(2, 5'753), GENERATE(as<std::size_t>(), 1, 1'000, 60'000));
        p.net.run_for(1s);
        p.check_ended(Errc::message_too_large, {"handshake", "Confirm", {}, Errc::message_too_large, 5'760});
    }
}

TEST_CASE("An acceptance may come in pieces, and bytes behind it in its segment are dropped",
          "[unit][behavior][handshake]") {
    Options options;
    options.chunk = GENERATE(as<std::size_t>(), 1, 5, 65'536);
    Proposal p({}, {}, options);
    SECTION("in two pieces, for every cut") {
        const std::size_t cut = GENERATE(range(1U, 11U));
        const ByteVector whole = raw::accept();
        p.relay.connection().send(0, true, BytesView(whole).first(cut));
        p.net.run_for(1s);
        p.relay.connection().send(0, true, BytesView(whole).subspan(cut));
    }
    SECTION("with bytes behind it") {
        p.relay.send(0, raw::join({raw::accept(), raw::bytes("8102"), ByteVector(1'000, 0xff)}));
    }
    SECTION("with the mode bit clear") { p.relay.connection().send(0, false, raw::accept()); }
    p.net.run_for(50ms);
    p.check_agreed(usual);
}

TEST_CASE("After two simultaneous proposals both sides choose", "[unit][behavior][handshake]") {
    ini::Config config;
    config.offer.data = {mainnet, false, true, false, false};
    SECTION("the highest common version, whatever else is proposed") {
        // Unknown versions, with data of any shape, in any place.
        const ByteVector proposal =
            raw::join({raw::bytes("8200a5"), raw::bytes("1863a1009f0102ff"), raw::bytes("0e841a2d964a09f401f4"),
                       raw::bytes("0a821a2d964a09f4"), raw::bytes("0f841a2d964a09f501f4"), raw::bytes("07f6")});
        Proposal p({}, config);
        p.relay.connection().send(0, false, proposal);
        p.net.run_for(50ms);
        p.check_agreed({Version{15}, {mainnet, true, true, false, false}});
    }
    SECTION("no common version") {
        Proposal p(raw::bytes("8200a10d841a2d964a09f400f4"), config);
        const auto refused = last<ini::PeerRefused>(p.node);
        CHECK(refused.error == Errc::version_mismatch);
        CHECK_FALSE(refused.by_peer);
        CHECK(to_string(refused) == "no common version: the peer offers version 13; we know 14, 15");
        p.check_ended(Errc::version_mismatch, {"handshake", "Confirm", "ProposeVersions", Errc::version_mismatch});
    }
    SECTION("another network") {
        Proposal p(raw::propose(data_preview), config);
        p.check_ended(Errc::magic_mismatch, {"handshake", "Confirm", "ProposeVersions", Errc::magic_mismatch});
    }
}

TEST_CASE("Versions are sent only in answer to a query", "[unit][behavior][handshake]") {
    const ByteVector reply =
        raw::join({raw::bytes("8203a20e"), raw::bytes(data_duplex), raw::bytes("0f"), raw::bytes(data_duplex)});
    SECTION("no query") {
        Proposal p(reply);
        CHECK(count<ini::QueryAnswered>(p.node) == 0);
        p.check_ended(Errc::out_of_turn, {"handshake", "Confirm", "QueryReply", Errc::out_of_turn});
    }
    SECTION("a query, answered with all versions or by acceptance") {
        ini::Config config;
        config.offer.data.query = true;
        const bool full = GENERATE(true, false);
        Proposal p(full ? reply : raw::accept(), config);
        const VersionTable both(n2n::default_versions(), {mainnet, false, false, false, false});
        const VersionTable one(std::vector<Version>{Version{15}}, {mainnet, false, false, false, false});
        CHECK(p.relay.heard(0) == raw::propose("841a2d964a09f500f5"));
        CHECK(last<ini::QueryAnswered>(p.node).versions == (full ? both : one));
        CHECK(last<ini::PeerDisconnected>(p.node).reason == Errc::query_answered);
        CHECK(last<ini::PeerDisconnected>(p.node).violation == Violation{});
        CHECK(count<ini::PeerInitialized>(p.node) == 0);
        p.net.run_for(600s);
        CHECK(p.relay.lives() == 1);
    }
}

TEST_CASE("Before the answer nothing else may come", "[unit][behavior][handshake]") {
    Proposal p({});
    SECTION("a segment of another mini-protocol") {
        p.relay.send(8, raw::pong(1));
        p.net.run_for(1s);
        p.check_ended(Errc::unknown_protocol, {"keep-alive", {}, {}, Errc::unknown_protocol});
    }
    SECTION("an empty segment") {
        p.relay.connection().send(0, true, {});
        p.net.run_for(1s);
        p.check_ended(Errc::empty_segment, {"handshake", {}, {}, Errc::empty_segment});
    }
    SECTION("an end of the connection") {
        p.relay.connection().close();
        p.net.run_for(1s);
        CHECK(last<ini::PeerDisconnected>(p.node).reason == Errc::closed_by_peer);
        CHECK(p.net.connections() == 0);
    }
}
