#pragma once

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

/// `share` is the part of the budget, in bytes, that each connection may fill with unrequested data.
[[nodiscard]] inline Reclaim reclaim_from(const mux::Ingress::Held& held, std::size_t share) noexcept {
    if (held.unread > share) return {Reclaim::Kind::unread, held.unread};
    if (const std::size_t own = held.unread + held.awaited; own != 0) return {Reclaim::Kind::awaited, own};
    return {Reclaim::Kind::requested, held.requested};
}

}  // namespace ouro::detail
