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

/// Sets the kernel's buffers where `options` asks for it: before connect or listen, which agree on the window's scale.
/// A socket that is accepted has its listener's, over TCP; over a path these may be set at any time.
template <class Socket>
void set_buffers(Socket& socket, const TcpOptions& options) {
    std::error_code ignored;  // the system may lower what it is asked for; it does not refuse
    if (options.send_buffer != 0) socket.set_option(asio::socket_base::send_buffer_size(options.send_buffer), ignored);
    if (options.receive_buffer != 0)
        socket.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer), ignored);
}

/// Bounds what a connected socket keeps of ours for a peer that does not take it. Only TCP knows these options; of a
/// path the send buffer alone is the bound.
inline void bound_sending(int socket, const TcpOptions& options) noexcept {
    const auto set = [socket](int option, int value) {
        (void)::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
    };
    if (options.unsent_limit != 0) set(TCP_NOTSENT_LOWAT, options.unsent_limit);
    // The system's own count of the same time: it sees a peer whose queue here is empty, too.
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(options.write_timeout).count();
    set(TCP_USER_TIMEOUT, static_cast<int>(std::clamp<long long>(time, 1, INT_MAX)));
}

}  // namespace ouro::detail
