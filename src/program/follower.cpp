#include <ouro/program/follower.hpp>

#include <stdexcept>

#include "step_stream.hpp"

namespace ouro {

Start::Start(List<Point> points) : points_(std::move(points).vector()) {
    if (points_.empty()) throw std::invalid_argument("Start: there is no point");
}

std::optional<Cursor> Follower::cursor() const { return static_cast<const detail::StepStream&>(*stream_).cursor(); }

}  // namespace ouro
