#include "crawler.hpp"

#include <algorithm>

namespace crawl {

using ouro::Instant;
using ouro::PeerAddress;

std::uint64_t range_of(const PeerAddress& address) noexcept {
    const std::size_t size = address.v6 ? 6 : 3;
    std::uint64_t id = address.v6 ? 1 : 0;
    for (std::size_t i = 0; i < size; ++i) id = id << 8 | address.bytes[i];
    return id;
}

PeerAddress host_of(const PeerAddress& address) noexcept {
    PeerAddress host = address;
    host.port = 0;
    if (host.v6) std::fill(host.bytes.begin() + 8, host.bytes.end(), std::uint8_t{0});
    return host;
}

Crawler::Learnt Crawler::learn(const PeerAddress& address, std::uint32_t depth, Source source) {
    if (known_.contains(address)) return Learnt::known;
    if (source != Source::user) {
        if (check_shared(address, limits_.allowed) != ouro::Errc::none) {
            ++counts_.forbidden;
            return Learnt::forbidden;
        }
        const auto range = ranges_.find(range_of(address));
        const auto host = hosts_.find(host_of(address));
        if (known_.size() >= limits_.most_known ||
            (range != ranges_.end() && range->second.known >= limits_.most_in_range) ||
            (host != hosts_.end() && host->second >= limits_.most_of_host)) {
            ++counts_.left_out;
            return Learnt::left_out;
        }
    }
    add(address, depth, true);
    return Learnt::fresh;
}

void Crawler::restore(const PeerAddress& address, std::uint32_t depth, bool visited) {
    if (known_.contains(address)) return;
    if (visited) ++counts_.visited;
    add(address, depth, !visited);
}

void Crawler::add(const PeerAddress& address, std::uint32_t depth, bool waits) {
    auto& place = *known_.try_emplace(address).first;
    place.second.depth = depth;
    place.second.number = ++numbered_;
    ++hosts_[host_of(address)];
    const RangeId id = range_of(address);
    Range& range = ranges_[id];
    ++range.known;
    if (!waits) return;
    ++counts_.waiting;
    if (range.first == nullptr) {
        range.first = range.last = &place;
        offer(id, range);
    } else {
        range.last = range.last->second.next = &place;
    }
}

void Crawler::offer(RangeId id, const Range& range) {
    if (range.first != nullptr && !range.resting) ready_.emplace(range.first->second.number, id);
}

void Crawler::wake(Instant now) {
    while (!resting_.empty() && resting_.begin()->first <= now) {
        const RangeId id = resting_.extract(resting_.begin()).value().second;
        Range& range = ranges_.at(id);
        range.resting = false;
        offer(id, range);
    }
}

std::optional<Crawler::Visit> Crawler::poll_visit(Instant now) {
    wake(now);
    if (ready_.empty() || counts_.visiting >= limits_.at_once || spent()) return std::nullopt;
    const RangeId id = ready_.extract(ready_.begin()).value().second;
    Range& range = ranges_.at(id);
    auto& [address, place] = *range.first;
    range.first = std::exchange(place.next, nullptr);
    if (range.first == nullptr) range.last = nullptr;
    if (limits_.range_pause > ouro::Duration{}) {
        range.resting = true;
        resting_.emplace(now + limits_.range_pause, id);
    }
    offer(id, range);
    place.visiting = true;
    --counts_.waiting;
    ++counts_.visiting;
    ++started_;
    return Visit{address, place.depth};
}

void Crawler::ended(const PeerAddress& address) {
    const auto found = known_.find(address);
    if (found == known_.end() || !std::exchange(found->second.visiting, false)) return;
    --counts_.visiting;
    ++counts_.visited;
}

std::optional<Instant> Crawler::next_deadline() const noexcept {
    if (counts_.waiting == 0 || counts_.visiting >= limits_.at_once || spent()) return std::nullopt;
    if (!ready_.empty()) return Instant::min();
    return resting_.begin()->first;  // at least one range with a queue rests
}

}  // namespace crawl
