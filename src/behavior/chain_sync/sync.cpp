#include "sync.hpp"

#include <algorithm>

#include "chain_points.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::initiator {

using detail::before;
using detail::contains;

Sync::Sync(CommandId command, StartSync& start, const Config& config, Peer* peer)
    : config_(config),
      command_(command),
      only_(peer),
      points_(std::move(start.points)),
      from_tip_(start.from_tip),
      automatic_(start.automatic.value_or(config.automatic)) {
    // Where a tip is the beginning, the origin is no point to go back to.
    if (points_.empty() && !from_tip_) points_.emplace_back();
}

std::optional<Point> Sync::standing() const {
    if (!history_.empty()) return Point(history_.back().point);
    return forgot_ ? std::nullopt : std::optional(from_);
}

bool Sync::stands_on(const Point& point) const {
    if (!begun_) return contains(points_, point);
    for (std::size_t i = history_.size(); i > 0; --i)
        if (Point(history_[i - 1].point) == point) return true;
    if (forgot_) return false;
    return point == from_ || (before(point, from_) && contains(points_, point));
}

bool Sync::further(const Tip& tip) const {
    if (!history_.empty()) return tip.block > history_.back().number;
    const auto at = standing();
    if (!at) return false;
    if (*at == tip_.point && !at->is_origin()) return tip.block > tip_.block;
    return before(*at, tip.point);
}

std::vector<Point> Sync::points_to_ask() const {
    if (!begun_) return points_.empty() ? std::vector<Point>(1) : points_;
    std::vector<Point> points;
    detail::for_points_to_ask(history_.size(), forgot_, [&](std::size_t back) {
        points.emplace_back(history_[history_.size() - 1 - back].point);
    });
    if (forgot_) return points;
    points.push_back(from_);
    // The beginning may not be on the next upstream's chain, and an upstream may have gone back to a place of its own:
    // then what the user has before it.
    for (const Point& point : points_)
        if (before(point, from_)) points.push_back(point);
    return points;
}

Sync::Report Sync::intersect(const Point& point, const Tip& tip) {
    following_ = true;
    swallow_ = point;
    tip_ = tip;
    answerable_.from(point, tip);
    at_tip_ = false;
    best_.reset();
    rollbacks_ = 0;
    patience_ = config_.patience;
    waiting_since_ = Instant::max();
    if (!std::exchange(begun_, true)) {
        from_ = point;
        return Report::intersection;
    }
    // Another upstream: the user sees a roll-backward only if a delivered header is not on its chain.
    const bool back = standing() != point;
    if (back) {
        rewind(point);
        ++untaken_;
    }
    if (!history_.empty()) best_ = history_.back().number;
    return back ? Report::roll_backward : Report::nothing;
}

Result<std::optional<HeaderInfo>> Sync::inspect(const Header& header, std::unique_ptr<Point>& broken_at) const {
    using Read = std::optional<HeaderInfo>;
    if (header.cbor.empty()) return Errc::malformed;
    const auto& rules = config_.rules;
    if (!rules) return detail::known_era(header) ? Result<Read>(Read()) : Errc::unknown_era;
    const auto info = rules->inspect(header);
    if (!info) return detail::known_era(header) ? info.error() : Errc::unknown_era;
    const Errc error =
        history_.empty() ? detail::check_link(*rules, from_, *info) : rules->check_link(history_.back(), *info);
    if (error == Errc::none) return Read(*info);
    broken_at = std::make_unique<Point>(info->point);
    return error;
}

void Sync::roll_forward(const Header& header, const std::optional<HeaderInfo>& info, const Tip& tip) {
    swallow_.reset();
    tip_ = tip;
    const auto number = info ? std::optional(info->number) : number_of(header);
    answerable_.answered(number, tip);
    progressed(number);
    remember(info);
    ++untaken_;
}

Result<Sync::Report> Sync::roll_backward(const Point& point, const Tip& tip) {
    tip_ = tip;
    answerable_.from(point, tip);
    if (std::exchange(swallow_, std::nullopt) == point) {
        ++credit_;  // nothing is reported for this answer
        return Report::nothing;
    }
    if (config_.rules && ++rollbacks_ > config_.max_rollbacks) return Errc::no_progress;
    if (standing() == point) {
        ++credit_;  // nor for one to where the user is
        return Report::nothing;
    }
    if (!rewind(point)) return Errc::unknown_rollback;
    ++untaken_;
    return Report::roll_backward;
}

void Sync::restart() noexcept {
    following_ = false;
    swallow_.reset();
}

bool Sync::rewind(const Point& point) {
    if (!config_.rules) {
        from_ = point;
        forgot_ = false;
        return true;
    }
    const auto keep = [&](std::size_t headers) {
        while (history_.size() > headers) history_.pop_back();
        return true;
    };
    for (std::size_t headers = history_.size(); headers > 0; --headers)
        if (Point(history_[headers - 1].point) == point) return keep(headers);
    if (forgot_) return false;  // deeper than a node ever rolls back
    if (point == from_) return keep(0);
    if (!before(point, from_)) return false;
    from_ = point;  // the peer's chain parts from ours before the sync began
    return keep(0);
}

void Sync::remember(const std::optional<HeaderInfo>& header) {
    if (!header) {
        forgot_ = true;
        return;
    }
    history_.push_back(*header);
    if (history_.size() > config_.history) {
        history_.pop_front();
        forgot_ = true;
    }
}

std::uint32_t Sync::room(std::uint32_t outstanding) const noexcept {
    if (!following_ || paused_) return 0;
    const auto used = untaken_ + outstanding;
    const auto window = config_.sync_window;
    const auto free = std::min(used < window ? window - used : 0, answerable_.room(outstanding));
    return automatic_ ? free : std::min(free, credit_);
}

void Sync::add_credit(std::uint32_t headers) noexcept {
    credit_ += std::min(headers, config_.sync_window - std::min(config_.sync_window, credit_));
}

void Sync::progressed(std::optional<BlockNumber> number) {
    if (number && best_ && *number <= *best_) return;
    best_ = number;
    rollbacks_ = 0;
    patience_ = std::min(patience_ + config_.header_worth, config_.patience);
    slow = false;
}

void Sync::count_wait(bool owes, Instant now) noexcept {
    if (!owes || !following_ || only_ || !config_.rules || config_.patience <= Duration::zero())
        waiting_since_ = Instant::max();
    else if (waiting_since_ == Instant::max())
        waiting_since_ = now;
}

void Sync::use_patience(Instant now) noexcept {
    if (waiting_since_ == Instant::max()) return;
    patience_ -= std::min(patience_, now - waiting_since_);
    waiting_since_ = now;
}

void Sync::extend_patience(Duration time, Instant now) noexcept {
    patience_ = time;
    waiting_since_ = now;
}

}  // namespace ouro::initiator
