#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "index_entry.hpp"
#include "regular_file.hpp"

namespace ouro::chain {

/// The index of the newest chunk, made to fit the blocks that are in the chunk whole.
struct NewestIndex {
    IndexOctets entries;
    std::uint64_t end = 0;       ///< of the last whole block in the chunk
    std::size_t rebuilt = 0;     ///< entries that the index lacked
    std::size_t dropped = 0;     ///< entries whose blocks are not in the chunk whole
    std::uint64_t left_out = 0;  ///< bytes behind the last whole block
    std::string contradiction;   ///< why the chunk cannot be served at all
    Errc error = Errc::none;     ///< why the chunk cannot be read

    /// What was incomplete, for a user; empty if nothing was.
    [[nodiscard]] std::string note() const;
};

/// `index` as it was found; empty where there was none.
[[nodiscard]] NewestIndex complete_index(const RegularFile& chunk, IndexOctets index);

}  // namespace ouro::chain
