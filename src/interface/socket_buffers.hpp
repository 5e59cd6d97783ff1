#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/socket_base.hpp>
#include <climits>
#include <system_error>

#include <ouro/interface/tcp.hpp>

namespace ouro::detail {

/// Sets the system's buffers as `options` states. Call it before connect or listen, which fix the window scale. Over
/// TCP an accepted socket inherits them from its listener; over a path they can be set at any time.
template <class Socket>
void set_buffers(Socket& socket, const TcpOptions& options) {
    std::error_code ignored;  // the system may use a lower value, but does not refuse
    if (options.send_buffer != 0) socket.set_option(asio::socket_base::send_buffer_size(options.send_buffer), ignored);
    if (options.receive_buffer != 0)
        socket.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer), ignored);
}

/// Limits the bytes that the system keeps for a peer that does not take them. Only TCP has these options; over a path
/// the send buffer is the only limit.
inline void bound_sending(int socket, const TcpOptions& options) noexcept {
    const auto set = [socket](int option, int value) {
        (void)::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
    };
    if (options.unsent_limit != 0) set(TCP_NOTSENT_LOWAT, options.unsent_limit);
    // The system's own write timeout; it also covers a peer whose queue here is empty.
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(options.write_timeout).count();
    set(TCP_USER_TIMEOUT, static_cast<int>(std::clamp<long long>(time, 1, INT_MAX)));
}

}  // namespace ouro::detail
