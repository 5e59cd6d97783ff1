#include <ouro/emulation/agenda.hpp>

#include <algorithm>
#include <utility>

namespace ouro::emulation {

Happening& Agenda::at(Instant when) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(things_.size()));
        things_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    heap_.push_back({when, numbers_++, slot});
    std::push_heap(heap_.begin(), heap_.end(), later);
    return things_[slot];
}

std::optional<Instant> Agenda::next() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().when;
}

Instant Agenda::take(Happening& happening) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    happening.bytes.clear();
    std::swap(happening, things_[entry.slot]);
    free_.push_back(entry.slot);
    return entry.when;
}

std::uint32_t NodeDeadlines::add() {
    deadlines_.emplace_back();
    return static_cast<std::uint32_t>(deadlines_.size() - 1);
}

void NodeDeadlines::set(std::uint32_t node, std::optional<Instant> deadline) {
    Deadline& entry = deadlines_[node];
    entry.due = deadline.value_or(Instant::max());
    if (entry.due >= entry.scheduled) return;
    entry.scheduled = entry.due;
    push({entry.due, node});
}

std::optional<std::pair<Instant, std::uint32_t>> NodeDeadlines::next() {
    while (!heap_.empty()) {
        const auto [at, node] = heap_.front();
        Deadline& entry = deadlines_[node];
        if (at == entry.due && at == entry.scheduled) return std::pair(at, node);
        pop();
        if (at != entry.scheduled) continue;
        entry.scheduled = entry.due;
        if (entry.due != Instant::max()) push({entry.due, node});
    }
    return std::nullopt;
}

void NodeDeadlines::push(Entry entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void NodeDeadlines::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
}

}  // namespace ouro::emulation
