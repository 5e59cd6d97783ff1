#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// A chain to serve: consecutive blocks, counted from 1. Position 0 is the origin.
///
/// Calls must be cheap and never wait for long, because they run on the network's thread. Results stay valid after the
/// chain has changed, because slices own their bytes.
class ChainView {
  public:
    /// The number of a block, from 1; 0 is the origin.
    using Position = std::uint64_t;

    virtual ~ChainView() = default;

    /// The number of blocks, which is the position of the tip.
    [[nodiscard]] virtual Position size() const = 0;
    /// The newest block; the origin if there is none.
    [[nodiscard]] virtual Tip tip() const = 0;
    /// Position of `point`: 0 for the origin, empty if it is not on this chain.
    [[nodiscard]] virtual std::optional<Position> find(const Point& point) const = 0;
    /// The point of the block at `position`, or the origin for 0; `position` is at most `size()`.
    [[nodiscard]] virtual Point point(Position position) const = 0;
    /// The header of the block at `position`, 1 to `size()`.
    /// Errors  those of `block`
    [[nodiscard]] virtual Result<Header> header(Position position) const = 0;
    /// The block at `position` as it is stored, `[tag, block]`.
    /// Errors  Errc::pending  the storage is still reading: call again when the function given to `on_ready` was called
    ///         Errc::chunk_damaged, Errc::file_damaged, Errc::file_unreadable  errors of the storage
    [[nodiscard]] virtual Result<Bytes> block(Position position) const = 0;

    /// Sets the function that is called after each read for which `block` or `header` returned Errc::pending. It wakes
    /// the behavior that serves the chain, whose `tick` calls it again: `Manager::async_execute` with a Housekeeping
    /// command does that, or for clients with ChainChanged. A chain that never returns Errc::pending never calls it.
    ///
    /// Lifetimes  Called on any thread. When `on_ready` returns, an earlier function is not called any more, and no
    ///            call of it is running; so `ready` must not call `on_ready`. An empty function removes it.
    virtual void on_ready(std::function<void()> ready) { (void)ready; }
};

}  // namespace ouro
