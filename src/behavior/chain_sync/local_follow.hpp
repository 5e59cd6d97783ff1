#pragma once

#include <ouro/base/fifo.hpp>
#include "answerable.hpp"
#include "behavior/local/desk.hpp"

namespace ouro::local_initiator {

/// A chain that is followed. Its members are the part's own.
struct Sync {
    Call call;  ///< until the intersection
    CommandId command{};
    Point from;                    ///< the first intersection, once there is one
    std::vector<Point> points;     ///< where to begin, until then
    bool begun = false;            ///< an intersection was told
    bool following = false;        ///< this connection has found it
    std::vector<Point> asked;      ///< on this connection
    std::optional<Point> swallow;  ///< the roll-backward every node sends first
    std::uint32_t untaken = 0;
    std::size_t untaken_bytes = 0;
    std::uint32_t credit = 0;  ///< where it is not automatic
    bool at_tip = false;
    Tip tip;
    detail::Answerable answerable;
    detail::Fifo<HeaderInfo> history;  ///< of the newest blocks delivered, oldest first
    bool forgot = false;               ///< others than those in history were delivered behind `from`
    bool broken = false;               ///< a block broke a rule: the node is not asked again
    std::optional<Point> broken_at;    ///< where the node broke a rule, on this connection
};

/// Follows the node's chain in whole blocks, and goes on over the next connection from what was delivered.
class ChainSyncPart {
  public:
    explicit ChainSyncPart(Desk& desk) noexcept : desk_(desk) {}

    Errc start(CommandId command, Follow& wish);
    Errc extend(std::uint32_t blocks);
    void end(Errc reason);
    /// Ends it if it is this one; whether it is.
    bool give_up(CommandId command, Errc reason);

    /// Asks for the intersection, once it is our turn.
    void advance();
    /// `before` is the state the message came in.
    /// Errors  Errc::wrong_intersection, Errc::unknown_rollback, those of ChainRules
    Errc received(LocalChainSync::Message& message, LocalChainSync::State before);
    void lost(Errc reason, bool again);
    /// Where the node broke a rule, as `Disconnected::point` has it.
    [[nodiscard]] std::optional<Point> broken_at() const { return sync_ ? sync_->broken_at : std::nullopt; }

    /// A block or a roll-backward was taken by the user.
    void taken(CommandId command, std::size_t bytes) noexcept;
    [[nodiscard]] bool wants_more() const noexcept { return room() > 0; }
    /// Asks for as many blocks as the window has room for.
    void top_up();

  private:
    [[nodiscard]] std::vector<Point> points_to_ask() const;
    /// What the user was given last; nothing where that is not known.
    [[nodiscard]] std::optional<Point> standing() const;
    [[nodiscard]] std::uint32_t outstanding() const noexcept;
    [[nodiscard]] std::uint32_t room() const noexcept;
    /// Forgets what lies behind `point`; false, and nothing is forgotten, when it was never delivered.
    bool rewind(const Point& point);
    /// What the rules read in the block, which follows what was delivered last; nothing without rules.
    [[nodiscard]] Result<std::optional<HeaderInfo>> inspect(const Bytes& block) const;
    /// Its point, or, where its header cannot be read, the one it should have followed.
    [[nodiscard]] std::optional<Point> place_of(const Bytes& block) const;
    void remember(const std::optional<HeaderInfo>& block);
    void tell_rollback(const Point& point);

    Errc rolled_forward(LocalChainSync::RollForward& message);
    Errc found(const LocalChainSync::IntersectFound& message);
    Errc rolled_back(const LocalChainSync::RollBackward& message);

    Desk& desk_;
    std::optional<Sync> sync_;
};

}  // namespace ouro::local_initiator
