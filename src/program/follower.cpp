#include <ouro/program/follower.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "step_stream.hpp"

namespace ouro {

Start::Start(List<Point> points) : size_(points.size()) {
    if (size_ == 0) throw std::invalid_argument("Start: there is no point");
    if (size_ > most_points)
        throw std::invalid_argument("Start: " + std::to_string(size_) + " points are more than " +
                                    std::to_string(most_points));
    std::copy(points.begin(), points.end(), points_.begin());
}

std::optional<Cursor> Follower::cursor() const { return static_cast<const detail::StepStream&>(*stream_).cursor(); }

}  // namespace ouro
