#pragma once

#include <asio/ip/address.hpp>

namespace ouro::detail {

/// Whether a connection to `to` reaches a listener at `bound` with the same port on this machine. `dual_stack`: the
/// listener is of IPv6 and also accepts IPv4.
[[nodiscard]] bool own_address(const asio::ip::address& bound, const asio::ip::address& to, bool dual_stack);

}  // namespace ouro::detail
