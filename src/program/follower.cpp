#include <ouro/program/follower.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "step_stream.hpp"

namespace ouro {

static_assert(std::is_trivially_copyable_v<Start> && std::is_trivially_destructible_v<FollowOptions>);

Start::Start(List<Point> points) {
    if (points.size() == 0) throw std::invalid_argument("Start: there is no point");
    if (points.size() > most_points)
        throw std::invalid_argument("Start: " + std::to_string(points.size()) + " points are more than " +
                                    std::to_string(most_points));
    std::copy(points.begin(), points.end(), points_.begin());
    count_ = static_cast<std::uint8_t>(points.size());
}

Start::Start(const Cursor& cursor) noexcept {
    const auto& points = cursor.points();
    count_ = static_cast<std::uint8_t>(std::min(points.size(), most_points));
    std::copy_n(points.begin(), count_, points_.begin());
    points_[count_ - 1U] = points.back();
}

std::optional<Cursor> Follower::cursor() const { return static_cast<const detail::StepStream&>(*stream_).cursor(); }

}  // namespace ouro
