#include "crawl_graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <set>

namespace crawl {

namespace {

constexpr double size = 1'000, margin = 40;
constexpr std::size_t labels = 8;                       // of the peers that most others share,
constexpr double label_width = 420, label_height = 40;  // as far as they do not overlap

struct Spot {
    double angle = 0, x = 0, y = 0, radius = 0;
};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

/// Spreads the peers of each depth evenly on its ring, in the order of the mean direction of their sharers.
std::vector<Spot> place(const std::vector<GraphPeer>& peers,
                        const std::vector<std::pair<std::size_t, std::size_t>>& lines) {
    std::vector<Spot> spots(peers.size());
    std::map<std::uint32_t, std::vector<std::size_t>> rings;
    for (std::size_t i = 0; i < peers.size(); ++i) rings[peers[i].depth].push_back(i);
    std::vector<double> towards_x(peers.size()), towards_y(peers.size());
    // One peer in the middle needs no ring.
    const bool middle = !rings.empty() && rings.begin()->second.size() == 1;
    const double outermost = size / 2 - margin;
    const double steps = static_cast<double>(rings.size()) - (middle ? 1 : 0);
    double step = middle ? 0 : 1;
    for (auto& [depth, ring] : rings) {
        // Those of one direction are mixed, or the most shared would all be neighbors.
        const auto key = [&](std::size_t i) {
            return std::pair(std::atan2(towards_y[i], towards_x[i]), static_cast<std::uint32_t>(i) * 2'654'435'761U);
        };
        std::sort(ring.begin(), ring.end(), [&](std::size_t x, std::size_t y) { return key(x) < key(y); });
        const double radius = steps > 0 ? outermost * step / steps : 0;
        for (std::size_t at = 0; at < ring.size(); ++at) {
            Spot& spot = spots[ring[at]];
            spot.radius = radius;
            spot.angle = 2 * std::numbers::pi * (static_cast<double>(at) + 0.5) / static_cast<double>(ring.size()) -
                         std::numbers::pi;
            spot.x = size / 2 + radius * std::cos(spot.angle);
            spot.y = size / 2 + radius * std::sin(spot.angle);
        }
        for (const auto& [from, to] : lines) {
            if (peers[from].depth != depth || peers[to].depth <= depth) continue;
            towards_x[to] += std::cos(spots[from].angle);
            towards_y[to] += std::sin(spots[from].angle);
        }
        step += 1;
    }
    return spots;
}

}  // namespace

std::string draw_graph(const std::vector<GraphPeer>& peers,
                       const std::vector<std::pair<std::size_t, std::size_t>>& lines) {
    const std::vector<Spot> spots = place(peers, lines);
    std::string svg =
        "<svg class=\"graph\" viewBox=\"0 0 1000 1000\" role=\"img\" aria-label=\"Which peers share which\">\n";
    std::set<std::string> rings;
    for (const Spot& spot : spots)
        if (spot.radius > 0) rings.insert(number(spot.radius));
    for (const std::string& radius : rings)
        svg += "<circle class=\"ring\" cx=\"500\" cy=\"500\" r=\"" + radius + "\"/>\n";
    for (const auto& [from, to] : lines)
        svg += "<line data-a=\"" + std::to_string(from) + "\" data-b=\"" + std::to_string(to) + "\" x1=\"" +
               number(spots[from].x) + "\" y1=\"" + number(spots[from].y) + "\" x2=\"" + number(spots[to].x) +
               "\" y2=\"" + number(spots[to].y) + "\"/>\n";
    std::vector<std::size_t> most(peers.size());
    for (std::size_t i = 0; i < most.size(); ++i) most[i] = i;
    std::sort(most.begin(), most.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(peers[b].sharers, a) < std::pair(peers[a].sharers, b);
    });
    for (std::size_t i = 0; i < peers.size(); ++i) {
        const GraphPeer& peer = peers[i];
        const double radius = std::min(4 + 1.5 * std::sqrt(static_cast<double>(peer.sharers)), 16.0);
        svg += "<circle class=\"" + std::string(peer.answered ? "up" : "down") + "\" data-n=\"" + std::to_string(i) +
               "\" cx=\"" + number(spots[i].x) + "\" cy=\"" + number(spots[i].y) + "\" r=\"" + number(radius) +
               "\"><title>" + peer.address + ", shared by " + std::to_string(peer.sharers) + ", depth " +
               std::to_string(peer.depth) + "</title></circle>\n";
    }
    std::vector<std::pair<double, double>> taken;  // by labels
    for (const std::size_t i : most) {
        if (taken.size() == labels) break;
        const Spot& spot = spots[i];
        const auto near = [&](const std::pair<double, double>& other) {
            return std::abs(other.first - spot.x) < label_width && std::abs(other.second - spot.y) < label_height;
        };
        if (std::any_of(taken.begin(), taken.end(), near)) continue;
        taken.emplace_back(spot.x, spot.y);
        const bool right = spot.x > size / 2;
        svg += "<text text-anchor=\"" + std::string(right ? "end" : "start") + "\" x=\"" +
               number(spot.x + (right ? -18 : 18)) + "\" y=\"" + number(spot.y + 6) + "\">" + peers[i].address +
               "</text>\n";
    }
    return svg + "</svg>\n";
}

}  // namespace crawl
