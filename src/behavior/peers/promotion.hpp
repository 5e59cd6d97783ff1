#pragma once

#include <list>
#include <optional>
#include <vector>

#include "book.hpp"

namespace ouro::initiator {

/// Roots of one kind: a group of the user's, or a peer that is included, on its own.
struct RootGroup {
    std::vector<Peer*> members;
    std::size_t hot_valency = 1;
    std::size_t warm_valency = 1;
    bool included = false;  ///< by IncludePeer, one member
    bool stirred = false;   ///< something about it has changed
};

/// Who shall be warm and who hot: the groups of roots first, then whoever else is known, up to the targets. It decides,
/// and others carry out.
///
/// Source  ouroboros-network, PeerSelection/Governor. Its pick is random, too, where nothing else is said.
class PromotionPart {
  public:
    struct Decision {
        enum class What : std::uint8_t { dial, heat, cool, close } what;
        Peer* peer;
    };

    PromotionPart(Desk& desk, PeerBook& book) : desk_(desk), book_(book), targets_(desk.config.targets) {}

    /// The next thing to do; nothing where the targets are met as far as those who are there allow. The cost is that of
    /// what has changed, whoever else is known.
    std::optional<Decision> decide();
    /// Something about the peer has changed.
    void stir(Peer& peer);
    /// A dial waits for the user to take events.
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    void unblock();

    /// Makes the peer a root of its own.
    void include(Peer& peer);
    /// The peer is a root no more.
    void release(Peer& peer);
    /// Errors  Errc::bad_argument  a peer twice, valencies that make no sense; Errc::queue_full  no room for new peers
    Errc set_local_roots(const std::vector<LocalRoots>& groups);
    /// Those that hold now.
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
    std::vector<Peer*> candidates_;  // of one pick; kept for its memory
    bool stirred_ = false;
    bool blocked_ = false;
};

}  // namespace ouro::initiator
