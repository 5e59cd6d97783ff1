#include <algorithm>
#include <deque>

#include "unit/behavior/node_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay and strangers, which come from addresses of one network.
struct Besieged {
    explicit Besieged(std::size_t soft_limit) : chain(std::make_shared<TestChain>(50)) {
        res::Config config = serving(chain);
        config.soft_limit = soft_limit;
        relay = &net.add<ResponderBehavior>(relay_id, config);
    }

    Initiator& follow(const PeerId& address) {
        Initiator& node = net.add<InitiatorBehavior>(address, knowing());
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        REQUIRE(node.execute(ini::StartSync{}));
        return node;
    }
    RawClient& stranger(std::size_t number, bool agrees) {
        const auto host = "127.9.9." + std::to_string(number % 250 + 1);
        const auto port = static_cast<std::uint16_t>(2'000 + number);
        return strangers.emplace_back(net, relay_id, agrees, PeerId::from_parts(host, port));
    }
    [[nodiscard]] std::size_t pruned() const { return relay->behavior().counters().pruned; }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Responder* relay = nullptr;
    std::deque<RawClient> strangers;
};

enum class Manner { silent, silent_after_handshake, drips, pings, asks_without_end, asks_and_reads_nothing };

void behave(RawClient& stranger, Manner manner) {
    switch (manner) {
        case Manner::silent:
        case Manner::silent_after_handshake: return;
        case Manner::drips: return stranger.connection().send(BytesView(raw::request_next).first(1));
        case Manner::pings: return stranger.send(8, raw::bytes("820007"));
        case Manner::asks_without_end:
            stranger.then([&stranger, asked = std::size_t{0}]() mutable {
                const std::size_t heard = stranger.heard(2).size();
                if (std::exchange(asked, heard) != heard) stranger.send(2, raw::find_intersect({}));
            });
            return stranger.send(2, raw::find_intersect({}));
        case Manner::asks_and_reads_nothing:
            stranger.connection().pause(true);
            return stranger.send(2, raw::find_intersect({}));
    }
}

/// A stranger of 127.9.9.0/24 that dials again whenever it is disconnected.
class Returning {
  public:
    enum class Manner { silent, drips, asks_without_end };

    Returning(SimulatedNetwork& net, std::size_t number, Manner manner)
        : net_(net),
          manner_(manner),
          peer_(net.script(PeerId::from_parts("127.9.9." + std::to_string(number % 250 + 1),
                                              static_cast<std::uint16_t>(2'000 + number)))) {
        peer_.react([this](RawConnection& connection) { react(connection); });
        dial();
    }

    std::size_t dials = 0, requests = 0;

  private:
    enum class Stage { dialled, proposed, agreed };
    inline static const ByteVector ping = raw::ping(7);

    void dial() {
        ++dials;
        stage_ = Stage::dialled;
        peer_.dial(relay_id);
    }
    void react(RawConnection& connection) {
        if (&connection != &peer_.connections().back()) return;
        if (connection.error() != Errc::none || connection.ended()) return dial();
        if (!connection.open() || manner_ == Manner::silent) return;
        if (stage_ == Stage::dialled) {
            stage_ = Stage::proposed;
            return connection.send(0, false, raw::propose());
        }
        if (connection.received().empty()) return;
        connection.forget();
        if (manner_ == Manner::asks_without_end) {
            ++requests;
            connection.send(2, false, raw::find_intersect({}));
        } else if (std::exchange(stage_, Stage::agreed) == Stage::proposed) {
            connection.send(8, false, ping);
            drip(connection, 0);
        }
    }
    /// A byte of a ping each second.
    void drip(RawConnection& connection, std::size_t at) {
        if (!connection.open()) return;
        ++requests;
        connection.send(8, false, BytesView(ping).subspan(at % ping.size(), 1));
        net_.world().at(net_.now() + 1s, [this, &connection, at] { drip(connection, at + 1); });
    }

    SimulatedNetwork& net_;
    Manner manner_;
    ScriptedPeer& peer_;
    Stage stage_ = Stage::dialled;  // of the newest connection
};

}  // namespace

TEST_CASE("A new peer is served while strangers of one network hold every place, and a good one keeps its place",
          "[unit][behavior][responder]") {
    const Manner manner = GENERATE(Manner::silent, Manner::silent_after_handshake, Manner::drips, Manner::pings,
                                   Manner::asks_without_end, Manner::asks_and_reads_nothing);
    CAPTURE(static_cast<int>(manner));
    Besieged siege(48);
    Initiator& early = siege.follow(PeerId::from_parts("127.1.1.1", 3001));
    siege.net.run_for(1s);
    for (std::size_t i = 0; i < 128; ++i) behave(siege.stranger(i, manner != Manner::silent), manner);
    CHECK(siege.relay->behavior().peers().size() <= 48);
    CHECK(siege.pruned() > 0);
    const Instant came = siege.net.now();
    Initiator& late = siege.follow(PeerId::from_parts("127.2.2.2", 3001));
    REQUIRE(siege.net.run_until([&] { return count<ini::RollForward>(late) == 50; }, 10s));
    CHECK(siege.net.now() - came <= 10s);
    for (std::size_t i = 128; i < 256; ++i) behave(siege.stranger(i, manner != Manner::silent), manner);
    siege.net.run_for(1s);
    siege.chain->extend(1);
    REQUIRE(siege.relay->execute(res::ChainChanged{50}));
    siege.net.run_for(1s);
    for (const Initiator* good : {&early, &late}) {
        CHECK(count<ini::PeerDisconnected>(*good) == 0);
        CHECK(count<ini::RollForward>(*good) == 51);
    }
    for (const auto& end : told<res::PeerDisconnected>(*siege.relay))
        if (end.reason == Errc::pruned) CHECK(end.peer.host().starts_with("127.9.9."));
}

TEST_CASE("A new peer is served within ten seconds while 512 strangers of one /24 besiege a relay with default limits",
          "[unit][behavior][responder]") {
    using Manner = Returning::Manner;
    constexpr std::size_t strangers = 512, places = 512;  // the hard limit of accepted connections
    const Manner manner = GENERATE(Manner::silent, Manner::drips, Manner::asks_without_end);
    CAPTURE(static_cast<int>(manner));
    Besieged siege(res::Config().soft_limit);
    Capacity capacity;
    capacity.backlog = places;
    siege.net.capacity(relay_id, capacity);
    Initiator& early = siege.follow(PeerId::from_parts("127.1.1.1", 3001));
    siege.net.run_for(1s);
    std::deque<Returning> crowd;
    for (std::size_t i = 0; i < strangers; ++i) crowd.emplace_back(siege.net, i, manner);
    siege.net.run_for(15s);  // no connection is judged in its first ten seconds
    CHECK(siege.relay->behavior().peers().size() > res::Config().soft_limit * 9 / 10);
    for (std::uint8_t i = 1; i <= 3; ++i) {
        Initiator& late = siege.follow(PeerId::from_parts("127.2.2." + std::to_string(i), 3001));
        CHECK(siege.net.run_until([&] { return count<ini::RollForward>(late) == 50; }, 10s));
        siege.net.run_for(1s);
        CHECK(count<ini::PeerDisconnected>(late) == 0);
    }
    siege.chain->extend(1);
    REQUIRE(siege.relay->execute(res::ChainChanged{50}));
    siege.net.run_for(1s);
    CHECK(count<ini::PeerDisconnected>(early) == 0);
    CHECK(count<ini::RollForward>(early) == 51);
    // All of them were busy all the time.
    CHECK(siege.pruned() > strangers);
    for (const Returning& one : crowd) CHECK(one.dials > 1);
    if (manner != Manner::silent)
        for (const Returning& one : crowd) CHECK(one.requests > 1);
}

TEST_CASE("A peer that was useful long ago is pruned before a useful one", "[unit][behavior][responder]") {
    Besieged siege(2);
    Initiator& useful = siege.follow(PeerId::from_parts("127.1.1.1", 3001));
    RawClient& stale = siege.stranger(0, true);
    stale.send(2, raw::join({raw::find_intersect({}), raw::request_next, raw::request_next}));
    siege.net.run_for(90s);
    stale.send(8, raw::bytes("820007"));
    siege.net.run_for(31s);
    CHECK(stale.connection().open());
    (void)siege.follow(PeerId::from_parts("127.2.2.2", 3001));
    siege.net.run_for(1s);
    CHECK_FALSE(stale.connection().open());
    CHECK(count<ini::PeerDisconnected>(useful) == 0);
    CHECK(siege.pruned() == 1);
}

TEST_CASE("A peer that fetches new blocks is useful", "[unit][behavior][responder]") {
    Besieged siege(2);
    RawClient& fetching = siege.stranger(0, true);
    siege.follow(PeerId::from_parts("127.1.1.1", 3001));
    const auto fetch = [&](ChainView::Position position) {
        const Point point = siege.chain->point(position);
        fetching.send(3, raw::request_range(point, point));
        fetching.send(8, raw::ping(7));
        siege.net.run_for(60s);
    };
    for (ChainView::Position position = 1; position <= 3; ++position) fetch(position);
    const std::size_t before = siege.pruned();
    RawClient& stranger = siege.stranger(100, true);
    CHECK(siege.pruned() == before);
    CHECK(fetching.connection().open());
    CHECK(stranger.connection().open());
}

TEST_CASE("Connections that have ended take no places, whichever side ended them", "[unit][behavior][responder]") {
    const bool by_relay = GENERATE(false, true);
    Besieged siege(3);
    for (std::size_t i = 0; i < 6; ++i) {
        RawClient& stranger = siege.stranger(i, true);
        if (by_relay)
            REQUIRE(siege.relay->execute(res::DisconnectPeer{siege.relay->behavior().peers().at(0).connection}));
        else
            stranger.connection().close();
        siege.net.run_for(10s);
        REQUIRE(siege.relay->behavior().peers().empty());
    }
    siege.stranger(10, true);
    siege.stranger(11, true);
    CHECK(siege.pruned() == 0);
}

TEST_CASE("A peer that became of use since all were ranked keeps its place", "[unit][behavior][responder]") {
    constexpr std::size_t places = 64;  // enough for a ranking to serve several newcomers
    Besieged siege(places);
    for (std::size_t i = 0; i < places; ++i) siege.stranger(i, true).send(8, raw::bytes("820007"));
    siege.net.run_for(11s);
    const std::size_t before = siege.pruned();
    const auto oldest = [&] {
        return std::ranges::find_if(siege.strangers, [](RawClient& one) { return one.connection().open(); });
    };
    RawClient& first = *oldest();
    siege.stranger(100, true);
    CHECK(siege.pruned() == before + 1);
    CHECK_FALSE(first.connection().open());
    RawClient& useful = *oldest();
    useful.send(2, raw::join({raw::find_intersect({}), raw::request_next, raw::request_next}));
    siege.net.run_for(100ms);
    siege.stranger(101, true);
    siege.stranger(102, true);
    siege.net.run_for(100ms);
    CHECK(siege.pruned() == before + 3);
    CHECK(useful.connection().open());
}

TEST_CASE("If all peers are useful, none is pruned", "[unit][behavior][responder]") {
    Besieged siege(2);
    std::vector<Initiator*> all;
    for (int i = 1; i <= 4; ++i) {
        all.push_back(&siege.follow(PeerId::from_parts("127." + std::to_string(i) + ".1.1", 3001)));
        siege.net.run_for(1s);
    }
    siege.net.run_for(1min);
    CHECK(siege.pruned() == 0);
    for (const Initiator* each : all) CHECK(count<ini::PeerDisconnected>(*each) == 0);
}

TEST_CASE("Of useful peers one of the address with most connections is pruned", "[unit][behavior][responder]") {
    Besieged siege(5);
    std::vector<Initiator*> all;
    for (std::uint16_t port = 1; port <= 3; ++port) all.push_back(&siege.follow(PeerId::from_parts("127.1.1.1", port)));
    all.push_back(&siege.follow(PeerId::from_parts("127.2.2.2", 1)));
    siege.net.run_for(1s);
    Initiator& newcomer = siege.follow(PeerId::from_parts("127.3.3.3", 1));
    siege.net.run_for(1s);
    CHECK(siege.pruned() == 1);
    CHECK(last<res::PeerDisconnected>(*siege.relay).reason == Errc::pruned);
    CHECK(last<res::PeerDisconnected>(*siege.relay).peer.host() == "127.1.1.1");
    CHECK(count<ini::PeerDisconnected>(*all.back()) == 0);
    CHECK(count<ini::RollForward>(newcomer) == 50);
}

TEST_CASE("A node prunes no connection that it uses itself", "[unit][behavior][node]") {
    TwoNodes pair(5, [](node::Config& config) { config.responder.soft_limit = 1; });
    pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    REQUIRE(state(*pair.near, relay_id) == State::duplex);
    Initiator& other = pair.net.add<InitiatorBehavior>(other_id, knowing());
    REQUIRE(other.execute(ini::IncludePeer{node_id}));
    pair.net.run_for(5min);
    CHECK(state(*pair.near, relay_id) == State::duplex);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
}

TEST_CASE("A peer has 97 s for its first ping after its first message of any kind", "[unit][behavior][responder]") {
    const auto [channel, message] = GENERATE(table<std::uint16_t, raw::ByteVector>({
        {2, raw::find_intersect({})},
        {2, raw::request_next},
        {3, raw::request_range(Point(), Point())},
        {4, raw::bytes("8106")},
    }));
    CAPTURE(channel);
    Besieged siege(10);
    RawClient& client = siege.stranger(0, true);
    const bool pings = GENERATE(false, true);
    client.send(channel, message);
    siege.net.run_for(96s);
    CHECK(client.connection().open());
    if (pings) client.send(8, raw::bytes("820007"));
    siege.net.run_for(2s);
    CHECK(client.connection().open() == pings);
    siege.net.run_for(96s);
    CHECK_FALSE(client.connection().open());
    const auto end = last<res::PeerDisconnected>(*siege.relay);
    CHECK(end.reason == Errc::state_timeout);
    CHECK(end.violation.protocol == "keep-alive");
}
