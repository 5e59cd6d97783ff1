#include "feed.hpp"

#include <algorithm>
#include <utility>

#include <ouro/chain/header.hpp>

namespace ouro::detail {

namespace {

std::uint64_t count(BlockNumber number) noexcept { return static_cast<std::uint64_t>(number); }

}  // namespace

Feed::Feed(Options options) : options_(std::move(options)) {
    const auto points = options_.follow.from.points();
    delivered_.assign(points.rbegin(), points.rend());
    if (!options_.first) return;
    delivered_.clear();
    Entry entry;
    entry.serial = ++serial_;
    entry.step.point = *options_.first;
    waiting_.push_back(std::move(entry));
}

void Feed::began(const Point& at, const Tip& tip) {
    began_ = true;
    if (options_.follow.from.tip()) {
        delivered_.push_back(at);
        return;
    }
    if (!options_.first && at != delivered_.back()) back_ = Backward{at, tip};
    if (options_.last && options_.first == options_.last) end(Errc::end_of_range);
}

void Feed::forward(Forward&& next, const PeerId& from) {
    if (ended()) return;
    owed_ -= std::min(owed_, 1U);
    tip_.reset();
    newest_number_ = next.number;
    const bool last = options_.last == next.point;
    const bool beyond = options_.last && !last && next.point.slot > options_.last->slot;
    if (beyond) return end(Errc::no_blocks);  // another fork than the one that the range is on
    Entry entry;
    entry.serial = ++serial_;
    entry.step = std::move(next);
    entry.from = from;
    if (options_.with_blocks) average_ = (average_ * 31 + entry.step.block.size()) / 32;
    if (!options_.follow.blocks) entry.step.block = {};
    held_ += entry.step.block.size();
    waiting_.push_back(std::move(entry));
    if (last) end(Errc::end_of_range);
}

void Feed::drop_last() {
    held_ -= waiting_.back().step.block.size();
    waiting_.pop_back();
}

Point Feed::newest() const {
    if (!waiting_.empty()) return waiting_.back().step.point;
    return back_ ? back_->point : delivered_.empty() ? Point() : delivered_.back();
}

void Feed::backward(const Point& to, const Tip& tip) {
    if (ended() && end_ != Errc::end_of_range) return;
    owed_ -= std::min(owed_, 1U);
    tip_.reset();
    if (options_.last) return end(Errc::no_blocks);  // the range is no longer on the peer's chain
    while (!waiting_.empty() && Point(waiting_.back().step.point) != to) drop_last();
    newest_number_ = waiting_.empty() ? BlockNumber() : waiting_.back().step.number;
    if (newest() == to) return;
    if (options_.follow.depth > 0) return end(Errc::rolled_back_too_far);
    back_ = Backward{to, tip};
}

void Feed::at_tip(const Tip& tip) {
    if (ended()) return;
    if (options_.last) return end(Errc::no_blocks);
    tip_ = tip;
}

void Feed::end(Errc reason) {
    if (ended()) return;
    end_ = reason;
    tip_.reset();
    if (reason == Errc::end_of_range) return;
    while (!waiting_.empty() && !complete(waiting_.back())) drop_last();
}

bool Feed::deep(const Entry& entry) const noexcept {
    const std::uint64_t depth = options_.follow.depth;
    return depth == 0 || count(newest_number_) >= count(entry.step.number) + depth;
}

bool Feed::complete(const Entry& entry) const noexcept {
    return deep(entry) && (!options_.follow.blocks || !entry.step.block.empty());
}

bool Feed::caught_up() const noexcept { return waiting_.empty() || !deep(waiting_.front()); }

bool Feed::ready() const noexcept {
    if (back_) return true;
    if (!waiting_.empty() && complete(waiting_.front())) return true;
    return tip_ && caught_up();
}

Errc Feed::end() const noexcept {
    const bool more = ready() || (end_ == Errc::end_of_range && !waiting_.empty());
    return more ? Errc::none : end_;
}

Step Feed::take() {
    if (back_) {
        const Backward back = *std::exchange(back_, std::nullopt);
        while (!delivered_.empty() && delivered_.back() != back.point) delivered_.pop_back();
        if (delivered_.empty()) delivered_.push_back(back.point);
        return back;
    }
    if (!waiting_.empty() && complete(waiting_.front())) {
        Forward step = std::move(waiting_.front().step);
        waiting_.pop_front();
        held_ -= step.block.size();
        delivered_.emplace_back(step.point);
        while (delivered_.size() > options_.network.k + 1) delivered_.pop_front();
        return step;
    }
    return AtTip{*std::exchange(tip_, std::nullopt)};
}

std::size_t Feed::block_bytes() const noexcept { return average_ + average_ / 4; }

std::optional<Feed::Request> Feed::poll_request() {
    const bool wanted = options_.follow.blocks && (!ended() || end_ == Errc::end_of_range) && began_;
    if (!wanted) return std::nullopt;
    // Requests overlap, so that no peer is without one at the end of another.
    const auto is_open = [](const Entry& entry) { return entry.request == 0 && entry.step.block.empty(); };
    const auto begin = std::find_if(waiting_.begin(), waiting_.end(), is_open);
    const std::size_t window = options_.follow.window_bytes;
    const std::size_t used = held_ + in_flight_ * block_bytes();
    const std::size_t room = used < window ? (window - used) / block_bytes() : 0;
    const std::size_t most = std::min(std::max(room, used == 0 ? std::size_t{1} : 0), most_at_once);
    Request request;
    Open open;
    for (auto it = begin; it != waiting_.end() && request.points.size() < most; ++it) {
        if (!is_open(*it) || !deep(*it)) break;
        request.points.push_back(it->step.point);
        open.serials.push_back(it->serial);
    }
    constexpr std::size_t worth_a_request = 64;
    if (request.points.empty() || (request.points.size() < worth_a_request && in_flight_ >= worth_a_request))
        return std::nullopt;
    request.id = open.id = ++requests_;
    for (auto it = begin; it != begin + static_cast<std::ptrdiff_t>(request.points.size()); ++it)
        it->request = request.id;
    open.missing = request.points.size();
    in_flight_ += open.missing;
    open_.push_back(std::move(open));
    return request;
}

Feed::Entry* Feed::find(std::uint64_t serial) noexcept {
    const auto found = std::lower_bound(waiting_.begin(), waiting_.end(), serial,
                                        [](const Entry& entry, std::uint64_t wanted) { return entry.serial < wanted; });
    return found != waiting_.end() && found->serial == serial ? &*found : nullptr;
}

void Feed::block(RequestId request, std::size_t index, Bytes block) {
    const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.id == request; });
    if (open == open_.end() || index >= open->serials.size()) return;
    open->missing -= std::min<std::size_t>(open->missing, 1);
    in_flight_ -= std::min<std::size_t>(in_flight_, 1);
    average_ = (average_ * 31 + block.size()) / 32;
    Entry* entry = find(open->serials[index]);
    if (!entry || entry->request != request || !entry->step.block.empty()) return;  // it was rolled back
    held_ += block.size();
    if (entry->step.header.cbor.empty()) {
        entry->step.number = number_of(BytesView(block)).value_or(BlockNumber());
        if (auto header = chain::header_of(block)) entry->step.header = *std::move(header);
    }
    entry->step.block = std::move(block);
}

PeerId Feed::request_ended(RequestId request, Errc reason) {
    PeerId announced_by;
    const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.id == request; });
    if (open == open_.end()) return announced_by;
    in_flight_ -= std::min(in_flight_, open->missing);
    for (const std::uint64_t serial : open->serials) {
        Entry* entry = find(serial);
        if (!entry || entry->request != request || !entry->step.block.empty()) continue;
        entry->request = 0;
        if (reason != Errc::no_blocks || announced_by) continue;
        if (!entry->from) {
            end(Errc::no_blocks);  // the first block of a range, which no header announced
            break;
        }
        announced_by = entry->from;
    }
    open_.erase(open);
    return announced_by;
}

std::uint32_t Feed::poll_credit() noexcept {
    if (ended() || !began_) return 0;
    const bool blocks = options_.follow.blocks;
    const std::size_t capacity =
        (blocks ? most_waiting : std::size_t{header_window}) + static_cast<std::size_t>(options_.follow.depth);
    std::size_t room = capacity - std::min(capacity, waiting_.size() + owed_);
    room = std::min<std::size_t>(room, header_window - std::min(owed_, header_window));
    if (blocks && options_.with_blocks && options_.follow.depth == 0) {
        const std::size_t window = options_.follow.window_bytes;
        const std::size_t free = window - std::min(window, held_ + owed_ * block_bytes());
        const std::size_t least = owed_ == 0 && held_ == 0 ? 1 : 0;
        room = std::min(room, std::max(free / block_bytes(), least));
    }
    // Headers that are requested one by one arrive one by one, each with a wake-up at both ends.
    if (room == 0 || (room < header_window / 4 && owed_ > 0)) return 0;
    owed_ += static_cast<std::uint32_t>(room);
    return static_cast<std::uint32_t>(room);
}

std::optional<Cursor> Feed::cursor() const {
    // The newest points, then ever fewer, and the oldest one that is known.
    std::vector<Point> points;
    const std::size_t known = delivered_.size();
    if (known == 0) return std::nullopt;
    for (std::size_t back = 0, gap = 1; back < known; back += gap) {
        points.push_back(delivered_[known - 1 - back]);
        if (points.size() > 4) gap *= 2;
    }
    if (points.back() != delivered_.front()) points.push_back(delivered_.front());
    return Cursor(options_.network.magic, std::move(points));
}

}  // namespace ouro::detail
