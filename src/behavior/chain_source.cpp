#include <ouro/behavior/chain_source.hpp>

namespace ouro {

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
