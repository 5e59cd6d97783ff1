#include <ouro/behavior/chain_source.hpp>

namespace ouro {

ChainSync::Message ChainSource::intersect(Follower& follower, std::span<const Point> points) const {
    for (const Point& point : points) {
        if (const auto position = chain_->find(point)) {
            follower = {*position, true};
            return ChainSync::IntersectFound{point, chain_->tip()};
        }
    }
    return ChainSync::IntersectNotFound{chain_->tip()};
}

Result<ChainSource::Next> ChainSource::next(Follower& follower) const {
    if (std::exchange(follower.roll_back, false)) {
        const auto point = this->point(follower.position);
        if (!point) return point.error();
        return Next(ChainSync::RollBackward{*point, chain_->tip()});
    }
    if (follower.position >= chain_->size()) return Next(Await{});
    auto header = chain_->header(follower.position + 1);
    if (!header) return header.error();
    ++follower.position;
    return Next(ChainSync::RollForward{*std::move(header), chain_->tip()});
}

Result<Point> ChainSource::point(ChainView::Position position) const {
    const Point point = chain_->point(position);
    if (position != 0 && point.is_origin()) return Errc::chunk_damaged;
    return point;
}

void ChainSource::changed(Follower& follower, ChainView::Position common) noexcept {
    if (follower.position > common) follower = {common, true};
}

std::optional<std::pair<ChainView::Position, ChainView::Position>> ChainSource::range(const Point& first,
                                                                                      const Point& last) const {
    if (first.is_origin() || last.is_origin()) return std::nullopt;
    const auto from = chain_->find(first);
    const auto to = chain_->find(last);
    if (!from || !to || *to < *from) return std::nullopt;
    return std::pair(*from, *to);
}

}  // namespace ouro
