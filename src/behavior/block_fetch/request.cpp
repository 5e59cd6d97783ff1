#include "request.hpp"

#include <algorithm>
#include <utility>

#include <ouro/protocol/machine.hpp>

namespace ouro::initiator {

BlockRequest::BlockRequest(CommandId command, const RequestBlocks& range)
    : command_(command), split_(false), in_order_(true), points_{range.first, range.last}, todo_{{0, 2}} {}

BlockRequest::BlockRequest(CommandId command, RequestPoints&& wanted)
    : command_(command),
      split_(true),
      in_order_(wanted.in_order),
      points_(std::move(wanted.points)),
      bytes_(std::move(wanted.bytes)),
      todo_{{0, points_.size()}},
      has_(points_.size()) {}

std::size_t BlockRequest::bytes(std::size_t index, std::size_t usual) const noexcept {
    if (bytes_.empty()) return usual;
    return std::clamp<std::size_t>(bytes_[index], 1, large_message);
}

BlockFetch::RequestRange BlockRequest::message(const BlockSpan& span) const {
    if (!split_ && latest) return {latest->point, points_.back()};
    return {points_[span.begin], points_[span.end - 1]};
}

BlockSpan BlockRequest::take(std::size_t bytes, std::size_t usual) {
    BlockSpan& first = todo_.front();
    BlockSpan taken{first.begin, first.end, first.refused};
    if (split_) {
        std::size_t sum = this->bytes(taken.begin, usual);
        taken.end = taken.begin + 1;
        while (taken.end < first.end && !has_[taken.end] && (sum += this->bytes(taken.end, usual)) <= bytes)
            ++taken.end;
    }
    first.begin = taken.end;
    if (first.begin == first.end) todo_.pop_front();
    trim();
    return taken;
}

void BlockRequest::give_back(BlockSpan span) {
    if (ended_ || span.begin == span.end) return;
    auto next = std::find_if(todo_.begin(), todo_.end(), [&](const BlockSpan& s) { return s.begin >= span.begin; });
    if (next != todo_.end() && next->begin == span.end && next->refused == span.refused) {
        next->begin = span.begin;
    } else if (next != todo_.begin() && std::prev(next)->end == span.begin &&
               std::prev(next)->refused == span.refused) {
        std::prev(next)->end = span.end;
    } else {
        todo_.insert(next, std::move(span));
    }
    trim();
}

void BlockRequest::trim() {
    if (!split_) return;
    while (!todo_.empty()) {
        BlockSpan& first = todo_.front();
        while (first.begin < first.end && has_[first.begin]) ++first.begin;
        if (first.begin < first.end) return;
        todo_.pop_front();
    }
}

void BlockRequest::came(std::size_t index) {
    has_[index] = true;
    trim();
}

void BlockRequest::drop(std::size_t index) {
    has_[index] = false;
    give_back({index, index + 1});
}

void BlockRequest::deliver() noexcept {
    ++delivered_;
    if (!held_.empty()) held_.pop_front();
}

void BlockRequest::hold(std::size_t index, Held held) {
    const std::size_t at = index - delivered_;
    while (held_.size() <= at) held_.emplace_back();
    held_[at] = std::move(held);
}

std::optional<std::size_t> BlockRequest::furthest() const noexcept {
    if (held_.empty()) return std::nullopt;
    return delivered_ + held_.size() - 1;
}

BlockRequest::Held BlockRequest::take_furthest() {
    Held held = held_.pop_back();
    while (!held_.empty() && !held_.back().peer) held_.pop_back();
    return held;
}

std::size_t BlockRequest::end() noexcept {
    ended_ = true;
    std::size_t bytes = 0;
    while (!held_.empty()) {
        const Held held = held_.pop_front();
        if (held.peer) bytes += held.bytes();
    }
    todo_.clear();
    return bytes;
}

}  // namespace ouro::initiator
