#pragma once

#include <string>
#include <vector>

#include <ouro/chain/block.hpp>
#include <ouro/chain/immutable_db.hpp>

#include "support/test_data.hpp"

namespace programs {

/// The blocks of the node's database in the test data.
inline std::vector<ouro::Bytes> real_blocks() {
    const auto opened = ouro::chain::ImmutableDb::open(support::test_data("chain/immutable"));
    REQUIRE(opened);
    std::vector<ouro::Bytes> blocks;
    for (ouro::ChainView::Position position = 1; position <= opened.chain->size(); ++position)
        blocks.push_back(*opened.chain->block(position));
    return blocks;
}

inline ouro::chain::Block read_block(const ouro::Bytes& block) {
    auto view = ouro::chain::Block::read(block);
    REQUIRE(view);
    return *std::move(view);
}

inline std::string point_text(const ouro::Bytes& block) {
    return to_string(ouro::Point(read_block(block).info().point));
}

}  // namespace programs
