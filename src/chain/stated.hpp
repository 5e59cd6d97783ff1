#pragma once

#include <cstdint>

#include <ouro/chain/header.hpp>

namespace ouro::chain {

/// What a header states about the body of its block.
struct Stated {
    Hash body{};             ///< since Shelley, and of a boundary block
    std::uint64_t size = 0;  ///< since Shelley, in bytes

    // A Byron main block.
    std::uint64_t transactions = 0;
    Hash merkle_root{};
    Hash witnesses{};
    Hash delegation{};
    Hash update{};
    Hash extra{};
};

/// `inspect` of a header that also reads what the header states about the body.
Result<HeaderInfo> inspect(const Header& header, Stated& stated);

}  // namespace ouro::chain
