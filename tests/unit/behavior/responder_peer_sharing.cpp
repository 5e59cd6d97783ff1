#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

ByteVector share_request(std::uint8_t amount) { return raw::join({raw::array(2), raw::uint(0), raw::uint(amount)}); }
const ByteVector done = raw::bytes("8102");
const std::string sharing_data = "841a2d964a09f401f4";

/// A relay that shares peers, and a client that has agreed to.
struct Sharing {
    explicit Sharing(bool relay_shares = true, bool client_shares = true)
        : Sharing(config(relay_shares), client_shares) {}
    explicit Sharing(res::Config config, bool client_shares = true)
        : relay(net.add<ResponderBehavior>(relay_id, std::move(config))), client(net, relay_id, false) {
        client.send(0, raw::propose(client_shares ? sharing_data : raw::data_hex));
        net.run_for(1s);
        REQUIRE(count<res::PeerInitialized>(relay) == 1);
        connection = last<res::PeerConnected>(relay).connection;
    }
    static res::Config config(bool shares) {
        res::Config config;
        config.offer.data.peer_sharing = shares;
        return config;
    }
    Errc provide(std::vector<PeerAddress> peers) { return provide(connection, std::move(peers)); }
    Errc provide(ConnectionId to, std::vector<PeerAddress> peers) {
        const auto id = relay.execute(res::Answer{to, PeerSharing::SharePeers{std::move(peers)}});
        return id ? Errc::none : id.error();
    }
    void send(const ByteVector& messages) {
        client.send(10, messages);
        net.run_for(1s);
    }
    /// What the client hears beyond what it has heard.
    ByteVector more() {
        net.run_for(1s);
        const ByteVector all = client.heard(10);
        ByteVector fresh(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end());
        seen = all.size();
        return fresh;
    }

    SimulatedNetwork net;
    Responder& relay;
    RawClient client;
    ConnectionId connection{};
    std::size_t seen = 0;
};

const PeerId v4_peer = PeerId::from_parts("1.2.3.4", 3'001);
const PeerId v6_peer = PeerId::from_parts("2001:db8::1", 3'001);
const PeerAddress v4 = *PeerAddress::from(v4_peer);
const PeerAddress v6 = *PeerAddress::from(v6_peer);
const ByteVector v4_bytes = raw::bytes("83001a04030201190bb9");
const ByteVector v6_bytes = raw::bytes("86011a20010db8000001190bb9");

/// Requests for all addresses, one, and none.
const ByteVector three_requests = raw::join({share_request(255), share_request(1), share_request(0)});
/// The answers to them: these addresses, the first one, and none.
ByteVector three_answers(const ByteVector& first, const ByteVector& others) {
    const auto list = [](const ByteVector& peers) {
        return raw::join({raw::bytes("82019f"), peers, raw::bytes("ff")});
    };
    return raw::join({list(raw::join({first, others})), list(first), raw::bytes("820180")});
}

}  // namespace

TEST_CASE("A peer that requests peers gets those that the user returns", "[unit][behavior][peer_sharing]") {
    Sharing s;
    s.send(share_request(5));
    REQUIRE(requests<PeerSharing::ShareRequest>(s.relay) == 1);
    CHECK(last_request<PeerSharing::ShareRequest>(s.relay).connection == s.connection);
    CHECK(last_request<PeerSharing::ShareRequest>(s.relay).peer.host() == raw_id.host());
    CHECK(last_request<PeerSharing::ShareRequest>(s.relay).message.amount == 5);
    CHECK(s.provide({v4, v6}) == Errc::none);
    CHECK(s.more() == raw::bytes("82019f83001a04030201190bb986011a20010db8000001190bb9ff"));
    CHECK(s.provide({v4}) == Errc::not_our_turn);

    s.send(share_request(5));
    CHECK(s.provide({}) == Errc::none);
    CHECK(s.more() == raw::bytes("820180"));
    s.send(share_request(0));
    CHECK(last_request<PeerSharing::ShareRequest>(s.relay).message.amount == 0);
    CHECK(s.provide({}) == Errc::none);
    CHECK(s.more() == raw::bytes("820180"));
    CHECK(s.relay.behavior().counters().peer_requests == 3);
    CHECK(count<res::PeerDisconnected>(s.relay) == 0);
}

TEST_CASE("An answer that cannot be sent leaves the request open", "[unit][behavior][peer_sharing]") {
    Sharing s;
    CHECK(s.provide({}) == Errc::not_our_turn);
    s.send(share_request(2));
    CHECK(s.provide({v4, v6, v4}) == Errc::bad_argument);
    CHECK(s.more().empty());
    CHECK(s.provide({v4}) == Errc::none);
    CHECK(s.more() == raw::bytes("82019f83001a04030201190bb9ff"));
    CHECK(s.provide(ConnectionId{77}, {}) == Errc::unknown_peer);
}

TEST_CASE("No answer is longer than the requesting side accepts", "[unit][behavior][peer_sharing]") {
    Sharing s;
    // 25 bytes each: a head, the kind, four words of five, a port of three; and four around them.
    const auto addresses = [](std::size_t count) {
        const PeerId largest = PeerId::from_parts("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65'535);
        return std::vector<PeerAddress>(count, *PeerAddress::from(largest));
    };
    constexpr std::size_t most = (5'760 - 4) / 25;
    s.send(share_request(255));
    CHECK(s.provide(addresses(255)) == Errc::bad_argument);
    CHECK(s.provide(addresses(most + 1)) == Errc::bad_argument);
    CHECK(s.provide(addresses(most)) == Errc::none);
    const ByteVector answer = s.more();
    CHECK(answer.size() == 4 + 25 * most);
    CHECK(answer.size() <= 5'760);
    // All of them fit where they are of IPv4.
    s.send(share_request(255));
    CHECK(s.provide(std::vector<PeerAddress>(255, v4)) == Errc::none);
    CHECK(s.more().size() == 4 + 255 * 10);
}

TEST_CASE("Pipelined requests are answered one after the other", "[unit][behavior][peer_sharing]") {
    Sharing s;
    s.send(raw::join({share_request(1), share_request(2), done, share_request(3)}));
    for (std::uint8_t amount = 1; amount <= 3; ++amount) {
        REQUIRE(requests<PeerSharing::ShareRequest>(s.relay) == amount);  // the others stay unread
        CHECK(last_request<PeerSharing::ShareRequest>(s.relay).message.amount == amount);
        CHECK(s.provide(std::vector<PeerAddress>(amount, v4)) == Errc::none);
        CHECK(s.more().size() == 4 + std::size_t{10} * amount);
    }
    CHECK(s.relay.held() == 0);
}

TEST_CASE("Requests of a peer that does not read its answers are not reported to the user",
          "[unit][behavior][peer_sharing]") {
    Sharing s;
    s.client.connection().pause(true);
    std::size_t answered = 0;
    for (int round = 0; round < 1'000; ++round) {
        s.send(raw::repeat(share_request(255), 10));
        while (requests<PeerSharing::ShareRequest>(s.relay) > answered) {
            ++answered;
            REQUIRE(s.provide(std::vector<PeerAddress>(255, v4)) == Errc::none);
        }
        if (requests<PeerSharing::ShareRequest>(s.relay) < static_cast<std::size_t>(round) * 10) break;
    }
    // Two buffers of the network's, and the soft limit of what a mini-protocol may have waiting.
    CHECK(answered * 2'554 < 2 * 256 * 1'024 + 262'143 + 3 * 6'200);
    CHECK(s.relay.held() < 262'143 + 6'200 + PeerSharing::ingress_limit);
}

TEST_CASE("A relay with a list of peers answers by itself", "[unit][behavior][peer_sharing]") {
    res::Config config = Sharing::config(true);
    config.shareable = [] { return std::vector{v4_peer, v6_peer, PeerId::from_parts("relay.example", 3'001)}; };
    Sharing s(std::move(config));
    s.send(three_requests);
    const ByteVector heard = s.more();
    CHECK((heard == three_answers(v4_bytes, v6_bytes) || heard == three_answers(v6_bytes, v4_bytes)));
    CHECK(requests<PeerSharing::ShareRequest>(s.relay) == 0);
    CHECK(s.relay.behavior().counters().peer_requests == 3);
    CHECK(s.provide({}) == Errc::not_our_turn);
}

TEST_CASE("A relay that shares its own address has it first in every answer", "[unit][behavior][peer_sharing]") {
    const bool others = GENERATE(false, true);
    res::Config config = Sharing::config(true);
    config.own_address = v4_peer;
    if (others) config.shareable = [] { return std::vector{v6_peer, v4_peer}; };
    Sharing s(std::move(config));
    s.send(three_requests);
    CHECK(s.more() == three_answers(v4_bytes, others ? v6_bytes : ByteVector()));
    CHECK(requests<PeerSharing::ShareRequest>(s.relay) == 0);
}

TEST_CASE("Peer-sharing is not in use unless both sides share", "[unit][behavior][peer_sharing]") {
    const auto [relay, client] = GENERATE(table<bool, bool>({{true, false}, {false, true}, {false, false}}));
    Sharing s(relay, client);
    CHECK(s.provide({}) == Errc::not_our_turn);
    s.send(share_request(5));
    s.net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(s.relay).reason == Errc::unknown_protocol);
    CHECK(last<res::PeerDisconnected>(s.relay).violation.protocol == "peer-sharing");
    CHECK(requests<PeerSharing::ShareRequest>(s.relay) == 0);
}

TEST_CASE("A peer that breaks a rule of peer-sharing is disconnected", "[unit][behavior][peer_sharing]") {
    Sharing s;
    using Offset = std::optional<std::size_t>;
    const auto [bytes, rule, message, offset] = GENERATE(table<std::string, Errc, std::string_view, Offset>({
        {"82001901ff", Errc::malformed, "", 2},
        {"8103", Errc::malformed, "", 1},
        {"820180", Errc::out_of_turn, "SharePeers", {}},
    }));
    s.send(raw::bytes(bytes));
    s.net.run_for(1s);
    REQUIRE(count<res::PeerDisconnected>(s.relay) == 1);
    CHECK(last<res::PeerDisconnected>(s.relay).reason == rule);
    CHECK(last<res::PeerDisconnected>(s.relay).violation == Violation{"peer-sharing", "Idle", message, rule, offset});
    CHECK(s.client.connection().error() == Errc::connection_reset);
}

TEST_CASE("A peer that has requested peers is not idle before its Done", "[unit][behavior][peer_sharing]") {
    Sharing s;
    s.send(share_request(1));
    s.net.run_for(40s);
    CHECK(s.provide({v4}) == Errc::none);
    s.net.run_for(40s);
    CHECK(count<res::PeerDisconnected>(s.relay) == 0);
    s.send(done);
    REQUIRE(s.net.run_until([&] { return s.client.connection().ended(); }, 10s));
}
