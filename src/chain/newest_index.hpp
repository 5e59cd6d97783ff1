#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "index_entry.hpp"
#include "regular_file.hpp"

namespace ouro::chain {

/// The index of the newest chunk, adapted to the whole blocks in the chunk.
struct NewestIndex {
    IndexBytes entries;
    std::uint64_t end = 0;       ///< of the last whole block in the chunk
    std::size_t rebuilt = 0;     ///< entries that the index lacked
    std::size_t dropped = 0;     ///< entries without a whole block in the chunk
    std::uint64_t left_out = 0;  ///< bytes after the last whole block
    std::string contradiction;   ///< reason why the chunk cannot be served at all
    Errc error = Errc::none;     ///< error if the chunk cannot be read

    /// A description of what was incomplete; empty if nothing was.
    [[nodiscard]] std::string note() const;
};

/// `index` as found; empty if there was none.
[[nodiscard]] NewestIndex complete_index(const RegularFile& chunk, IndexBytes index);

}  // namespace ouro::chain
