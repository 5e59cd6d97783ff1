#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <ouro/protocol/chain_view.hpp>

namespace ouro::chain {

/// A synthetic chain for tests and measurements: well-formed Conway blocks with the hash of their predecessors and the
/// correct hash and size of their bodies, so that they pass `inspect` with `Checks::blocks`; the rest is noise. Equal
/// options and calls make equal bytes.
///
/// Shape  The block at position p has number p - 1 and a slot from 20 p to 20 p + 19. Keys, proofs and signatures in a
///        header are random bytes. The body is one transaction without inputs and outputs, which differs from block to
///        block by its fee, and metadata, which is the same in all blocks of a chain.
/// Units  Making a chain hashes each header once, and of each body only the transaction: about two seconds for a
///        million blocks of any size, during which the constructor and `extend` do not return. To begin at once with a
///        long chain, make it in steps with `extend`. It takes 36 bytes per block, and holds the first blocks up to
///        `keep_bytes`; any other header or block is made again at each call.
class SyntheticChain final : public ChainView {
  public:
    /// The properties of the chain.
    struct Options {
        Position blocks = 0;                              ///< number of blocks
        std::size_t block_bytes = 2048;                   ///< of each block; at least about 30 more than its header
        std::size_t header_bytes = 860;                   ///< of each header; at least about 430
        std::uint64_t seed = 1;                           ///< of everything that is made up
        std::size_t keep_bytes = std::size_t{256} << 20;  ///< memory for blocks, from the first on
    };

    /// Makes the chain.
    explicit SyntheticChain(const Options& options);

    [[nodiscard]] Position size() const override { return made_.size(); }
    /// The newest block; the origin if there is none.
    [[nodiscard]] Tip tip() const override;
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    [[nodiscard]] Point point(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Header> header(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Bytes> block(Position position) const override;

    /// Appends `blocks` blocks.
    void extend(Position blocks);
    /// Drops all blocks after `position`. Blocks appended afterwards form another fork.
    void roll_back(Position position);

  private:
    struct Made {
        Hash hash;
        std::uint32_t fork;  // number of its fork, which distinguishes it from others at its position
    };
    struct Kept {
        Bytes block;
        std::size_t header_bytes;
    };

    [[nodiscard]] std::uint64_t noise_of(Position position) const;
    [[nodiscard]] Slot slot_of(Position position) const;
    [[nodiscard]] Bytes make_header(Position position) const;
    [[nodiscard]] Bytes make_block(Position position, const Bytes& header) const;

    Options options_;
    Bytes common_;                       // witnesses, metadata and invalid transactions of every body
    std::array<Hash, 3> common_hashes_;  // of each of them
    std::deque<Made> made_;              // grows without copying gigabytes at once
    std::vector<Kept> kept_;             // the first blocks
    std::size_t kept_bytes_ = 0;
    std::uint32_t fork_ = 0;
};

}  // namespace ouro::chain
