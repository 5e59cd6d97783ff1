// A user's own protocol over the behaviors between nodes.

#include <ouro/behavior/own_protocol.hpp>

#include "support/doubling.hpp"
#include "unit/behavior/alone.hpp"
#include "unit/behavior/node_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;
using test::Doubling;

namespace {

/// Asks for the double of 21 on every connection where it is our turn, and doubles what it is asked.
class Doubler : public OwnHandler<Doubling> {
  public:
    void ready(const OwnPeer& peer, Instant) override {
        peers.push_back(peer);
        if (peer.role == Role::initiator && asks) CHECK(send(peer, Doubling::Ask{21}) == Errc::none);
    }
    Errc received(const OwnPeer& peer, Message& message, Instant) override {
        if (const auto* ask = std::get_if<Doubling::Ask>(&message)) {
            ++asked;
            if (!answers) return Errc::none;
            return send(peer, Doubling::Tell{2 * ask->number});
        }
        doubles.push_back(std::get<Doubling::Tell>(message).number);
        return doubles.back() % 2 == 0 ? Errc::none : Errc::unrequested;
    }
    void gone(const OwnPeer&, Errc reason, Instant) override { ends.push_back(reason); }
    void tick(Instant now) override {
        if (now >= due) due = Instant::max(), ++ticks;
    }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override {
        return due == Instant::max() ? std::nullopt : std::optional(due);
    }

    std::vector<OwnPeer> peers;
    std::vector<std::uint64_t> doubles;
    std::vector<Errc> ends;
    std::size_t asked = 0, ticks = 0;
    Instant due = Instant::max();
    bool asks = true, answers = true;
};

struct Spoken {
    explicit Spoken(bool opted_in = true, bool relay_knows = true) {
        ini::Config dialling;
        dialling.protocols = {own<Doubling>(near)};
        res::Config config = serving(std::make_shared<TestChain>(3));
        if (relay_knows) config.protocols = {own<Doubling>(far)};
        relay = &net.add<ResponderBehavior>(relay_id, config);
        node = &net.add<InitiatorBehavior>(node_id, dialling);
        REQUIRE(node->execute(ini::IncludePeer{relay_id, false, opted_in}));
    }
    SimulatedNetwork net;
    std::shared_ptr<Doubler> near = std::make_shared<Doubler>(), far = std::make_shared<Doubler>();
    Responder* relay = nullptr;
    Initiator* node = nullptr;
};

/// Descriptions that are refused.
struct TooHigh : Doubling {
    static constexpr Channel channel{32'767};
};
struct NoQueue : Doubling {
    static constexpr std::size_t ingress_limit = 0;
};
template <class P>
class Quiet : public OwnHandler<P> {
    Errc received(const OwnPeer&, typename P::Message&, Instant) override { return Errc::none; }
};

/// One with the number of a mini-protocol that is off.
struct Idle : Doubling {
    static constexpr Channel channel = LeiosNotify::channel;
};
/// A protocol with the number of chain-sync.
struct Stolen : Doubling {
    static constexpr Channel channel{2};
};

class Nothing : public OwnHandler<Stolen> {
    Errc received(const OwnPeer&, Message&, Instant) override { return Errc::none; }
};

}  // namespace

TEST_CASE("An initiator and a responder speak an own protocol", "[unit][behavior][own]") {
    Spoken pair;
    pair.net.run_for(1s);
    CHECK(pair.near->doubles == std::vector<std::uint64_t>{42});
    CHECK(pair.far->asked == 1);
    REQUIRE(pair.far->peers.size() == 1);
    CHECK(pair.far->peers[0].role == Role::responder);
    CHECK(pair.near->peers[0].peer == relay_id);
    // The next request, from outside of the behavior's calls.
    CHECK(pair.near->send(pair.near->peers[0], Doubling::Ask{4}) == Errc::none);
    CHECK(pair.near->send(pair.near->peers[0], Doubling::Ask{5}) == Errc::not_our_turn);
    REQUIRE(pair.node->execute(ini::Housekeeping{}));
    pair.net.run_for(1s);
    CHECK(pair.near->doubles == std::vector<std::uint64_t>{42, 8});

    REQUIRE(pair.node->execute(ini::DemotePeer{relay_id}));
    pair.net.run_for(10s);
    CHECK(pair.near->ends == std::vector{Errc::demoted});
    CHECK(pair.far->ends.size() == 1);
    CHECK(pair.near->send(pair.near->peers[0], Doubling::Ask{4}) == Errc::unknown_peer);
}

TEST_CASE("Two nodes speak it in both directions over one connection", "[unit][behavior][own]") {
    SimulatedNetwork net;
    const auto chain = std::make_shared<TestChain>(5);
    const auto near = std::make_shared<Doubler>(), far = std::make_shared<Doubler>();
    node::Config config = both_ways(chain);
    config.protocols = {own<Doubling>(near)};
    Both& one = net.add<NodeBehavior>(node_id, config);
    config.protocols = {own<Doubling>(far)};
    config.seed = config.initiator.seed = config.responder.seed = 2;
    Both& other = net.add<NodeBehavior>(relay_id, config);
    REQUIRE(one.execute(ini::IncludePeer{relay_id, false, true}));
    net.run_for(1s);
    REQUIRE(other.execute(ini::IncludePeer{node_id, false, true}));
    net.run_for(1s);
    REQUIRE(state(one, relay_id) == State::duplex);
    CHECK(net.connections() == 2);  // one, seen from both ends
    for (const auto& handler : {near, far}) {
        CHECK(handler->doubles == std::vector<std::uint64_t>{42});
        CHECK(handler->asked == 1);
    }
}

TEST_CASE("An own protocol is not spoken with a peer whose group has not opted in", "[unit][behavior][own]") {
    Spoken pair(false);
    pair.net.run_for(1s);
    CHECK(pair.near->peers.empty());
    CHECK(pair.far->asked == 0);
    CHECK(state(*pair.node, relay_id).stage == ini::Stage::ready);
}

TEST_CASE("A peer that does not know the protocol disconnects", "[unit][behavior][own]") {
    Spoken pair(true, false);
    pair.net.run_for(1s);
    CHECK(pair.near->peers.size() == 1);
    CHECK(pair.near->ends.size() == 1);
    CHECK(last<res::PeerDisconnected>(*pair.relay).reason == Errc::unknown_protocol);
}

TEST_CASE("The limits of an own protocol apply, and the violation names it", "[unit][behavior][own]") {
    Spoken pair;
    SECTION("time") {
        pair.far->answers = false;
        pair.net.run_for(6s);
        const auto end = last<ini::PeerDisconnected>(*pair.node);
        CHECK(end.reason == Errc::state_timeout);
        CHECK(end.violation.protocol == "doubling");
        CHECK(end.violation.state == "Busy");
    }
    SECTION("its own rule") {
        pair.near->asks = false;
        pair.net.run_for(1s);
        CHECK(pair.near->peers.size() == 1);
        pair.far->answers = false;
        REQUIRE(pair.near->send(pair.near->peers[0], Doubling::Ask{1}) == Errc::none);
        REQUIRE(pair.node->execute(ini::Housekeeping{}));
        pair.net.run_for(1s);
        REQUIRE(pair.far->send(pair.far->peers[0], Doubling::Tell{3}) == Errc::none);
        REQUIRE(pair.relay->execute(res::Housekeeping{}));
        pair.net.run_for(1s);
        const auto end = last<ini::PeerDisconnected>(*pair.node);
        CHECK(end.reason == Errc::unrequested);
        CHECK(end.violation.message == "Tell");
        CHECK(end.violation.protocol == "doubling");
    }
}

TEST_CASE("A malformed message of an own protocol ends the connection", "[unit][behavior][own]") {
    SimulatedNetwork net;
    const auto far = std::make_shared<Doubler>();
    res::Config config = serving(std::make_shared<TestChain>(3));
    config.protocols = {own<Doubling>(far)};
    Responder& relay = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id);
    client.send(42, raw::bytes(GENERATE("820500", "01", "83000102")));
    net.run_for(1s);
    const auto end = last<res::PeerDisconnected>(relay);
    CHECK(end.reason == Errc::malformed);
    CHECK(end.violation.protocol == "doubling");
    CHECK(end.violation.state == "Idle");
    CHECK(far->asked == 0);
}

TEST_CASE("The handler of an own protocol acts at its deadlines", "[unit][behavior][own]") {
    Spoken pair;
    pair.net.run_for(1s);
    pair.near->due = pair.node->now() + 3s;
    REQUIRE(pair.node->execute(ini::Housekeeping{}));
    pair.net.run_for(2s);
    CHECK(pair.near->ticks == 0);
    pair.net.run_for(2s);
    CHECK(pair.near->ticks == 1);
}

TEST_CASE("An answer of an own protocol is read once fewer unsent bytes than the limit are left",
          "[unit][behavior][own]") {
    const auto handler = std::make_shared<Doubler>();
    ini::Config config;
    config.protocols = {own<Doubling>(handler)};
    Alone a(config);
    a.execute(ini::IncludePeer{relay_id, false, true});
    a.connection = std::get<io::Connect>(a.wishes().at(0)).connection;
    a.fact(io::Connected{a.connection, relay_id});
    a.receive(accepted);
    a.wishes();
    a.sent(Doubling::channel, unsent_limit - 1);
    const Bytes tell = Bytes::copy(raw::bytes("8201182a"));
    a.receive(RawProtocol::Raw{Doubling::channel, tell});
    a.wishes();
    CHECK(handler->send(handler->peers.at(0), Doubling::Ask{4}) == Errc::none);
    CHECK(summary(a.wishes()) == std::vector<std::string>{"42"});
    CHECK(a.sent(Doubling::channel, unsent_limit).empty());
    CHECK(a.sent(Doubling::channel, unsent_limit - 1).size() == 1);
}

TEST_CASE("A number in use is an error at construction", "[unit][behavior][own]") {
    const auto message = [](auto&& make) {
        try {
            make();
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto stolen = own<Stolen>(std::make_shared<Nothing>());
    const std::string text = "Config::protocols: protocol 2, \"doubling\": this number is in use";
    ini::Config dialling;
    dialling.protocols = {stolen};
    CHECK(message([&] { InitiatorBehavior behavior(dialling); }) == text);
    res::Config config;
    config.protocols = {stolen};
    CHECK(message([&] { ResponderBehavior behavior(config); }) == text);
    config.protocols = {own<Doubling>(std::make_shared<Doubler>()), own<Doubling>(std::make_shared<Doubler>())};
    CHECK(message([&] { ResponderBehavior behavior(config); }) ==
          "Config::protocols: protocol 42, \"doubling\": this number is in use");

    config.protocols = {own<Idle>(std::make_shared<Quiet<Idle>>())};
    CHECK(message([&] { ResponderBehavior behavior(config); }).ends_with("this number is in use"));
    config.protocols = {own<TooHigh>(std::make_shared<Quiet<TooHigh>>())};
    CHECK(message([&] { ResponderBehavior behavior(config); }) ==
          "Config::protocols: protocol 32767, \"doubling\": a number is at most 32766");
    config.protocols = {own<NoQueue>(std::make_shared<Quiet<NoQueue>>())};
    CHECK(message([&] { ResponderBehavior behavior(config); }) ==
          "Config::protocols: protocol 42, \"doubling\": ingress_limit is 0");
}
