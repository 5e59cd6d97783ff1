#include <algorithm>
#include <cmath>
#include <numeric>

#include <ouro/base/random.hpp>
#include <ouro/names/ledger_snapshot.hpp>

namespace ouro {

void LedgerSnapshot::add_relay(Pool& pool, std::string_view host, std::optional<std::uint16_t> port) {
    auto point = AccessPoint::make(host, port);
    if (point && !port) point = AccessPoint::make(std::string(service_prefix) + point->host(), port);
    if (point)
        pool.relays.push_back(*std::move(point));
    else
        ++left_out;
}

LedgerDraw::LedgerDraw(const LedgerSnapshot& snapshot) {
    for (const LedgerSnapshot::Pool& pool : snapshot.pools) relays_.push_back(pool.relays);
    const auto add = [this](std::vector<Chance>& to, std::size_t pool, double weight) {
        if (weight > 0 && !relays_[pool].empty()) to.push_back({(to.empty() ? 0 : to.back().up_to) + weight, pool});
    };
    for (std::size_t i = 0; i < snapshot.pools.size(); ++i) add(all_, i, std::sqrt(snapshot.pools[i].stake));

    std::vector<std::size_t> order(snapshot.pools.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    double whole = 1;
    if (snapshot.all) {
        const auto bigger = [&](std::size_t a, std::size_t b) {
            const double one = snapshot.pools[a].stake, other = snapshot.pools[b].stake;
            return one > other || (one == other && a < b);
        };
        std::sort(order.begin(), order.end(), bigger);
        whole = 0;
        for (const LedgerSnapshot::Pool& pool : snapshot.pools) whole += pool.stake;
    }
    double below = 0;
    for (const std::size_t i : order) {
        const LedgerSnapshot::Pool& pool = snapshot.pools[i];
        const double end = pool.accumulated.value_or(below + (whole > 0 ? pool.stake / whole : 0));
        add(big_, i, std::min(end, big_quota) - below);
        below = std::max(below, end);
        if (below >= big_quota) break;
    }
}

const AccessPoint* LedgerDraw::draw(Among among, std::uint64_t& random) const noexcept {
    const std::vector<Chance>& all = chances(among);
    if (all.empty()) return nullptr;
    constexpr double steps = 9'007'199'254'740'992;  // 2^53: each is a double
    const double lot = static_cast<double>(detail::next_random(random) >> 11) / steps * all.back().up_to;
    auto one = std::upper_bound(all.begin(), all.end(), lot, [](double at, const Chance& c) { return at < c.up_to; });
    if (one == all.end()) --one;  // rounded up
    const auto& relays = relays_[one->pool];
    return &relays[detail::next_random(random) % relays.size()];
}

std::vector<AccessPoint> LedgerDraw::draw(Among among, std::size_t count, std::uint64_t& random) const {
    std::vector<AccessPoint> drawn;
    for (std::size_t left = count * count; left > 0 && drawn.size() < count; --left) {
        const AccessPoint* const one = draw(among, random);
        if (one == nullptr) break;
        if (std::find(drawn.begin(), drawn.end(), *one) == drawn.end()) drawn.push_back(*one);
    }
    return drawn;
}

}  // namespace ouro
