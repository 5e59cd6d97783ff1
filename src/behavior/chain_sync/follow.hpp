#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "answerable.hpp"
#include "behavior/peers/peer.hpp"

namespace ouro::initiator {

/// A sync as it stands. Its members are the part's own.
struct Sync {
    CommandId command{};
    Point from;                 ///< the first intersection, once there is one
    std::vector<Point> points;  ///< where to begin, until then
    bool begun = false;         ///< an intersection was told
    Peer* upstream = nullptr;
    Instant lonely_since{};                 ///< while there is no upstream
    Instant lonely_until = Instant::max();  ///< then the user is told; once for each time
    bool following = false;                 ///< the upstream has found the intersection
    std::vector<Point> asked;               ///< of the upstream
    std::optional<Point> swallow;           ///< the roll-backward every relay sends first
    std::vector<Peer*> passed_over;         ///< peers without our chain
    std::vector<Peer*> newer;               ///< peers that sent a header of an unknown era: not followed again
    Violation too_new;                      ///< by the last such header
    std::uint32_t untaken = 0;
    std::uint32_t credit = 0;  ///< where the sync is not automatic
    bool at_tip = false;
    Tip tip;
    detail::Answerable answerable;
    Instant check_at = Instant::max();  ///< then those who stand by are asked where they are
    Instant checked_at{};               ///< when they were asked last, or the upstream reached its tip
    detail::Fifo<HeaderInfo> history;   ///< of the newest headers delivered, oldest first
    bool forgot = false;                ///< older headers than those in history were delivered

    // The progress of the upstream.
    std::optional<BlockNumber> best;         ///< the highest number since its intersection
    std::uint32_t rollbacks = 0;             ///< since then
    Duration patience{};                     ///< what is left of it
    Instant waiting_since = Instant::max();  ///< it shrinks: the upstream owes a header that it has
    bool slow = false;                       ///< another peer that has more takes its place
};

/// One chain from one upstream at a time; when it leaves, the next one continues from what was delivered.
class ChainSyncPart {
  public:
    /// `hot`: the peers that may be asked, as they are at any time.
    ChainSyncPart(Desk& desk, const std::vector<Peer*>& hot) noexcept : desk_(desk), hot_(hot) {}

    Result<CommandId> start(CommandId command, StartSync& wish);
    Errc extend(std::uint32_t headers);
    /// Gives the peer that still owes answers, if there is one.
    Peer* end(Errc reason);

    /// The peer may be followed.
    void ready(Peer& peer);
    /// The peer may not be followed any more, whether or not it is still there.
    void gone(Peer& peer, Errc reason, const Violation& violation = {});
    /// Nothing is known of the peer any more.
    void forgotten(const Peer& peer) {
        if (sync_) std::erase(sync_->newer, &peer);
    }
    /// Ends the sync if each of all the `peers` that may be used was asked, and none can be followed.
    void give_up(std::size_t peers);
    /// Half of the time for the peer's answer is gone.
    void stalled(const Peer& peer);
    /// `before` is the state the message came in.
    /// Errors  Errc::wrong_intersection, Errc::unknown_rollback, Errc::no_progress, those of ChainRules
    Errc received(Peer& peer, ChainSync::Message& message, ChainSync::State before);

    /// An upstream that was left for one that is further, and owes answers; told once.
    [[nodiscard]] Peer* take_debtor() noexcept { return std::exchange(debtor_, nullptr); }

    /// A sync that has nobody to follow is told of, and one that waits at the tip looks for somebody who is further.
    void tick();
    [[nodiscard]] Instant next_deadline() const noexcept {
        return sync_ ? std::min({sync_->lonely_until, sync_->check_at, patient_until()}) : Instant::max();
    }
    /// Whether the peer was asked, and has not our chain.
    [[nodiscard]] bool passed_over(const Peer& peer) const noexcept;

    /// A header or roll-backward was taken by the user.
    void taken(CommandId command) noexcept {
        if (sync_ && sync_->command == command && sync_->untaken > 0) --sync_->untaken;
    }
    /// The window has room, and somebody to fill it.
    [[nodiscard]] bool wants_more() const noexcept { return room() > 0; }
    /// Asks for as many headers as the window has room for.
    void top_up();

  private:
    void follow(Peer& peer);
    void leave_upstream();
    void lose_upstream();
    /// False where nobody is left to ask.
    bool follow_next();
    [[nodiscard]] std::vector<Point> points_to_ask() const;
    /// The upstream is this peer, of whose progress nothing is known yet.
    void take(Peer& peer);
    /// Asks every peer that stands by, because the upstream is slow.
    void look_around();
    /// Takes the time that the upstream has used from its patience, and begins or ends to count.
    void spend();
    void count_wait();
    [[nodiscard]] Instant patient_until() const noexcept {
        return sync_->waiting_since == Instant::max() ? Instant::max() : sync_->waiting_since + sync_->patience;
    }
    /// Asks a peer that stands by where it is.
    void probe(Peer& peer);
    /// Its answer. It is followed where it is further than the upstream, or where there is none.
    Errc probed(Peer& peer, ChainSync::Message& message);
    [[nodiscard]] bool further(const Tip& tip) const;
    /// Whether the point is on the chain that was delivered, or one where the user would begin before it.
    [[nodiscard]] bool stands_on(const Point& point) const;
    Errc not_found(Peer& peer, const ChainSync::IntersectNotFound& message);
    /// The upstream has nothing more for now.
    void wait_at_tip(Peer& peer);
    /// What was delivered last; nothing where that is not known.
    [[nodiscard]] std::optional<Point> standing() const;
    [[nodiscard]] std::uint32_t outstanding() const noexcept;
    [[nodiscard]] std::uint32_t room() const noexcept;
    /// Forgets what lies behind `point`; false, and nothing is forgotten, when it was never delivered.
    bool rewind(const Point& point);
    void remember(const std::optional<HeaderInfo>& header);
    void tell_rollback(Peer& peer, const Point& point);
    /// What the rules read in the header, which follows what was delivered last; nothing without rules.
    Result<std::optional<HeaderInfo>> inspect(Peer& peer, const Header& header) const;
    void progressed(std::optional<BlockNumber> number);

    Errc rolled_forward(Peer& peer, ChainSync::RollForward& message);
    Errc found(Peer& peer, const ChainSync::IntersectFound& message);
    Errc rolled_back(Peer& peer, const ChainSync::RollBackward& message);

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    std::optional<Sync> sync_;
    Peer* debtor_ = nullptr;
};

}  // namespace ouro::initiator
