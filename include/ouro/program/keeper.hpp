#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <ouro/chain/stored_chain.hpp>
#include <ouro/program/follower.hpp>
#include <ouro/program/network.hpp>

namespace ouro::chain {

/// Keeps the chain that a follower delivers, and goes along with a fork only when it is longer: the blocks of a fork
/// stay aside until they make a longer chain, and then replace the kept blocks in one step.
///
///     ouro::chain::Keeper keeper(stored, node.network());
///     ouro::Follower chain = node.follow(keeper.options());
///     while (auto step = co_await chain.next()) {
///         if (const auto error = keeper.apply(*step)) throw std::system_error(error);
///         if (const auto change = keeper.poll_change()) node.chain_changed(change->common);
///     }
///
/// No clock, and no IO but the chain's own file. What peers can make it hold is `most_bytes_aside` and one block; what
/// they can make the node fetch ahead is the follower's window.
///
/// Errors of `apply` and `add`: those of `StoredChain::append`. After one, begin again with `options()`.
class Keeper {
  public:
    /// Bytes of a fork's blocks that stay aside. Above it they replace the kept blocks before the chain is longer.
    static constexpr std::size_t most_bytes_aside = std::size_t{64} << 20;

    /// The kept chain has changed after `common`.
    struct Change {
        ChainView::Position common = 0;  ///< position of the last block that is still the same
        bool taken_back = false;         ///< blocks were rolled back
    };

    /// Forks from the kept chain may be `network.k` blocks long before they are longer.
    Keeper(std::shared_ptr<StoredChain> chain, const Network& network) : chain_(std::move(chain)), k_(network.k) {}

    /// The options of the follower whose steps are applied from now on. It delivers blocks, and begins at the end of
    /// the kept chain: at its last block, ever fewer earlier ones, and the k-th before it, or the origin if that is
    /// nearer. Blocks of the last follower that are aside are forgotten.
    [[nodiscard]] FollowOptions options();
    /// Applies the next step of the follower.
    ///
    /// Errors  Errc::unknown_rollback  a roll-back to a block that is neither kept nor aside: the peer's chain has no
    ///                                 connection with the kept one. Nothing was changed.
    std::error_code apply(const Step& step);
    /// Keeps a block of our own, which must extend the kept chain. Its body is checked, too.
    std::error_code add(const Bytes& block);
    /// The change made by the last call, reported once.
    std::optional<Change> poll_change() noexcept { return std::exchange(change_, std::nullopt); }

    /// Bytes of a fork's blocks that are aside now.
    [[nodiscard]] std::size_t bytes_aside() const noexcept { return aside_bytes_; }

  private:
    std::error_code forward(const Forward& next);
    std::error_code backward(const Point& to);
    std::error_code adopt();
    void drop_last();

    std::shared_ptr<StoredChain> chain_;
    std::uint64_t k_;
    ChainView::Position fork_ = 0;  // the followed chain forks from the kept one after it
    std::deque<Forward> aside_;     // its blocks after that
    std::size_t aside_bytes_ = 0;
    std::optional<Change> change_;
};

}  // namespace ouro::chain
