#pragma once

#include <ouro/base/fifo.hpp>
#include "answerable.hpp"
#include "behavior/local/desk.hpp"

namespace ouro::local_initiator {

/// The state of following a chain.
struct Sync {
    Call call;  ///< until the intersection
    CommandId command{};
    Point from;                    ///< the first intersection, once there is one
    std::vector<Point> points;     ///< where to begin, until then
    bool begun = false;            ///< an intersection was reported
    bool following = false;        ///< there is an intersection on this connection
    std::vector<Point> asked;      ///< points requested on this connection
    std::optional<Point> swallow;  ///< the roll-backward that every node sends first
    std::uint32_t untaken = 0;
    std::size_t untaken_bytes = 0;
    std::uint32_t credit = 0;  ///< if it is not automatic
    bool at_tip = false;
    Tip tip;
    detail::Answerable answerable;
    detail::Fifo<HeaderInfo> history;  ///< of the newest blocks delivered, oldest first
    bool forgot = false;               ///< blocks after `from` were delivered that `history` does not have
    bool broken = false;               ///< a block broke a rule: following ends
    std::optional<Point> broken_at;    ///< where the node broke a rule, on this connection
};

/// Follows the node's chain in whole blocks, and continues over the next connection after the last delivered block.
class ChainSyncPart : public Speaker<LocalChainSync> {
  public:
    explicit ChainSyncPart(Desk& desk) : Speaker(desk) {}

    void gone(Node&, const Ending& ending) override;
    bool cancel(CommandId command, Errc reason) override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override {
        return frame::event_bits<Event, RollForward, RollBackward>();
    }
    void taken(const Event& event) override;
    [[nodiscard]] bool wants_more() const noexcept override { return room() > 0; }
    void resume() override { top_up(); }
    /// Where the node broke a rule, as `Disconnected::point` reports it.
    [[nodiscard]] std::optional<Point> broken_at() const { return sync_ ? sync_->broken_at : std::nullopt; }

  private:
    /// Errors  Errc::wrong_intersection, Errc::unknown_rollback, those of ChainRules
    Errc received(Node&, LocalChainSync::Message& message, LocalChainSync::State before) override;
    /// Requests the intersection as soon as it is our turn.
    void advance() override;
    Errc start(CommandId command, Follow& wish);
    Errc extend(std::uint32_t blocks);
    void end(Errc reason);
    /// Requests as many blocks as the window has room for.
    void top_up();
    [[nodiscard]] std::vector<Point> points_to_ask() const;
    /// The point of the last delivered block; empty if unknown.
    [[nodiscard]] std::optional<Point> standing() const;
    [[nodiscard]] std::uint32_t outstanding() const noexcept;
    [[nodiscard]] std::uint32_t room() const noexcept;
    /// Removes the history after `point`. False, without a change, if the point was never delivered.
    bool rewind(const Point& point);
    /// Checks the block as the successor of the last delivered one, and returns its header's data; empty without rules.
    [[nodiscard]] Result<std::optional<HeaderInfo>> inspect(const Bytes& block) const;
    /// The point of the block, or, if its header cannot be read, the point before it.
    [[nodiscard]] std::optional<Point> place_of(const Bytes& block) const;
    void remember(const std::optional<HeaderInfo>& block);
    void report_rollback(const Point& point);

    Errc rolled_forward(LocalChainSync::RollForward& message);
    Errc found(const LocalChainSync::IntersectFound& message);
    Errc rolled_back(const LocalChainSync::RollBackward& message);

    std::optional<Sync> sync_;
};

}  // namespace ouro::local_initiator
