#include <ouro/names/name_book.hpp>

#include <algorithm>
#include <array>

#include <ouro/base/random.hpp>

namespace ouro {

const Service* choose_service(std::span<const Service> services, std::uint64_t& random) noexcept {
    const auto is_one = [](const Service& service) {
        return !service.host.empty() && service.host != "." && service.port != 0;
    };
    std::uint32_t lowest = UINT32_MAX;
    for (const Service& service : services)
        if (is_one(service)) lowest = std::min<std::uint32_t>(lowest, service.priority);
    std::array<const Service*, most_services> usable{};
    std::size_t count = 0;
    for (const Service& service : services)
        if (is_one(service) && service.priority == lowest && count < usable.size()) usable[count++] = &service;
    // Weight 0 counts as 1, so that the service has at least a small chance.
    const auto weight = [](const Service& service) -> std::uint64_t {
        return std::max<std::uint16_t>(service.weight, 1);
    };
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += weight(*usable[i]);
    if (sum == 0) return nullptr;
    std::uint64_t lot = detail::next_random(random) % sum;
    for (std::size_t i = 0; i < count; ++i) {
        if (lot < weight(*usable[i])) return usable[i];
        lot -= weight(*usable[i]);
    }
    return nullptr;
}

void NameBook::set(const std::vector<AccessPoint>& local, const std::vector<AccessPoint>& others, Instant now) {
    for (auto& [name, entry] : entries_) entry.kept = false;
    const auto keep = [&](const std::vector<AccessPoint>& points, bool is_local) {
        for (const AccessPoint& point : points) {
            if (point.peer()) continue;
            const auto [it, fresh] = entries_.try_emplace(point);
            if (std::exchange(it->second.kept, true)) continue;
            if (fresh) {
                it->second.local = is_local;
                it->second.due = now;
                want(it->first, it->second);
            }
        }
    };
    keep(local, true);
    keep(others, false);
    std::erase_if(entries_, [&](const auto& item) {
        if (!item.second.kept && !item.second.peers.empty()) ++changes_;
        return !item.second.kept;
    });
}

void NameBook::want(const AccessPoint& name, Entry& entry) {
    if (entry.number != 0 || std::exchange(entry.wanted, true)) return;
    queue(entry).waiting.push_back(name);
}

std::optional<NameBook::Lookup> NameBook::poll_lookup(Instant now) {
    while (const auto due = due_.pop_due(now)) {
        const auto it = entries_.find(due->second);
        if (it != entries_.end() && it->second.due <= now) want(it->first, it->second);
    }
    for (Queue* queue : {&local_, &others_}) {
        while (queue->underway < queue->most && !queue->waiting.empty()) {
            const AccessPoint name = std::move(queue->waiting.front());
            queue->waiting.pop_front();
            const auto it = entries_.find(name);
            if (it == entries_.end() || !std::exchange(it->second.wanted, false)) continue;  // forgotten meanwhile
            it->second.number = ++numbered_;
            underway_.emplace(numbered_, std::pair(name, queue == &local_));
            ++queue->underway;
            return Lookup{numbered_, name};
        }
    }
    return std::nullopt;
}

void NameBook::answered(std::uint64_t number, const NameAnswer& answer, Instant now) {
    const auto lookup = underway_.extract(number);
    if (lookup.empty()) return;
    const auto& [name, local] = lookup.mapped();
    --(local ? local_ : others_).underway;
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.number != number) return;
    Entry& entry = it->second;
    entry.number = 0;
    switch (answer.outcome) {
        case NameAnswer::Outcome::found:
            entry.held = answer.peers.empty() ? shortest : std::clamp(answer.ttl, shortest, longest);
            break;
        case NameAnswer::Outcome::unknown: entry.held = longest; break;
        case NameAnswer::Outcome::failed: entry.held = std::clamp(2 * entry.held + 5s, shortest, longest); break;
    }
    entry.due = now + entry.held;
    due_.push(entry.due, name);
    if (answer.outcome != NameAnswer::Outcome::found || answer.peers.empty()) return;
    std::vector<PeerId> peers;
    for (const PeerId& peer : answer.peers)
        if (peers.size() < most_peers && std::find(peers.begin(), peers.end(), peer) == peers.end())
            peers.push_back(peer);
    // The server rotates the order from answer to answer.
    if (!std::is_permutation(peers.begin(), peers.end(), entry.peers.begin(), entry.peers.end())) ++changes_;
    entry.peers = std::move(peers);
}

std::vector<PeerId> NameBook::peers(const AccessPoint& point) const {
    if (point.peer()) return {point.peer()};
    const auto it = entries_.find(point);
    return it == entries_.end() ? std::vector<PeerId>() : it->second.peers;
}

}  // namespace ouro
