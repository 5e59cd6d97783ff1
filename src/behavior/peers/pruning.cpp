#include "pruning.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include <ouro/names/address_range.hpp>

namespace ouro::responder {

namespace {

constexpr std::size_t prefix_part = 8;  // a prefix counts as one with many above the limit divided by this

constexpr Duration time_to_begin = 10s;  // a younger connection is not judged: its handshake may take as long

std::string network_of(const PeerId& peer) {
    const auto address = PeerAddress::from(PeerId::from_parts(peer.host(), 1));
    if (!address) return std::string(peer.host());
    constexpr std::size_t v4_bytes = 3, v6_bytes = 6;
    const auto* const bytes = reinterpret_cast<const char*>(address->bytes.data());
    return std::string(address->v6 ? "6" : "4").append(bytes, address->v6 ? v6_bytes : v4_bytes);
}

}  // namespace

void Pruning::place(Peer& peer) {
    peer.site = site_of(peer.peer.host());
    peer.network = network_of(peer.peer);
}

void Pruning::note(Peer& peer, Instant now) const {
    bool useful = false;
    const auto compare = [&](Progress& seen, const Progress& given) {
        if (std::exchange(seen.count, given.count) == given.count) return;
        if (config_.chain && given.latest <= seen.latest) return;
        seen.latest = given.latest;
        useful = true;
    };
    compare(peer.seen_headers, peer.headers);
    compare(peer.seen_blocks, peer.blocks);
    if (useful) peer.useful_at = now;
}

bool Pruning::unproductive(const Peer& peer, Instant now) const {
    if (peer.at_tip) return false;  // there is nothing to send to it
    return peer.useful_at == Instant::min() || now - peer.useful_at >= config_.unproductive_after;
}

std::optional<ConnectionId> Pruning::least_useful(const std::vector<const Peer*>& peers, Instant now) const {
    std::unordered_map<std::string_view, std::size_t> of_site, of_prefix;
    of_site.reserve(peers.size());
    of_prefix.reserve(peers.size());
    for (const Peer* peer : peers) {
        ++of_site[peer->site];
        ++of_prefix[peer->network];
    }
    using Rank = std::tuple<int, std::size_t, std::size_t, std::uint64_t>;  // the highest is closed
    std::optional<ConnectionId> found;
    Rank highest{};
    for (const Peer* each : peers) {
        const Peer& peer = *each;
        const std::size_t same = of_site[peer.site], near = of_prefix[peer.network];
        const bool idle = !peer.agreement || !peer.side().active();
        int grade = idle ? 3 : unproductive(peer, now) ? 2 : 1;
        if (now - peer.since < time_to_begin) grade = 1;
        const std::size_t many = std::max<std::size_t>(1, config_.soft_limit / prefix_part);
        if (grade == 1 && same == 1 && near <= many) continue;
        const Rank rank{grade, same, near, ~static_cast<std::uint64_t>(peer.connection())};
        if (found && rank <= highest) continue;
        found = peer.connection();
        highest = rank;
    }
    return found;
}

}  // namespace ouro::responder
