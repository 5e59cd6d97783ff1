#include "bans.hpp"

#include <algorithm>

#include <ouro/names/address_range.hpp>

namespace ouro::responder {

Errc Bans::add(const BanPeer& wish, Instant now) {
    if (!wish.peer || wish.time <= Duration::zero()) return Errc::bad_argument;
    expire(now);
    std::string host = site_of(wish.peer.host());
    const auto found = bans_.find(host);
    if (found == bans_.end() && bans_.size() >= most_) return Errc::queue_full;
    const Instant until = wish.time < Instant::max() - now ? now + wish.time : Instant::max();
    if (found != bans_.end()) {
        ends_.erase({found->second.until, host});
        found->second.reason = wish.reason;
        found->second.until = until;
    } else {
        bans_.emplace(host, Ban{host, wish.reason, until, 0});
    }
    if (until != Instant::max()) ends_.emplace(until, std::move(host));
    return Errc::none;
}

Errc Bans::remove(const PeerId& peer, Instant now) {
    expire(now);
    const auto found = bans_.find(site_of(peer.host()));
    if (found == bans_.end()) return Errc::unknown_peer;
    ends_.erase({found->second.until, found->first});
    bans_.erase(found);
    return Errc::none;
}

void Bans::expire(Instant now) {
    while (!ends_.empty() && ends_.begin()->first <= now) {
        bans_.erase(ends_.begin()->second);
        ends_.erase(ends_.begin());
    }
}

bool Bans::reject(const PeerId& peer, Instant now) {
    if (bans_.empty()) return false;
    const auto found = bans_.find(site_of(peer.host()));
    if (found == bans_.end() || found->second.until <= now) return false;
    ++found->second.rejected;
    return true;
}

std::optional<Instant> Bans::next_deadline() const noexcept {
    return ends_.empty() ? std::nullopt : std::optional(ends_.begin()->first);
}

std::vector<Ban> Bans::all() const {
    std::vector<Ban> all;
    all.reserve(bans_.size());
    for (const auto& [host, ban] : bans_) all.push_back(ban);
    return all;
}

}  // namespace ouro::responder
