#pragma once

#include <asio/ip/address.hpp>

namespace ouro::detail {

/// Whether a connection to `to` reaches a listener at `bound` of the same port on this machine. `dual_stack`: the
/// listener is one of IPv6 that takes IPv4, too.
[[nodiscard]] bool own_address(const asio::ip::address& bound, const asio::ip::address& to, bool dual_stack);

}  // namespace ouro::detail
