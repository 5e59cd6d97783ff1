#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <ouro/behavior/initiator.hpp>
#include <ouro/emulation/network.hpp>

#include "support/chain.hpp"

namespace simulation {

using namespace ouro;
using namespace std::chrono_literals;
using support::TestChain;
namespace ini = ouro::initiator;

/// Something is not as it always has to be.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};
inline void require(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

/// A node that follows, and its user: one who judges every header, remembers every request, and looks after each event
/// whether everything is as it has to be.
class Player {
  public:
    /// Whether a block has ever been on the chain, as a user that validates would know.
    using Genuine = std::function<bool(const BlockPoint&)>;

    Player(emulation::SimulatedNetwork& net, const PeerId& address, ini::Config config, Genuine genuine);
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    [[nodiscard]] emulation::SimulatedNode<InitiatorBehavior>& node() noexcept { return *node_; }
    [[nodiscard]] const PeerId& address() const noexcept { return node_->address(); }
    /// What the user has of the chain: the number of his newest block, and whether it is `point`.
    [[nodiscard]] const TestChain& chain() const noexcept { return *chain_; }
    [[nodiscard]] std::shared_ptr<TestChain> shared_chain() const noexcept { return chain_; }
    /// Called when the chain has changed above a position.
    void on_change(std::function<void(ChainView::Position)> changed) { changed_ = std::move(changed); }

    void start_sync();
    void fetch(const BlockPoint& first, const BlockPoint& last);
    void fetch(ini::RequestPoints wish);
    /// Fetches each endorser block that is offered from now on, and some transactions of it.
    void fetch_offers() { fetches_offers_ = true; }
    /// The targets that hold from now on.
    void aim(ini::Targets targets);

    /// To be called after every step.
    void check();
    /// No request is without its outcome.
    void check_ended() const { require(pending_.empty() && pending_ebs_.empty(), "a request has no outcome"); }

    [[nodiscard]] const ini::Targets& targets() const noexcept { return targets_; }
    std::uint64_t headers = 0, blocks = 0, requests = 0, bans = 0, stalls = 0, ebs = 0;

  private:
    /// Says when something has happened to the node.
    struct Pulse final : PeerVisitor {
        void connected(const Peer&, Instant) override { moved_on = true; }
        void initialized(const Peer&, const Agreement&, Instant) override { moved_on = true; }
        void disconnected(const Peer&, Errc, const Violation&, Instant) override { moved_on = true; }
        void moved(const PeerId&, Temperature, Temperature, Instant) override { moved_on = true; }
        void received(const Peer&, Role, const n2n::Message&, std::size_t, Instant) override { ++small; }
        bool moved_on = true;
        std::uint32_t small = 0;
    };

    /// A request without an outcome.
    struct Pending {
        std::vector<BlockPoint> points;  ///< none: a range
        bool in_order = true;
        std::uint64_t blocks = 0;
        std::vector<bool> has = std::vector<bool>(points.size());
    };

    static ini::Config visited(ini::Config config, const std::shared_ptr<Pulse>& pulse);
    void hear(const ini::Event& event);
    void hear(const ini::RollForward& event);
    void hear(const ini::RollBackward& event);
    void hear(const ini::BlockReceived& event);
    void hear(const ini::EbNotification& event);
    void hear(const ini::EbFetched& event);
    void hear(const ini::EbTxsFetched& event);
    BlockPoint eb_outcome(CommandId command);
    void fetch_ebs();
    void begin(const Result<CommandId>& command, Pending request);
    void outcome(CommandId command, std::uint64_t blocks, bool whole);
    void distrust(const PeerId& peer);
    void check_peers() const;

    ini::Targets targets_;
    std::shared_ptr<Pulse> pulse_;
    std::shared_ptr<TestChain> chain_ = std::make_shared<TestChain>();
    Genuine genuine_;
    std::function<void(ChainView::Position)> changed_;
    std::unordered_map<CommandId, Pending> pending_;
    std::vector<std::pair<BlockPoint, bool>> offers_;  // not yet fetched; whether of transactions
    std::unordered_map<CommandId, BlockPoint> pending_ebs_;
    std::optional<BlockPoint> requested_eb_;   // while the request is made
    std::optional<CommandId> answered_early_;  // meanwhile
    bool fetches_offers_ = false;
    bool restart_ = false;
    emulation::SimulatedNode<InitiatorBehavior>* node_;
};

}  // namespace simulation
