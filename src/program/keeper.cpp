#include <ouro/program/keeper.hpp>

#include <vector>

namespace ouro::chain {

FollowOptions Keeper::options() {
    while (!aside_.empty()) drop_last();
    fork_ = chain_->size();
    const ChainView::Position deepest = fork_ > k_ ? fork_ - k_ : 0;
    std::vector<Point> points;
    for (ChainView::Position back = 0; back < fork_ - deepest; back = 2 * back + 1)
        points.push_back(chain_->point(fork_ - back));
    points.push_back(chain_->point(deepest));
    FollowOptions options;
    options.from = points;
    options.blocks = true;
    return options;
}

std::error_code Keeper::apply(const Step& step) {
    if (const std::error_code error = chain_->error()) return error;
    if (const auto* next = std::get_if<Forward>(&step)) return forward(*next);
    if (const auto* back = std::get_if<Backward>(&step)) return backward(back->point);
    return {};
}

std::error_code Keeper::forward(const Forward& next) {
    const bool kept = aside_.empty() && fork_ < chain_->size() && chain_->point(fork_ + 1) == Point(next.point);
    if (kept) {
        ++fork_;
        return {};
    }
    aside_.push_back(next);
    aside_bytes_ += next.block.size();
    const bool longer = fork_ + aside_.size() > chain_->size();
    return longer || aside_bytes_ > most_bytes_aside ? adopt() : std::error_code();
}

std::error_code Keeper::backward(const Point& to) {
    const auto at = chain_->find(to);
    const bool among_kept = at && *at <= fork_;
    std::size_t stay = aside_.size();
    while (stay > 0 && Point(aside_[stay - 1].point) != to) --stay;
    if (stay == 0 && !among_kept) return make_error_code(Errc::unknown_rollback);
    while (aside_.size() > stay) drop_last();
    if (stay == 0) fork_ = *at;
    return {};
}

void Keeper::drop_last() {
    aside_bytes_ -= aside_.back().block.size();
    aside_.pop_back();
}

std::error_code Keeper::adopt() {
    const Change change{fork_, fork_ < chain_->size()};
    if (change.taken_back)
        if (const std::error_code error = chain_->roll_back(fork_)) return error;
    for (; !aside_.empty(); aside_.pop_front()) {
        // The follower has checked the block.
        if (const std::error_code error = chain_->append(aside_.front().block, Checks::headers)) return error;
        aside_bytes_ -= aside_.front().block.size();
    }
    fork_ = chain_->size();
    change_ = change;
    return {};
}

std::error_code Keeper::add(const Bytes& block) {
    // The followed chain does not have the block yet, so it forks before it.
    const ChainView::Position common = chain_->size();
    if (const std::error_code error = chain_->append(block, Checks::blocks)) return error;
    change_ = Change{common, false};
    return {};
}

}  // namespace ouro::chain
