#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace ouro {

/// Answers followers from a chain: a read pointer for each of them, roll-backs, and the ranges of blocks.
class ChainSource {
  public:
    /// Where a follower stands. The first answer it gets is a roll-backward to there.
    struct Follower {
        ChainView::Position position = 0;
        bool roll_back = true;
    };
    struct Await {};
    using Next = std::variant<ChainSync::RollForward, ChainSync::RollBackward, Await>;

    explicit ChainSource(std::shared_ptr<const ChainView> chain) : chain_(std::move(chain)) {}

    /// The first of `points` that is on the chain becomes the follower's place; without one it stays where it is.
    [[nodiscard]] ChainSync::Message intersect(Follower& follower, std::span<const Point> points) const;
    /// The next answer to a follower, whose place moves with it.
    /// Errors  those of `point`, and what the chain says about a header it cannot read
    [[nodiscard]] Result<Next> next(Follower& follower) const;
    /// The point of the block at `position`, or the origin for 0.
    /// Errors  Errc::chunk_damaged  the storage can no longer read it, and returns the origin
    [[nodiscard]] Result<Point> point(ChainView::Position position) const;
    /// The chain is another one above `common`: followers that are above it are taken back.
    static void changed(Follower& follower, ChainView::Position common) noexcept;

    /// The positions of a range, both ends included; nothing where the chain does not have it.
    [[nodiscard]] std::optional<std::pair<ChainView::Position, ChainView::Position>> range(const Point& first,
                                                                                           const Point& last) const;
    [[nodiscard]] const ChainView& chain() const noexcept { return *chain_; }

  private:
    std::shared_ptr<const ChainView> chain_;
};

}  // namespace ouro
