#pragma once

#include <list>
#include <optional>
#include <vector>

#include "book.hpp"

namespace ouro::initiator {

/// A group of local roots, or one included peer.
struct RootGroup {
    std::vector<Peer*> members;
    std::size_t hot_valency = 1;
    std::size_t warm_valency = 1;
    bool included = false;  ///< by IncludePeer, one member
    bool stirred = false;   ///< it has changed, and a decision is due
};

/// Decides which peers become warm and hot: first for the groups of roots, then for all other peers, up to the targets.
/// The frame carries the decisions out.
///
/// Source  ouroboros-network, PeerSelection/Governor. Its choice among equal peers is random as well.
class PromotionPart {
  public:
    struct Decision {
        enum class What : std::uint8_t { dial, heat, cool, close } what;
        Peer* peer;
    };

    PromotionPart(Desk& desk, PeerBook& book) : desk_(desk), book_(book), targets_(desk.config.targets) {}

    /// The next decision; empty when the targets are met as far as the known peers allow. The cost depends on the
    /// changes since the last call, not on the number of known peers.
    std::optional<Decision> decide();
    /// The peer has changed, and decisions about it are due.
    void stir(Peer& peer);
    /// A dial waits for the user to take events.
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    void unblock();

    /// Makes the peer a root of its own.
    void include(Peer& peer);
    /// The peer is no root any more.
    void release(Peer& peer);
    /// Errors  Errc::bad_argument  a peer twice, or impossible valencies; Errc::queue_full  no room for new peers
    Errc set_local_roots(const std::vector<LocalRoots>& groups);
    /// The present targets.
    [[nodiscard]] const Targets& targets() const noexcept { return targets_; }
    void set_targets(const Targets& targets) {
        targets_ = targets;
        stirred_ = true;
    }

  private:
    std::optional<Decision> decide(RootGroup& group);
    std::optional<Decision> decide_others();
    [[nodiscard]] bool may_dial() noexcept;
    void join(Peer& peer, RootGroup& group);
    void stir(RootGroup& group);
    Peer* any(const std::vector<Peer*>& among, bool (*fit)(const Peer&, Instant));

    Desk& desk_;
    PeerBook& book_;
    Targets targets_;
    std::list<RootGroup> groups_;
    std::vector<RootGroup*> stirred_groups_;
    std::vector<Peer*> candidates_;  // for one choice; kept to reuse its memory
    bool stirred_ = false;
    bool blocked_ = false;
};

}  // namespace ouro::initiator
