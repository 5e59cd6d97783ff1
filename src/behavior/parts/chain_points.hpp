#pragma once

#include <cstddef>
#include <utility>

#include <ouro/protocol/chain.hpp>

namespace ouro::detail {

/// Whether a chain comes to `point` before it comes to `other`.
[[nodiscard]] inline bool before(const Point& point, const Point& other) noexcept {
    return !other.is_origin() && (point.is_origin() || point.slot() < other.slot());
}

/// Calls `ask(back)` for those of so many remembered points that say where a follower stands, counted from the newest
/// one, as the reference does: the newest, those 1, 2, 3, 5, 8, … before it, and, where there are `older` ones that are
/// forgotten, the oldest.
template <class Ask>
void for_points_to_ask(std::size_t remembered, bool older, Ask ask) {
    if (remembered == 0) return;
    ask(std::size_t{0});
    for (std::size_t back = 1, next = 2; back < remembered; back = std::exchange(next, back + next)) ask(back);
    if (older) ask(remembered - 1);
}

}  // namespace ouro::detail
