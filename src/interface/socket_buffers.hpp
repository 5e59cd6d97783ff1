#pragma once

#include <asio/socket_base.hpp>
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

}  // namespace ouro::detail
