#pragma once

#include <sys/socket.h>

#include <optional>
#include <system_error>

#include <ouro/interface/bearer.hpp>
#include <ouro/interface/connected_socket.hpp>

#include "interface/endpoints.hpp"

namespace ouro::detail {

/// Registers the socket with the executor's event loop. After an error it is closed.
inline Bearer::Socket open(ConnectedSocket given, const asio::any_io_executor& executor, std::error_code& error) {
    Bearer::Socket socket(executor);
    int family = 0;
    socklen_t size = sizeof family;
    (void)::getsockopt(given.native_handle(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    socket.assign({family, 0}, given.native_handle(), error);
    if (!error) (void)given.release();
    return socket;
}

/// The remote address of a TCP connection.
inline std::optional<asio::ip::tcp::endpoint> remote_endpoint(const Bearer::Socket& socket) {
    std::error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    const int family = remote.protocol().family();
    if (gone || (family != AF_INET && family != AF_INET6)) return std::nullopt;
    return remote_of(remote);
}

}  // namespace ouro::detail
