#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <ouro/mux/egress.hpp>

#include "support/catch.hpp"
#include "unit/mux/channels.hpp"

namespace ouro::test {

using mux::Batch;
using mux::Egress;
using ByteVector = std::vector<std::uint8_t>;
using Key = std::pair<Channel, Role>;

inline const auto ignore = [](Channel, Role, std::size_t, std::size_t) {};

inline ByteVector pattern(std::size_t size, std::uint8_t first) {
    ByteVector bytes(size);
    for (auto& o : bytes) o = first++;
    return bytes;
}

/// What the buffers hold, and that the batch keeps its bounds.
inline ByteVector bytes_of(const Batch& batch) {
    ByteVector all;
    for (const BytesView buffer : batch.buffers) {
        REQUIRE(!buffer.empty());
        all.insert(all.end(), buffer.begin(), buffer.end());
    }
    REQUIRE(all.size() == batch.bytes);
    REQUIRE(all.size() <= 262'144);
    REQUIRE(batch.buffers.size() <= 64);
    return all;
}

}  // namespace ouro::test
