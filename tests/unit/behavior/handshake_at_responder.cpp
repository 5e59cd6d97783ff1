#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay, and a client that has not proposed anything yet.
struct Door {
    explicit Door(const Options& options = {}, res::Config config = {})
        : net(options),
          relay(net.add<ResponderBehavior>(relay_id, with_chain(std::move(config)))),
          client(net, relay_id, false) {}

    static res::Config with_chain(res::Config config) {
        config.chain = std::make_shared<TestChain>(3);
        return config;
    }
    void propose(std::string_view digits) {
        client.send(0, raw::bytes(digits));
        net.run_for(100ms);
    }
    void check_ended(Errc reason, const Violation& violation) {
        net.run_for(1s);
        CHECK(client.heard(0).empty());
        CHECK(client.connection().error() == Errc::connection_reset);
        REQUIRE(count<res::PeerDisconnected>(relay) == 1);
        CHECK(last<res::PeerDisconnected>(relay).reason == reason);
        CHECK(last<res::PeerDisconnected>(relay).violation == violation);
        CHECK(relay.behavior().counters().violations == 1);
        CHECK(relay.behavior().peers().empty());
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }
    void check_refused(Errc error) {
        REQUIRE(count<res::PeerRefused>(relay) == 1);
        CHECK(last<res::PeerRefused>(relay).error == error);
        CHECK(relay.behavior().counters().refusals == 1);
        CHECK(relay.behavior().counters().handshakes == 0);
        CHECK(client.connection().ended());  // the relay has ended its side behind the refusal
        client.connection().close();
        net.run_for(1s);
        CHECK(last<res::PeerDisconnected>(relay).reason == error);
        CHECK(last<res::PeerDisconnected>(relay).violation == Violation{});
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }
    /// The ping is answered: the connection is in use.
    void check_agreed(const Agreement& agreement) {
        REQUIRE(count<res::PeerInitialized>(relay) == 1);
        CHECK(last<res::PeerInitialized>(relay).agreement == agreement);
        client.send(8, raw::ping(7));
        net.run_for(1s);
        CHECK(client.heard(8) == raw::pong(7));
    }

    SimulatedNetwork net;
    Responder& relay;
    RawClient client;
};

const Agreement usual{Version{15}, {mainnet, false, false, false, false}};
const std::string data = "841a2d964a09f400f4";

}  // namespace

TEST_CASE("The highest common version is accepted with the combined data of both sides",
          "[unit][behavior][handshake]") {
    struct Row {
        std::string proposal;
        ByteVector answer;
        Agreement agreement;
    };
    const Row row =
        GENERATE(Row{"8200a20e" + data + "0f" + data, raw::accept(), usual},
                 Row{"8200a10e" + data, raw::accept(14), {Version{14}, usual.data}},
                 Row{"8200a10f841a2d964a09f501f4",
                     raw::accept(15, "841a2d964a09f500f4"),
                     {Version{15}, {mainnet, true, false, false, false}}},
                 Row{"8200a20f" + data + "10851a2d964a09f400f4f4", raw::accept(), usual},
                 // Unknown versions, with data of any shape, in any place; data of the lower one are never read.
                 Row{"8200a5"
                     "1863a1009f0102ff"
                     "0ef6"
                     "0a821a2d964a09f4"
                     "0f" +
                         data + "07f6",
                     raw::accept(), usual},
                 // Numbers longer than they need be.
                 Row{"8200a1180f841b000000002d964a09f41800f4", raw::accept(), usual});
    Door d;
    d.propose(row.proposal);
    CHECK(d.client.heard(0) == row.answer);
    CHECK(d.relay.behavior().counters().handshakes == 1);
    d.check_agreed(row.agreement);
}

TEST_CASE("Without a common version the refusal lists ours", "[unit][behavior][handshake]") {
    Door d;
    const auto proposal = GENERATE_REF(as<std::string>(), "8200a0", "8200a10d" + data, "8200a210" + data + "1863f6",
                                       "8200a119800f821a2d964a09f4");
    d.propose(proposal);
    CHECK(d.client.heard(0) == raw::bytes("82028200820e0f"));
    d.check_refused(Errc::version_mismatch);
}

TEST_CASE("Data of the chosen version that do not decode are refused with the version", "[unit][behavior][handshake]") {
    Door d;
    const auto [version, its_data] = GENERATE(table<std::uint8_t, std::string>({{14, "851a2d964a09f400f4f4"},
                                                                                {14, "831a2d964a09f400"},
                                                                                {15, "841a2d964a09f402f4"},
                                                                                {15, "841a2d964a090000f4"},
                                                                                {15, "9f1a2d964a09f400f4ff"},
                                                                                {15, "841b0000000100000000f400f4"},
                                                                                {15, "84c2442d964a09f400f4"},
                                                                                {15, "00"}}));
    d.client.send(0, raw::join({raw::bytes("8200a1"), raw::uint(version), raw::bytes(its_data)}));
    d.net.run_for(100ms);
    const ByteVector answer = d.client.heard(0);
    REQUIRE(answer.size() > 6);
    CHECK(ByteVector(answer.begin(), answer.begin() + 5) == ByteVector{0x82, 0x02, 0x83, 0x01, version});
    d.check_refused(Errc::version_data);
}

TEST_CASE("Another network is refused with a text", "[unit][behavior][handshake]") {
    Door d;
    d.propose("8200a10f8401f400f4");
    const std::string text = "version data mismatch: expected network magic 764824073, received 1";
    CHECK(d.client.heard(0) ==
          raw::join({raw::bytes("820283020f"), raw::head(3, text.size()), ByteVector(text.begin(), text.end())}));
    d.check_refused(Errc::magic_mismatch);
}

TEST_CASE("A query is answered with all versions, and the peer has time to read them", "[unit][behavior][handshake]") {
    Door d;
    const Instant start = d.net.now();
    d.propose("8200a10f841a2d964a09f500f5");
    CHECK(d.client.heard(0) == raw::bytes("8203a20e" + data + "0f" + data));
    d.client.send(8, raw::ping(7));  // no mini-protocol ever runs
    SECTION("it closes") {
        d.net.run_for(10s);
        CHECK(d.relay.behavior().peers().size() == 1);
        d.client.connection().close();
        d.net.run_for(1s);
    }
    SECTION("it is disconnected after twenty seconds") {
        REQUIRE(await<res::PeerDisconnected>(d.net, d.relay, 60s));
        CHECK(d.net.now() == start + 20s + 20ms);
        d.net.run_for(1s);
        CHECK(d.client.connection().error() == Errc::connection_reset);
    }
    CHECK(d.client.heard(8).empty());
    CHECK(last<res::PeerDisconnected>(d.relay).reason == Errc::query_answered);
    CHECK(count<res::PeerInitialized>(d.relay) == 0);
    CHECK(d.relay.behavior().counters().refusals == 0);
    CHECK(d.net.connections() == 0);
}

TEST_CASE("A malformed proposal ends the connection without an answer", "[unit][behavior][handshake]") {
    Door d;
    const auto [proposal, offset] = GENERATE_REF(table<std::string, std::size_t>({
        {"ff", 0},
        {"00", 0},
        {"8109", 1},
        {"820900", 1},
        {"8300a000", 0},
        {"820080", 2},
        {"9f00a0ff", 0},
        {"8200bf0e" + data + "ff", 2},          // an indefinite map
        {"8200a20f" + data + "0e" + data, 13},  // descending keys
        {"8200a20e" + data + "0e" + data, 13},  // the same key twice
        {"8200a12e" + data, 3},                 // a negative version
        {"8200a161300f", 3},
    }));
    d.propose(proposal);
    d.check_ended(Errc::malformed, {"handshake", "Propose", {}, Errc::malformed, offset});
}

TEST_CASE("A client may not send the messages of a responder", "[unit][behavior][handshake]") {
    Door d;
    const auto [message, name] = GENERATE_REF(table<std::string, std::string_view>(
        {{"83010f" + data, "AcceptVersion"}, {"82028200820e0f", "Refuse"}, {"8203a0", "QueryReply"}}));
    d.propose(message);
    d.check_ended(Errc::out_of_turn, {"handshake", "Propose", name, Errc::out_of_turn});
}

TEST_CASE("A proposal has at most 5,760 bytes, in any number of segments", "[unit][behavior][handshake]") {
    Door d;
    const bool fits = GENERATE(true, false);
    // An unknown version whose data are one string, then one that is known: 8200a2 + 1863 59xxxx… + 0f + 9 of data.
    const std::size_t filling = 5'760 - 3 - 2 - 3 - 10 + (fits ? 0 : 1);
    const ByteVector proposal =
        raw::join({raw::bytes("8200a21863"), raw::bytes(ByteVector(filling, 0)), raw::bytes("0f" + data)});
    REQUIRE(proposal.size() == (fits ? 5'760 : 5'761));
    d.client.send(0, proposal, GENERATE(as<std::size_t>(), 1, 1'440, 60'000));
    d.net.run_for(1s);
    if (fits)
        d.check_agreed(usual);
    else
        d.check_ended(Errc::message_too_large, {"handshake", "Propose", {}, Errc::message_too_large, 5'760});
}

TEST_CASE("A proposal may come in pieces, and bytes behind it in its segment are dropped, but the next segment is read",
          "[unit][behavior][handshake]") {
    Options options;
    options.chunk = GENERATE(as<std::size_t>(), 1, 7, 65'536);
    Door d(options);
    SECTION("in two pieces, for every cut") {
        const ByteVector whole = raw::propose();
        for (std::size_t cut = 1; cut < whole.size(); ++cut) {
            RawClient other(d.net, relay_id, false, other_id);
            other.connection().send(0, false, BytesView(whole).first(cut));
            d.net.run_for(1s);
            CHECK(other.heard(0).empty());
            other.connection().send(0, false, BytesView(whole).subspan(cut));
            d.net.run_for(1s);
            CHECK(other.heard(0) == raw::accept());
            other.connection().reset();
        }
    }
    SECTION("with bytes behind it") {
        d.client.send(0, raw::join({raw::propose(), raw::ping(1), ByteVector(3'000, 0xff)}));
        d.client.send(8, raw::ping(2));
        d.net.run_for(1s);
        CHECK(d.client.heard(0) == raw::accept());
        CHECK(d.client.heard(8) == raw::pong(2));
    }
}

TEST_CASE("Around the proposal only the handshake's messages are legal", "[unit][behavior][handshake]") {
    Door d;
    SECTION("another mini-protocol first") {
        d.client.send(8, raw::ping(1));
        d.check_ended(Errc::unknown_protocol, {"keep-alive", {}, {}, Errc::unknown_protocol});
    }
    SECTION("the mode bit set") {
        d.client.connection().send(0, true, raw::propose());
        d.check_ended(Errc::wrong_direction, {"handshake", {}, {}, Errc::wrong_direction});
    }
    SECTION("nothing in the segment") {
        d.client.connection().send(0, false, {});
        d.check_ended(Errc::empty_segment, {"handshake", {}, {}, Errc::empty_segment});
    }
    SECTION("a second proposal") {
        d.propose("8200a10f" + data);
        CHECK(d.client.heard(0) == raw::accept());
        d.propose("8200a10f" + data);
        CHECK(d.client.connection().error() == Errc::connection_reset);
        CHECK(last<res::PeerDisconnected>(d.relay).reason == Errc::unknown_protocol);
        CHECK(d.client.heard(0) == raw::accept());
    }
}
