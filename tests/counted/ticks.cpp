#include <map>
#include <string>

#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/responder.hpp>

#include "counted/operations.hpp"
#include "support/catch.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using test::operations;
namespace ini = ouro::initiator;

namespace {

constexpr std::size_t in_use = 10;

PeerId number(std::size_t i) { return PeerId::from_parts("p" + std::to_string(i) + ".example", 3001); }

/// An initiator that knows `known` peers, uses ten of them and those that it is told to, and hears at once what it
/// wishes to hear.
class Known {
  public:
    explicit Known(std::size_t known) : behavior_(config()) {
        ini::KnowPeers peers;
        for (std::size_t i = 0; i < known; ++i) peers.peers.push_back(number(i));
        execute(std::move(peers));
    }
    /// Uses `count` of them, whatever its targets are; no two are pinged in the same tick.
    void include(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            execute(ini::IncludePeer{number(i)});
            now_ += 3ms;
        }
    }

    /// The cost of the next hour: every peer in use is pinged every ten seconds.
    std::uint64_t hour() {
        const auto before = operations();
        for (const Instant end = now_ + 1h; behavior_.next_deadline().value_or(end) < end;) {
            now_ = std::max(now_, *behavior_.next_deadline());
            behavior_.tick(now_);
            carry_out();
        }
        return (operations() - before).all();
    }
    /// What it costs that a peer in use is lost and another one takes its place.
    std::uint64_t loss() {
        const auto lost = *peers_.begin();
        const auto before = operations();
        end(lost.first, lost.second, Errc::connection_reset);
        return (operations() - before).all();
    }
    /// What it costs that a peer in use breaks a rule, is banned and replaced.
    std::uint64_t offence() {
        const auto lost = *peers_.begin();
        const auto before = operations();
        end(lost.first, lost.second, Errc::malformed);
        return (operations() - before).all();
    }
    [[nodiscard]] ini::Counters counters() const { return behavior_.counters(); }

  private:
    static ini::Config config() {
        ini::Config config;
        config.targets = {in_use, in_use / 2};
        config.max_known = 1'000'000;
        return config;
    }
    void execute(ini::Command command) {
        REQUIRE(behavior_.execute(command, now_));
        carry_out();
    }
    void end(ConnectionId connection, const PeerId& peer, Errc reason) {
        Violation violation;
        if (fault(reason) == Fault::theirs) violation = {"keep-alive", {}, {}, reason, 0};
        behavior_.handle_io(io::Disconnected{connection, peer, reason, {}, violation}, now_);
        peers_.erase(connection);
        carry_out();
    }
    void carry_out() {
        while (auto command = behavior_.poll_command()) {
            if (const auto* connect = std::get_if<io::Connect>(&*command)) {
                peers_.emplace(connect->connection, connect->peer);
                behavior_.handle_io(io::Connected{connect->connection, connect->peer}, now_);
            } else if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
                answer(*send);
            }
        }
        while (behavior_.poll_event()) {
        }
    }
    void answer(const io::Send<n2n::Message>& send) {
        const auto say = [&](n2n::Message message) {
            behavior_.handle_io(io::Recv<n2n::Message>{send.connection, peers_.at(send.connection), Role::initiator,
                                                       std::move(message), 10},
                                now_);
        };
        if (send.message.as<Handshake>())
            say(Handshake::AcceptVersion{Version{15}, encode(Version{15}, {mainnet, true, false, false, false})});
        else if (const auto* ping = send.message.as<KeepAlive>())
            say(KeepAlive::Pong{std::get<KeepAlive::Ping>(*ping).cookie});
    }

    InitiatorBehavior behavior_;
    Instant now_{1h};
    std::map<ConnectionId, PeerId> peers_;
};

/// A responder with all its places taken, at each of which the handshake is over.
class Full {
  public:
    explicit Full(std::size_t places) : behavior_(config(places)) {
        for (std::size_t i = 0; i + 1 < places; ++i) come();
        now_ += 11s;  // the time that a new connection has to begin
    }

    /// What `count` new peers cost, for each of which another one has to go.
    std::uint64_t newcomers(std::size_t count) {
        const auto before = operations();
        for (std::size_t i = 0; i < count; ++i) come();
        return (operations() - before).all();
    }
    [[nodiscard]] responder::Counters counters() const { return behavior_.counters(); }

  private:
    static responder::Config config(std::size_t places) {
        responder::Config config;
        config.soft_limit = places;
        config.idle_timeout = {};
        return config;
    }
    void come() {
        const auto connection = make_connection_id(Direction::inbound, ++last_);
        const PeerId peer = PeerId::from_parts("10.0.0." + std::to_string(last_ % 250), 3001);
        behavior_.handle_io(io::Connected{connection, peer}, now_);
        responder::Config ours;
        Handshake::ProposeVersions proposal{ours.offer.table()};
        behavior_.handle_io(
            io::Recv<n2n::Message>{connection, peer, Role::responder, n2n::Message(std::move(proposal)), 100}, now_);
        while (const auto command = behavior_.poll_command()) {
            if (const auto* end = std::get_if<io::Disconnect>(&*command))
                behavior_.handle_io(io::Disconnected{end->connection, peer, end->reason, {}, {}}, now_);
        }
        while (behavior_.poll_event()) {
        }
    }

    ResponderBehavior behavior_;
    Instant now_{1h};
    std::uint64_t last_ = 0;
};

// A heap or a map that is a hundred times as large is some levels deeper; what grew with the peers would be a hundred
// times as much.
constexpr double most = 1.5;

}  // namespace

TEST_CASE("The cost of a tick depends on the due work, not on the number of known peers", "[counted]") {
    std::map<std::size_t, std::uint64_t> hour, loss, offence;
    for (const std::size_t known : {1'000U, 10'000U, 100'000U}) {
        Known node(known);
        REQUIRE(node.counters().known == known);
        REQUIRE(node.counters().warm + node.counters().hot == in_use);
        hour[known] = node.hour();
        loss[known] = node.loss();
        offence[known] = node.offence();
        CHECK(node.counters().banned == 1);
        CHECK(node.counters().warm + node.counters().hot == in_use);
    }
    for (const auto& [what, costs] :
         {std::pair("an hour", hour), std::pair("a loss", loss), std::pair("an offence", offence)}) {
        INFO(what << ": " << costs.at(1'000) << ", " << costs.at(10'000) << ", " << costs.at(100'000) << " operations");
        CHECK(static_cast<double>(costs.at(10'000)) <= most * static_cast<double>(costs.at(1'000)));
        CHECK(static_cast<double>(costs.at(100'000)) <= most * static_cast<double>(costs.at(1'000)));
    }
}

TEST_CASE("The cost of a peer in use does not depend on the number of other peers", "[counted]") {
    std::map<std::size_t, double> each;
    for (const std::size_t used : {100U, 1'000U}) {
        Known node(0);
        node.include(used);
        REQUIRE(node.counters().hot == used);
        each[used] = static_cast<double>(node.hour()) / static_cast<double>(used);
    }
    INFO("an hour of each: " << each.at(100) << ", " << each.at(1'000) << " operations");
    CHECK(each.at(1'000) <= most * each.at(100));
}

TEST_CASE("A new peer for which another one has to go costs the same, however many there are", "[counted]") {
    constexpr std::size_t count = 1'000;
    std::map<std::size_t, std::uint64_t> cost;
    for (const std::size_t places : {500U, 5'000U}) {
        Full relay(places);
        cost[places] = relay.newcomers(count);
        CHECK(relay.counters().pruned == count);
    }
    INFO(count << " new peers: " << cost.at(500) << ", " << cost.at(5'000) << " operations");
    CHECK(static_cast<double>(cost.at(5'000)) <= most * static_cast<double>(cost.at(500)));
}
