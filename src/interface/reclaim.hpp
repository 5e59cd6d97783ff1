#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>

#include <ouro/mux/ingress.hpp>

namespace ouro::detail {

/// The rank of a connection when the budget of an interface is exceeded; the greatest is disconnected first. That is
/// the one with most unread data beyond its share, then the one with the largest messages that nothing requested, and
/// last the one with the largest answers to our requests.
struct Reclaim {
    enum class Kind : std::uint8_t { requested, awaited, unread };

    Kind kind = Kind::requested;
    std::size_t bytes = 0;

    friend auto operator<=>(const Reclaim&, const Reclaim&) = default;
};

/// What the connections hold together.
struct InUse {
    std::size_t held = 0;       ///< bytes of input
    std::size_t requested = 0;  ///< of them, of answers to our requests
    std::size_t queued = 0;     ///< bytes that wait to be written
};

/// What input may take of a budget while `queued` bytes wait to be written: the rest, but a quarter at least. Peers
/// that read nothing must not take the place of all input.
[[nodiscard]] inline std::size_t input_budget(std::size_t budget, std::size_t queued) noexcept {
    return budget - std::min(queued, budget - budget / 4);
}
/// Whether a connection has to go. Answers to our requests do not pay for what others do not read.
[[nodiscard]] inline bool over_budget(const InUse& in_use, std::size_t budget) noexcept {
    return in_use.held > budget || in_use.held - in_use.requested > input_budget(budget, in_use.queued);
}

/// `share` is the part of the budget, in bytes, that each connection may fill with unrequested data.
[[nodiscard]] inline Reclaim reclaim_from(const mux::Ingress::Held& held, std::size_t share) noexcept {
    if (held.unread > share) return {Reclaim::Kind::unread, held.unread};
    if (const std::size_t own = held.unread + held.awaited; own != 0) return {Reclaim::Kind::awaited, own};
    return {Reclaim::Kind::requested, held.requested};
}

}  // namespace ouro::detail
