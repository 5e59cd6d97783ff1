#include "feed.hpp"

#include <algorithm>
#include <utility>

#include <ouro/chain/header.hpp>

#include "protocol/unknown_era.hpp"

namespace ouro::detail {

namespace {

std::uint64_t count(BlockNumber number) noexcept { return static_cast<std::uint64_t>(number); }

/// Whether the blocks of all known headers are delivered before this end.
bool comes_after_blocks(Errc end) noexcept { return end == Errc::end_of_range || end == Errc::unknown_era; }

/// Drops the points after `to`, which is then the newest.
void take_back(std::deque<Point>& points, const Point& to) {
    while (!points.empty() && points.back() != to) points.pop_back();
    if (points.empty()) points.push_back(to);
}

/// The newest points, then ever fewer, and the oldest one; newest first.
std::vector<Point> sparse(const std::deque<Point>& points) {
    std::vector<Point> some;
    for (std::size_t back = 0, gap = 1; back < points.size(); back += gap) {
        some.push_back(points[points.size() - 1 - back]);
        if (some.size() > 4) gap *= 2;
    }
    if (!points.empty() && some.back() != points.front()) some.push_back(points.front());
    return some;
}

}  // namespace

Feed::Feed(Options options) : options_(std::move(options)) {
    const auto points = options_.follow.from.points();
    if (options_.first)
        want_first();
    else
        delivered_.assign(points.rbegin(), points.rend());
}

void Feed::want_first() { waiting_.emplace_back().step.point = *options_.first; }

void Feed::began(const Point& at, const Tip& tip, const PeerId& from) {
    began_ = true;
    if (delivered_.empty() && !options_.first)
        delivered_.push_back(at);  // the tip
    else if (newest() != at)
        turn_to(at, tip, from);
    if (options_.last && waiting_.size() == 1 && options_.last == waiting_[0].step.point) end(Errc::end_of_range);
}

void Feed::forward(Forward&& next) {
    if (ended() || refused_) return;
    owed_ -= std::min(owed_, 1U);
    move_tip(next.point, next.tip, next.peer);
    newest_number_ = next.number;
    const bool last = options_.last == next.point;
    const bool beyond = options_.last && !last && next.point.slot > options_.last->slot;
    if (beyond) return refuse(next.peer, Errc::no_blocks);  // another fork than the one that the range is on
    if (options_.with_blocks) average_ = (average_ * 31 + next.block.size()) / 32;
    if (!options_.follow.blocks) next.block = {};
    held_ += next.block.size();
    waiting_.emplace_back().step = std::move(next);
    if (last) end(Errc::end_of_range);
}

void Feed::drop_last() {
    held_ -= waiting_.back().step.block.size();
    (void)waiting_.pop_back();
    unasked_ = std::min(unasked_, first_serial_ + waiting_.size());
}

Point Feed::newest() const {
    if (!waiting_.empty()) return waiting_.back().step.point;
    return back_ ? back_->point : delivered_.empty() ? Point() : delivered_.back();
}

void Feed::backward(const Point& to, const Tip& tip, const PeerId& from) {
    if ((ended() && end_ != Errc::end_of_range) || refused_) return;
    owed_ -= std::min(owed_, 1U);
    move_tip(to, tip, from);
    turn_to(to, tip, from);
}

void Feed::move_tip(const Point& to, const Tip& tip, const PeerId& from) {
    if (tip_ && tip.point == to)
        tip_ = AtTip{tip, from};
    else
        tip_.reset();
}

void Feed::turn_to(const Point& to, const Tip& tip, const PeerId& from) {
    if (options_.last) return refuse(from, Errc::no_blocks);  // the range is not on the peer's chain
    while (!waiting_.empty() && Point(waiting_.back().step.point) != to) drop_last();
    newest_number_ = waiting_.empty() ? BlockNumber() : waiting_.back().step.number;
    if (newest() == to) return;
    if (may_undo(to))
        back_ = Backward{to, tip, from};
    else
        refuse(from, Errc::rolled_back_too_far);
}

bool Feed::may_undo(const Point& to) const {
    if (options_.follow.depth > 0) return false;
    if (std::find(delivered_.begin(), delivered_.end(), to) != delivered_.end()) return true;
    const std::uint64_t k = options_.network.k;
    if (delivered_.size() > k || (to.is_origin() && count(delivered_number_) >= k)) return false;
    // Before the beginning: the number of blocks is not known, but k blocks never take more slots than this.
    constexpr std::uint64_t slots_of_a_block = 60;  // 3/f, ouroboros-consensus, the stability window
    const Point& last = delivered_.back();
    const std::uint64_t target = to.is_origin() ? 0 : static_cast<std::uint64_t>(to.slot());
    return !last.is_origin() && static_cast<std::uint64_t>(last.slot()) <= target + k * slots_of_a_block;
}

void Feed::refuse(const PeerId& peer, Errc reason) {
    if (std::find(refusing_.begin(), refusing_.end(), peer) == refusing_.end()) refusing_.push_back(peer);
    constexpr std::size_t enough = 3;
    const std::size_t known = options_.known_peers ? options_.known_peers() : 1;
    if (refusing_.size() >= std::min(known, enough)) return end(reason);
    refused_ = peer;
    // Whatever the peer announced is forgotten: another one continues after what was delivered.
    while (!waiting_.empty()) drop_last();
    if (options_.first && delivered_.empty()) want_first();
    open_.clear();
    in_flight_ = 0;
    owed_ = 0;
    began_ = false;
    tip_.reset();
    if (end_ == Errc::end_of_range) end_ = Errc::none;
}

std::vector<Point> Feed::points() const {
    if (options_.first && delivered_.empty()) return {*options_.first};
    std::deque<Point> known = delivered_;
    if (back_) take_back(known, back_->point);
    return sparse(known);
}

void Feed::at_tip(const AtTip& tip) {
    if (ended() || refused_) return;
    if (options_.last) return refuse(tip.peer, Errc::no_blocks);
    tip_ = tip;
}

void Feed::end(Errc reason) {
    // A feed that waits for the blocks of its last headers may have to end without them.
    bool all_there = true;
    for (std::size_t i = 0; i < waiting_.size(); ++i) all_there = all_there && complete(waiting_[i]);
    if (ended() && (!comes_after_blocks(end_) || comes_after_blocks(reason) || all_there)) return;
    end_ = reason;
    tip_.reset();
    const bool unwanted = reason == Errc::cancelled;  // stopped by its consumer
    if (unwanted) back_.reset();
    const auto stays = [&](const Entry& last) {
        return !unwanted && (comes_after_blocks(reason) ? deep(last) : complete(last));
    };
    while (!waiting_.empty() && !stays(waiting_.back())) drop_last();
}

bool Feed::deep(const Entry& entry) const noexcept {
    const std::uint64_t depth = options_.follow.depth;
    return depth == 0 || count(newest_number_) >= count(entry.step.number) + depth;
}

bool Feed::complete(const Entry& entry) const noexcept {
    return deep(entry) && (!options_.follow.blocks || !entry.step.block.empty());
}

bool Feed::caught_up() const noexcept { return waiting_.empty() || !deep(waiting_[0]); }

bool Feed::ready() const noexcept {
    if (back_) return true;
    if (!waiting_.empty() && complete(waiting_[0])) return true;
    return tip_ && caught_up();
}

Errc Feed::end() const noexcept {
    const bool more = ready() || (comes_after_blocks(end_) && !waiting_.empty());
    return more ? Errc::none : end_;
}

Step Feed::take() {
    if (back_) {
        const Backward back = *std::exchange(back_, std::nullopt);
        take_back(delivered_, back.point);
        delivered_number_ = {};
        return back;
    }
    if (!waiting_.empty() && complete(waiting_[0])) {
        Forward step = std::move(waiting_.pop_front().step);
        ++first_serial_;
        if (waiting_.empty()) waiting_.clear();  // its memory
        held_ -= step.block.size();
        delivered_.emplace_back(step.point);
        delivered_number_ = step.number;
        refusing_.clear();
        // Between the points that it began with there may be any number of blocks.
        const std::uint64_t k = options_.network.k;
        if (count(delivered_number_) >= k && delivered_.front().is_origin()) delivered_.pop_front();
        while (delivered_.size() > k + 1) delivered_.pop_front();
        return step;
    }
    return *std::exchange(tip_, std::nullopt);
}

std::size_t Feed::block_bytes() const noexcept { return average_ + average_ / 4; }

std::optional<Feed::Request> Feed::poll_request() {
    const bool wanted = options_.follow.blocks && (!ended() || comes_after_blocks(end_)) && began_;
    if (!wanted) return std::nullopt;
    const auto is_open = [](const Entry& entry) { return entry.request == 0 && entry.step.block.empty(); };
    std::size_t end = unasked_ > first_serial_ ? static_cast<std::size_t>(unasked_ - first_serial_) : 0;
    while (end < waiting_.size() && !is_open(waiting_[end])) ++end;
    const std::size_t begin = end;
    unasked_ = first_serial_ + begin;
    // Requests overlap, so that no peer is without one at the end of another.
    constexpr std::size_t worth_a_request = 64;
    const auto too_few = [&](std::size_t blocks) {
        return blocks == 0 || (blocks < worth_a_request && in_flight_ >= worth_a_request);
    };
    if (too_few(waiting_.size() - begin)) return std::nullopt;
    const std::size_t window = options_.follow.window_bytes;
    const std::size_t used = held_ + in_flight_ * block_bytes();
    const std::size_t room = used < window ? (window - used) / block_bytes() : 0;
    const std::size_t most = std::min(std::max(room, used == 0 ? std::size_t{1} : 0), most_at_once);
    if (too_few(most)) return std::nullopt;
    while (end < waiting_.size() && end - begin < most && is_open(waiting_[end]) && deep(waiting_[end])) ++end;
    const std::size_t blocks = end - begin;
    if (too_few(blocks)) return std::nullopt;
    Request request{++requests_, {}};
    request.points.reserve(blocks);
    for (std::size_t i = begin; i < end; ++i) {
        request.points.push_back(waiting_[i].step.point);
        waiting_[i].request = request.id;
    }
    open_.push_back({request.id, unasked_, blocks, blocks});
    in_flight_ += blocks;
    return request;
}

Feed::Entry* Feed::find(std::uint64_t serial) noexcept {
    const bool waits = serial >= first_serial_ && serial - first_serial_ < waiting_.size();
    return waits ? &waiting_[static_cast<std::size_t>(serial - first_serial_)] : nullptr;
}

Feed::Open* Feed::open(RequestId request) noexcept {
    for (Open& one : open_)
        if (one.id == request) return &one;
    return nullptr;
}

bool Feed::block(RequestId request, std::size_t index, Bytes block, const PeerId& from) {
    Open* const of = open(request);
    if (!of || index >= of->size) return true;
    of->missing -= std::min<std::size_t>(of->missing, 1);
    in_flight_ -= std::min<std::size_t>(in_flight_, 1);
    average_ = (average_ * 31 + block.size()) / 32;
    Entry* entry = find(of->first + index);
    if (!entry || entry->request != request || !entry->step.block.empty()) return true;  // it was rolled back
    const bool announced = !entry->step.header.cbor.empty();
    if (announced && entry->step.peer == from && entry->step.header.era != era_of(block)) return false;
    held_ += block.size();
    if (!announced) {  // the first block of a range
        entry->step.peer = from;
        entry->step.number = number_of(BytesView(block)).value_or(BlockNumber());
        if (auto header = chain::header_of(block)) entry->step.header = *std::move(header);
    }
    entry->step.block = std::move(block);
    return true;
}

PeerId Feed::request_ended(RequestId request, Errc reason, const PeerId& refused_by) {
    PeerId announced_by;
    const Open* const found = open(request);
    if (!found) return announced_by;
    const Open of = *found;
    std::erase_if(open_, [&](const Open& one) { return one.id == request; });
    in_flight_ -= std::min(in_flight_, of.missing);
    for (std::uint64_t serial = of.first; serial < of.first + of.size; ++serial) {
        Entry* entry = find(serial);
        if (!entry || entry->request != request || !entry->step.block.empty()) continue;
        entry->request = 0;
        unasked_ = std::min(unasked_, serial);
        if (reason != Errc::no_blocks || announced_by) continue;
        if (!entry->step.peer) {  // the first block of a range
            if (refused_by && (!ended() || end_ == Errc::end_of_range)) refuse(refused_by, Errc::no_blocks);
            break;
        }
        announced_by = entry->step.peer;
        if (end_ != Errc::unknown_era) continue;
        // No other chain can follow in place of this one.
        while (first_serial_ + waiting_.size() > serial) drop_last();
        break;
    }
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
    if (delivered_.empty()) return std::nullopt;
    return Cursor(options_.network.magic, sparse(delivered_));
}

}  // namespace ouro::detail
