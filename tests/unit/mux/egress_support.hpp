#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <ouro/mux/egress.hpp>

#include "support/catch.hpp"

namespace ouro::test {

using mux::Batch;
using mux::Egress;
using Octets = std::vector<std::uint8_t>;
using Key = std::pair<Channel, Role>;

inline constexpr Channel chain_sync{2};
inline constexpr Channel block_fetch{3};
inline constexpr Channel keep_alive{8};
inline const auto ignore = [](Channel, Role, std::size_t, std::size_t) {};

inline Octets pattern(std::size_t size, std::uint8_t first) {
    Octets octets(size);
    for (auto& o : octets) o = first++;
    return octets;
}

/// What the buffers hold, and that the batch keeps its bounds.
inline Octets octets_of(const Batch& batch) {
    Octets all;
    for (const BytesView buffer : batch.buffers) {
        REQUIRE(!buffer.empty());
        all.insert(all.end(), buffer.begin(), buffer.end());
    }
    REQUIRE(all.size() == batch.octets);
    REQUIRE(all.size() <= 262'144);
    REQUIRE(batch.buffers.size() <= 64);
    return all;
}

}  // namespace ouro::test
