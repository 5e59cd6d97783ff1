#pragma once

#include <cstdint>
#include <optional>

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// A chain to serve: blocks in a row, counted from 1. Position 0 is the origin.
///
/// Calls are cheap and never wait for long: they run on the network's own thread. What they give stays good after the
/// chain has changed, for slices own their octets.
class ChainView {
  public:
    using Position = std::uint64_t;

    virtual ~ChainView() = default;

    /// The number of blocks, and so the position of the tip.
    [[nodiscard]] virtual Position size() const = 0;
    [[nodiscard]] virtual Tip tip() const = 0;
    /// Where `point` is; 0 for the origin, nothing when it is not on this chain.
    [[nodiscard]] virtual std::optional<Position> find(const Point& point) const = 0;
    /// The point of the block at `position`, or the origin for 0; `position` is at most `size()`.
    [[nodiscard]] virtual Point point(Position position) const = 0;
    /// The header of the block at `position`, 1 to `size()`.
    /// Errors  Errc::chunk_damaged, Errc::file_unreadable  what the storage says
    [[nodiscard]] virtual Result<Header> header(Position position) const = 0;
    /// The block at `position` as it is stored, `[tag, block]`.
    /// Errors  Errc::chunk_damaged, Errc::file_unreadable  what the storage says
    [[nodiscard]] virtual Result<Bytes> block(Position position) const = 0;
};

}  // namespace ouro
