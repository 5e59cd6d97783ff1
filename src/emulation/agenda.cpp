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

std::uint32_t Turns::add() {
    turns_.emplace_back();
    return static_cast<std::uint32_t>(turns_.size() - 1);
}

void Turns::set(std::uint32_t who, std::optional<Instant> deadline) {
    Turn& turn = turns_[who];
    turn.deadline = deadline.value_or(Instant::max());
    if (turn.deadline >= turn.scheduled) return;
    turn.scheduled = turn.deadline;
    push({turn.deadline, who});
}

std::optional<std::pair<Instant, std::uint32_t>> Turns::next() {
    while (!heap_.empty()) {
        const auto [at, who] = heap_.front();
        Turn& turn = turns_[who];
        if (at == turn.deadline && at == turn.scheduled) return std::pair(at, who);
        pop();
        if (at != turn.scheduled) continue;
        turn.scheduled = turn.deadline;
        if (turn.deadline != Instant::max()) push({turn.deadline, who});
    }
    return std::nullopt;
}

void Turns::push(Entry entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void Turns::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
}

}  // namespace ouro::emulation
