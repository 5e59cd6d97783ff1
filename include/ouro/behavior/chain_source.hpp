#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace ouro {

/// Answers followers from a chain: keeps a read pointer for each, sends roll-backwards, and finds ranges of blocks.
class ChainSource {
  public:
    /// The position of a follower. Its first answer is a roll-backward to there.
    struct Follower {
        ChainView::Position position = 0;
        bool roll_back = true;
    };
    explicit ChainSource(std::shared_ptr<const ChainView> chain) : chain_(std::move(chain)) {}

    /// Moves the follower to the first of `points` that is on the chain, if there is one. Returns the answer.
    template <class Protocol = ChainSync>
    [[nodiscard]] typename Protocol::Message intersect(Follower& follower, std::span<const Point> points) const {
        for (const Point& point : points) {
            const auto position = chain_->find(point);
            if (!position) continue;
            follower = {*position, true};
            return typename Protocol::IntersectFound{point, chain_->tip()};
        }
        return typename Protocol::IntersectNotFound{chain_->tip()};
    }
    /// Returns the next answer, headers of `ChainSync` or blocks of `LocalChainSync`, and moves the follower with it.
    /// At the tip it is AwaitReply.
    ///
    /// Errors  those of `point`, and of the chain for a header or block that it cannot read now
    template <class Protocol = ChainSync>
    [[nodiscard]] Result<typename Protocol::Message> next(Follower& follower) const {
        using Message = typename Protocol::Message;
        if (std::exchange(follower.roll_back, false)) {
            const auto point = this->point(follower.position);
            if (!point) return point.error();
            return Result<Message>(std::in_place, typename Protocol::RollBackward{*point, chain_->tip()});
        }
        if (follower.position >= chain_->size()) return Result<Message>(std::in_place, typename Protocol::AwaitReply{});
        auto item = [&] {
            if constexpr (std::is_same_v<Protocol, ChainSync>)
                return chain_->header(follower.position + 1);
            else
                return chain_->block(follower.position + 1);
        }();
        if (!item) return item.error();
        ++follower.position;
        return Result<Message>(std::in_place, typename Protocol::RollForward{*std::move(item), chain_->tip()});
    }
    /// The point of the block at `position`, or the origin for 0.
    /// Errors  Errc::chunk_damaged  the storage can no longer read it, and returns the origin
    [[nodiscard]] Result<Point> point(ChainView::Position position) const;
    /// Moves a follower back to `common` if it is above: the chain is another one from there on.
    static void changed(Follower& follower, ChainView::Position common) noexcept;

    /// The positions of a range, both ends included; empty if the chain does not have it.
    [[nodiscard]] std::optional<std::pair<ChainView::Position, ChainView::Position>> range(const Point& first,
                                                                                           const Point& last) const;
    [[nodiscard]] const ChainView& chain() const noexcept { return *chain_; }

  private:
    std::shared_ptr<const ChainView> chain_;
};

}  // namespace ouro
