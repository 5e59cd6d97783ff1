#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ouro/protocol/chain_view.hpp>

namespace ouro::chain {

/// A chain made of nothing, for tests and measurements: Conway blocks that are well-formed, name their predecessors and
/// have the hashes their points say, and are otherwise noise. Equal options and calls make equal octets.
///
/// Shape  The block at position p has number p - 1 and a slot from 20 p to 20 p + 19. Keys, proofs, signatures and
///        hashes in a header, that of the body too, are random octets; the body is one empty transaction with metadata.
/// Units  Making a chain hashes each header once, a second or two for a million. It holds 36 octets a block, and the
///        blocks themselves as far as `keep_octets` reaches; a header or block beyond that is made anew at each call.
class SyntheticChain final : public ChainView {
  public:
    struct Options {
        Position blocks = 0;
        std::size_t block_octets = 2048;  ///< of each block, some 30 more than its header at least
        std::size_t header_octets = 860;  ///< of each header, some 430 at least
        std::uint64_t seed = 1;
        std::size_t keep_octets = std::size_t{256} << 20;  ///< memory for blocks, filled from the first on
    };

    explicit SyntheticChain(const Options& options);

    [[nodiscard]] Position size() const override { return made_.size(); }
    [[nodiscard]] Tip tip() const override;
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    [[nodiscard]] Point point(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Header> header(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Bytes> block(Position position) const override;

    /// Appends `blocks` blocks.
    void extend(Position blocks);
    /// Drops all blocks behind `position`. What is appended afterwards is another fork.
    void roll_back(Position position);

  private:
    struct Made {
        Hash hash;
        std::uint32_t fork;  // what was dropped before it was made: tells it from others at its position
    };
    struct Kept {
        Bytes block;
        std::size_t header_octets;
    };

    [[nodiscard]] std::uint64_t noise_of(Position position) const;
    [[nodiscard]] Slot slot_of(Position position) const;
    [[nodiscard]] Bytes make_header(Position position) const;
    [[nodiscard]] Bytes make_block(Position position, const Bytes& header) const;

    Options options_;
    std::size_t filling_octets_;  // of noise in the body
    std::vector<Made> made_;
    std::vector<Kept> kept_;  // of the first so many positions
    std::size_t kept_octets_ = 0;
    std::uint32_t fork_ = 0;
};

}  // namespace ouro::chain
