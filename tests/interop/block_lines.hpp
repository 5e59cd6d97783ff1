#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "unit/chain/real_blocks.hpp"

namespace interop {

/// Prints what this library shows of a block, in the lines that the programs over other decoders print.
void print_lines(std::ostream& out, const real::Block& block);

/// A kind of blocks, of which a decoder reads all or none in the same way.
struct BlockColumn {
    std::string name;
    std::vector<real::Block> blocks;
};

/// Real blocks by era: the test data, the reference's, and those in the package of `gouroboros` if it is built.
[[nodiscard]] std::vector<BlockColumn> real_columns();

/// Made-up blocks with what the real ones lack. Their headers state the right sizes and hashes.
[[nodiscard]] std::vector<BlockColumn> made_columns();

}  // namespace interop
