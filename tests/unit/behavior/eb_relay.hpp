#pragma once

#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "support/endorser_block.hpp"
#include "support/rules.hpp"
#include "unit/behavior/cast.hpp"

/// Nodes that speak Leios, and users who answer for them.
namespace cast {

using support::TestEb;
using Notification = decltype(ini::EbNotification::notification);

inline ini::Config following() {
    ini::Config config = knowing();
    config.leios = true;
    config.rules = support::test_rules();
    return config;
}
inline res::Config offering(bool leios = true) {
    res::Config config;
    config.leios = leios;
    return config;
}
inline LeiosVote vote(std::uint16_t voter) {
    LeiosVote vote;
    vote.announcing_block.fill(0x11);
    vote.voter = voter;
    vote.signature.fill(0x22);
    return vote;
}

/// A relay whose user has some endorser blocks, answers each request at once, and sends away who asks for others.
class EbRelay {
  public:
    EbRelay(SimulatedNetwork& net, const PeerId& address, const res::Config& config = offering())
        : node(net.add<ResponderBehavior>(address, config)) {}

    void has(const TestEb& eb) { has_.insert_or_assign(eb.point.slot, eb); }
    /// Told to everybody who asks, each once.
    void tell(Notification notification) { news_.push_back(std::move(notification)); }
    void offer(const TestEb& eb) {
        has(eb);
        tell(eb.offer());
        tell(LeiosNotify::BlockTxsOffer{eb.point});
    }
    /// Answers what was asked since the last call.
    void serve() {
        for (; seen_ < node.events().size(); ++seen_)
            if (const auto event = node.events()[seen_]; attends)
                std::visit([this](const auto& request) { this->answer(request); }, event);
        for (auto next = curious_.begin(); next != curious_.end();) {
            const ConnectionId connection = *next++;
            std::size_t& told = told_[connection];
            if (told == news_.size()) continue;
            curious_.erase(connection);
            std::visit([&](const auto& news) { this->say(res::Answer{connection, news}); }, news_[told++]);
        }
    }

    Responder& node;
    bool attends = true;  ///< else what is asked is never answered
    std::vector<std::pair<PeerId, BlockPoint>> asked;

  private:
    void answer(const res::Requested& request) {
        if (request.message.as<LeiosNotify>()) curious_.insert(request.connection);
        const auto* wish = request.message.as<LeiosFetch>();
        if (!wish) return;
        const BlockPoint block = support::requested_block(*wish);
        asked.emplace_back(request.peer, block);
        if (const auto eb = has_.find(block.slot); eb != has_.end())
            say(res::Answer{request.connection, eb->second.answer(*wish)});
        else
            say(res::DisconnectPeer{request.connection});
    }
    void answer(const res::PeerDisconnected& gone) { curious_.erase(gone.connection); }
    template <class E>
    void answer(const E&) {}

    /// The client may be gone by now; nothing else may stand in the way.
    template <class C>
    void say(C command) {
        const auto id = node.execute(std::move(command));
        CHECK((id || id.error() == Errc::unknown_peer));
    }

    std::map<Slot, TestEb> has_;
    std::vector<Notification> news_;
    std::map<ConnectionId, std::size_t> told_;
    std::set<ConnectionId> curious_;
    std::size_t seen_ = 0;
};

/// A node that follows endorser blocks, and two relays that have some.
struct EbWorld {
    explicit EbWorld(const ini::Config& config = following(), const Options& options = {})
        : net(options), node(net.add<InitiatorBehavior>(node_id, config)) {}

    void include(const EbRelay& wanted) {
        REQUIRE(node.execute(ini::IncludePeer{wanted.node.address()}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
    }
    CommandId fetch(const TestEb& eb, const PeerId& from = {}) {
        const auto id = node.execute(ini::FetchEb{eb.point, from});
        REQUIRE(id);
        return *id;
    }
    CommandId fetch_txs(const TestEb& eb, LeiosBitmap wanted, const PeerId& from = {}) {
        const auto id = node.execute(ini::FetchEbTxs{eb.point, std::move(wanted), from});
        REQUIRE(id);
        return *id;
    }
    template <class Done>
    bool run_until(Done done, Duration at_most = 5s) {
        return net.run_until(
            [&] {
                relay.serve();
                other.serve();
                return done();
            },
            at_most);
    }
    void run_for(Duration span) {
        run_until([] { return false; }, span);
    }
    /// Whether one more `E` was told in time.
    template <class E>
    bool await_more(Duration at_most = 5s) {
        const std::size_t before = count<E>(node);
        return run_until([&] { return count<E>(node) > before; }, at_most);
    }

    SimulatedNetwork net;
    EbRelay relay{net, relay_id};
    EbRelay other{net, other_id};
    Initiator& node;
};

/// The outcomes of one request: they end it, and there is one.
inline std::size_t eb_outcomes(const Initiator& node, CommandId id) {
    std::size_t n = 0;
    for (const auto& event : node.events()) {
        if (const auto* eb = std::get_if<ini::EbFetched>(&event)) n += eb->command == id ? 1 : 0;
        if (const auto* txs = std::get_if<ini::EbTxsFetched>(&event)) n += txs->command == id ? 1 : 0;
        if (const auto* failed = std::get_if<ini::EbFailed>(&event)) n += failed->command == id ? 1 : 0;
    }
    return n;
}

}  // namespace cast
