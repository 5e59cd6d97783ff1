#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "behavior/peers/book.hpp"
#include "sync.hpp"

namespace ouro::initiator {

/// What a connection is used for: a sync that follows the peer, or a question to a peer on standby.
struct SyncUse {
    Sync* followed_by = nullptr;  ///< the peer is its upstream
    Sync* asked_by = nullptr;     ///< it has asked for an intersection, and was not answered yet
    std::vector<Point> points{};  ///< of that question
    bool about_tip = false;       ///< the question is for the tip at which the sync begins
};

/// Follows chains, each from one upstream at a time. When an upstream leaves, another one continues from what was
/// delivered. A peer is the upstream of one sync at most, because it has one read pointer for this node.
class ChainSyncPart : public Speaker<ChainSync, SyncUse> {
  public:
    ChainSyncPart(Desk& desk, const PeerBook& book) : Speaker(desk), book_(book), hot_(book.hot()) {}

    [[nodiscard]] bool while_hot() const noexcept override { return true; }
    void heat(Peer& peer) override;
    void cool(Peer& peer) override { lose(peer, {Errc::disconnected}); }
    void gone(Peer& peer, const Ending& ending) override { lose(peer, ending); }
    void forgotten(Peer& peer) override;
    /// Ends each sync for which every usable peer was asked, and none can be followed.
    void fewer_known() override;
    void stalled(Peer& peer) override;
    /// Reports syncs without an upstream; one that waits at the tip looks for a peer with a longer chain.
    void tick() override;
    void stop() override;
    [[nodiscard]] Instant next_deadline() const noexcept override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override {
        return frame::event_bits<Event, RollForward, RollBackward>();
    }
    void taken(const Event& event) override;
    /// A window has room, and there is an upstream to fill it.
    [[nodiscard]] bool wants_more() const noexcept override;
    void resume() override;
    void credit(Peer& peer) override;

  private:
    // The syncs.
    Result<CommandId> start(CommandId id, StartSync& start);
    Errc pause(Sync& sync, bool paused);
    /// The sync that a command names: with zero the only one. Null if there is none.
    [[nodiscard]] Sync* named(CommandId id) const noexcept;
    /// Reports the end of the sync and removes it. Returns its upstream if that owes answers.
    Peer* end(Sync& sync, Errc reason, const Violation& violation = {});
    void remove(Sync& sync);

    // The upstream of a sync.
    /// Whether there is a sync that may follow this peer only.
    [[nodiscard]] bool reserved(const Peer& peer) const noexcept;
    [[nodiscard]] bool may_follow(const Peer& peer, const Sync& sync) const noexcept;
    /// The sync that follows the peer continues with another one, if it can.
    void vacate(Peer& peer);
    /// The time limits of the peer do not run while its sync is paused.
    void hold(Peer& peer) noexcept;
    /// Notes that the only peer of a sync waits for a request, or does not any more.
    void watch_idle(Sync& sync);
    /// Asks the upstream for an intersection where the sync stands.
    void refresh(Sync& sync);
    /// Chooses a free peer as the upstream. False if there is none.
    bool follow_next(Sync& sync);
    void follow(Peer& peer, Sync& sync);
    void take(Peer& peer, Sync& sync);
    void leave_upstream(Sync& sync);
    void lose_upstream(Sync& sync);
    void lose(Peer& peer, const Ending& ending);
    /// Gives free peers to the syncs without an upstream, and to those that could not ask one because it was busy.
    void use_free_peers();
    /// Whether the answer of a hot peer matters that cannot be asked yet.
    [[nodiscard]] bool awaits_peer(const Sync& sync) const noexcept;
    /// The peer does not have the chain of the sync.
    static void pass_over(Peer& peer, Sync& sync);
    [[nodiscard]] static bool passed_over(const Peer& peer, const Sync& sync) noexcept;
    /// The peer does not have the chain of a sync, and no other sync follows it.
    [[nodiscard]] bool useless(const Peer& peer) const noexcept;
    [[nodiscard]] std::uint32_t outstanding(const Sync& sync) const noexcept;
    [[nodiscard]] std::uint32_t room(const Sync& sync) const noexcept;
    /// Requests as many headers as the window has room for.
    void top_up(Sync& sync);

    // Peers on standby.
    /// Asks the peer for an intersection, unless it is in use.
    void probe(Peer& peer, Sync& sync);
    /// Asks every peer on standby, because the upstream is slow.
    void look_around(Sync& sync);
    /// The answer of a peer on standby. It takes the place of an upstream whose chain is shorter, or of none.
    Errc probed(Peer& peer, ChainSync::Message& message);

    // Messages.
    /// Errors  Errc::wrong_intersection, Errc::unknown_rollback, Errc::no_progress, those of ChainRules
    Errc received(Peer& peer, ChainSync::Message& message, ChainSync::State before) override;
    Errc received_from_upstream(Peer& peer, Sync& sync, ChainSync::Message& message, ChainSync::State before);
    Errc found(Peer& peer, Sync& sync, const ChainSync::IntersectFound& message);
    Errc not_found(Peer& peer, Sync& sync, const ChainSync::IntersectNotFound& message);
    /// Asks the upstream for an intersection at its tip.
    Errc ask_for_tip(Peer& peer, Sync& sync, const Tip& tip);
    Errc rolled_forward(Peer& peer, Sync& sync, ChainSync::RollForward& message);
    Errc rolled_back(Peer& peer, Sync& sync, const ChainSync::RollBackward& message);
    /// The upstream has no more for now.
    void wait_at_tip(Peer& peer, Sync& sync);

    const PeerBook& book_;
    const std::vector<Peer*>& hot_;
    std::vector<std::unique_ptr<Sync>> syncs_;  // in the order of their commands
};

}  // namespace ouro::initiator
