#include <ouro/behavior/peer_source.hpp>

#include <algorithm>

#include <ouro/base/random.hpp>

namespace ouro {

namespace {

std::uint64_t hash(std::uint64_t salt, const PeerAddress& address) noexcept {
    std::uint64_t state = salt;
    const auto add = [&](std::uint64_t value) { state = detail::next_random(state) ^ value; };
    for (std::size_t at = 0; at < address.bytes.size(); at += 4) add(load_be32(address.bytes.data() + at));
    add(std::uint64_t{address.port} << 1 | (address.v6 ? 1 : 0));
    return detail::next_random(state);
}

}  // namespace

std::vector<PeerAddress> PeerSource::choose(std::size_t amount, Instant now) {
    if (now >= salted_until_) {
        salt_ = detail::next_random(random_);
        salted_until_ = now + salt_lifetime;
        chosen_until_ = now;
    }
    if (now >= chosen_until_) {
        choose_anew();
        chosen_until_ = std::min(now + kept, salted_until_);
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(amount, chosen_.size()));
    return {chosen_.begin(), chosen_.begin() + count};
}

void PeerSource::choose_anew() {
    std::vector<std::pair<std::uint64_t, PeerAddress>> drawn;
    for (const PeerId& peer : candidates_ ? candidates_() : std::vector<PeerId>()) {
        const auto address = PeerAddress::from(peer);
        if (address && *address != own_) drawn.emplace_back(hash(salt_, *address), *address);
    }
    const auto end = drawn.begin() + static_cast<std::ptrdiff_t>(std::min(most - (own_ ? 1 : 0), drawn.size()));
    std::partial_sort(drawn.begin(), end, drawn.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    chosen_.clear();
    if (own_) chosen_.push_back(*own_);
    for (auto it = drawn.begin(); it != end; ++it) chosen_.push_back(it->second);
}

}  // namespace ouro
