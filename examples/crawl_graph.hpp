#pragma once

// The picture of which peers share which: rings of depth, as SVG.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace crawl {

/// A peer in the graph.
struct GraphPeer {
    std::string address;  ///< as it may stand in HTML
    std::uint32_t depth = 0;
    std::uint64_t sharers = 0;  ///< peers that share it
    bool answered = false;
};

/// Draws peers on rings, each near those that share it. A line is the two places in `peers` of a sharer and of the peer
/// that it shares.
[[nodiscard]] std::string draw_graph(const std::vector<GraphPeer>& peers,
                                     const std::vector<std::pair<std::size_t, std::size_t>>& lines);

}  // namespace crawl
