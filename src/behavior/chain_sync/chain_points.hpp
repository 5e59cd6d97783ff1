#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <ouro/protocol/chain_rules.hpp>

namespace ouro::detail {

/// Whether `one` is in the list.
template <class T, class U>
[[nodiscard]] bool contains(const std::vector<T>& all, const U& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

/// Whether `point` lies before `other` on a chain that has both.
[[nodiscard]] inline bool before(const Point& point, const Point& other) noexcept {
    return !other.is_origin() && (point.is_origin() || point.slot() < other.slot());
}

/// Checks that the block of `next` may follow `point`, whose block number is not known; after the origin, that it may
/// be the first block of a chain. Errors  Errc::broken_link
[[nodiscard]] inline Errc check_link(const ChainRules& rules, const Point& point, const HeaderInfo& next) noexcept {
    if (point.is_origin()) return rules.check_first(next);
    const auto number = static_cast<std::uint64_t>(next.number) - (next.boundary ? 0 : 1);
    const bool boundary = next.point.slot == point.slot();  // the only kind of block that shares its slot with another
    return rules.check_link({{point.slot(), point.hash()}, BlockNumber{number}, {}, boundary}, next);
}

/// Calls `ask(back)` for the remembered points of a follower that go into a request for an intersection, counted from
/// the newest, as the reference does: the newest, those 1, 2, 3, 5, 8, … before it, and, if `older` points are
/// forgotten, the oldest.
template <class Ask>
void for_points_to_ask(std::size_t remembered, bool older, Ask ask) {
    if (remembered == 0) return;
    ask(std::size_t{0});
    for (std::size_t back = 1, next = 2; back < remembered; back = std::exchange(next, back + next)) ask(back);
    if (older) ask(remembered - 1);
}

}  // namespace ouro::detail
