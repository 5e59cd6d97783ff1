#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <cstring>

namespace ouro::detail {

inline asio::ip::tcp::endpoint of_tcp(const asio::generic::stream_protocol::endpoint& from) {
    asio::ip::tcp::endpoint to;
    to.resize(from.size());
    std::memcpy(to.data(), from.data(), from.size());
    return to;
}

/// The remote address of a connection; over IPv4 in the form of IPv4, even if the socket is of IPv6.
inline asio::ip::tcp::endpoint remote_of(const asio::generic::stream_protocol::endpoint& from) {
    const auto to = of_tcp(from);
    if (!to.address().is_v6() || !to.address().to_v6().is_v4_mapped()) return to;
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, to.address().to_v6()), to.port()};
}

}  // namespace ouro::detail
