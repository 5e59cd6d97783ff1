#pragma once

#include <optional>
#include <vector>

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// A sync as it stands. Its members are the part's own.
struct Sync {
    CommandId command{};
    Point from;                 ///< the first intersection, once there is one
    std::vector<Point> points;  ///< where to begin, until then
    bool begun = false;         ///< an intersection was told
    Peer* upstream = nullptr;
    bool following = false;          ///< the upstream has found the intersection
    std::vector<Point> asked;        ///< of the upstream
    std::optional<Point> swallow;    ///< the roll-backward every relay sends first
    std::vector<Peer*> passed_over;  ///< peers without our chain
    std::uint32_t untaken = 0;
    std::uint32_t credit = 0;  ///< where the sync is not automatic
    bool at_tip = false;
    Tip tip;
    detail::Fifo<Header> history;  ///< the newest headers delivered, oldest first
    bool forgot = false;           ///< older ones than those in history were delivered
};

/// One chain from one upstream at a time; when it leaves, the next one continues from what was delivered.
class ChainSyncPart {
  public:
    explicit ChainSyncPart(Desk& desk) noexcept : desk_(desk) {}

    Result<CommandId> start(CommandId command, StartSync& wish, const std::vector<Peer*>& ready, Instant now);
    Errc extend(std::uint32_t headers, Instant now);
    /// Gives the peer that still owes answers, if there is one.
    Peer* end(Errc reason);

    void ready(Peer& peer, Instant now);
    void gone(Peer& peer, const std::vector<Peer*>& ready, Instant now);
    /// Ends the sync if each of all the `peers` there are has been asked, and none has our chain.
    void give_up(std::size_t peers);
    /// `before` is the state the message came in.
    /// Errors  Errc::wrong_intersection, Errc::unknown_rollback
    Errc received(Peer& peer, ChainSync::Message& message, ChainSync::State before, const std::vector<Peer*>& ready,
                  Instant now);

    /// A header or roll-backward was taken by the user.
    void taken(CommandId command) noexcept {
        if (sync_ && sync_->command == command && sync_->untaken > 0) --sync_->untaken;
    }
    /// The window has room, and somebody to fill it.
    [[nodiscard]] bool wants_more() const noexcept { return room() > 0; }
    /// Asks for as many headers as the window has room for.
    void top_up(Instant now);

  private:
    void follow(Peer& peer, Instant now);
    void follow_next(const std::vector<Peer*>& ready, Instant now);
    [[nodiscard]] std::vector<Point> points_to_ask() const;
    /// What the user was given last; nothing where that is not known.
    [[nodiscard]] std::optional<Point> standing() const;
    [[nodiscard]] std::uint32_t outstanding() const noexcept;
    [[nodiscard]] std::uint32_t room() const noexcept;
    /// Forgets what lies behind `point`; false, and nothing is forgotten, when it was never delivered.
    bool rewind(const Point& point);
    void remember(const Header& header);
    void tell_rollback(Peer& peer, const Point& point);

    Errc found(Peer& peer, const ChainSync::IntersectFound& message);
    Errc rolled_back(Peer& peer, const ChainSync::RollBackward& message);

    Desk& desk_;
    std::optional<Sync> sync_;
};

}  // namespace ouro::initiator
