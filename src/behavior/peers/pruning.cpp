#include "pruning.hpp"

#include <algorithm>
#include <string>

#include <ouro/names/address_range.hpp>

namespace ouro::responder {

namespace {

constexpr std::size_t prefix_part = 8;  // a prefix counts as one with many above the limit divided by this

constexpr Duration time_to_begin = 10s;  // a younger connection is not judged: its handshake may take as long

constexpr Duration ranking_age = 1s;      // after it all connections are ranked again
constexpr std::size_t ranking_part = 16;  // and after one in this number of them was chosen

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

std::optional<Pruning::Rank> Pruning::rank_of(const Peer& peer, const Neighbours& neighbours, Instant now) const {
    const std::size_t same = neighbours.of_site(peer), near = neighbours.of_network(peer);
    const bool idle = !peer.agreement || !peer.side().active();
    int grade = idle ? 3 : unproductive(peer, now) ? 2 : 1;
    if (now - peer.since < time_to_begin) grade = 1;
    const std::size_t many = std::max<std::size_t>(1, config_.soft_limit / prefix_part);
    if (grade == 1 && same == 1 && near <= many) return std::nullopt;
    return Rank{grade, same, near, ~static_cast<std::uint64_t>(peer.connection())};
}

void Pruning::rank_all(const Peers& peers, const Neighbours& neighbours, Instant now) {
    ranked_.clear();
    for (const auto& [connection, peer] : peers)
        if (const auto rank = rank_of(*peer, neighbours, now)) ranked_.push_back({*rank, connection});
    std::make_heap(ranked_.begin(), ranked_.end());
    ranked_at_ = now;
    choices_ = ranked_.size() / ranking_part + 1;
}

std::optional<ConnectionId> Pruning::least_useful(const Peers& peers, const Neighbours& neighbours,
                                                  const std::function<bool(const Peer&)>& may_go, Instant now) {
    bool fresh = choices_ == 0 || now - ranked_at_ >= ranking_age;
    if (fresh) rank_all(peers, neighbours, now);
    for (;;) {
        if (ranked_.empty() && std::exchange(fresh, true)) return std::nullopt;
        if (ranked_.empty()) rank_all(peers, neighbours, now);
        if (ranked_.empty()) return std::nullopt;
        std::pop_heap(ranked_.begin(), ranked_.end());
        const Ranked top = ranked_.back();
        ranked_.pop_back();
        const auto it = peers.find(top.connection);
        if (it == peers.end() || !may_go(*it->second)) continue;
        const auto rank = rank_of(*it->second, neighbours, now);
        if (rank && *rank < top.rank) {
            ranked_.push_back({*rank, top.connection});
            std::push_heap(ranked_.begin(), ranked_.end());
        } else if (rank) {
            --choices_;
            return top.connection;
        }
    }
}

}  // namespace ouro::responder
