#pragma once

#include <ouro/async/asio.hpp>

#include <asio/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/interface/stream.hpp>
#include <ouro/n2c/message.hpp>

namespace ouro {

/// What is not said here is as of `TcpOptions`. Nobody is dropped for being idle: a node waits for its clients.
struct UnixOptions {
    std::size_t segment_payload = mux::default_segment_payload_length;  ///< bytes that we send in one segment
    Duration segment_timeout = 30s;                                     ///< from a segment's first byte to its last
    Duration write_timeout = 30s;            ///< in which a peer takes at least a segment of what is queued for it
    AcceptLimits accept{512, 512, 0s};       ///< a local socket has no crowd to slow down
    std::size_t budget = 256 * 1024 * 1024;  ///< bytes held for all connections
    int send_buffer = 0;                     ///< bytes of the kernel's for what a socket sends; 0: the system decides
    unsigned file_mode = 0600;               ///< of the files of `listen`, whatever the process's mask: who may connect
};

/// Node-to-client or any other message set over the socket in a file. Dials peers that are a path, and no others:
/// `Errc::bad_address`. Who comes in is named by the path and the connection, for the other end of such a socket has no
/// name.
template <Message M>
class UnixInterface : public StreamInterface<M> {
  public:
    /// Throws `std::invalid_argument` for options that make no sense.
    explicit UnixInterface(asio::any_io_executor executor, const UnixOptions& options = {})
        : StreamInterface<M>(std::move(executor), options) {}

    using StreamInterface<M>::listen;
    /// Takes connections at `path`, which may be relative, from now on. A socket that lies there and at which nobody
    /// answers is replaced; any other file is not. The file is removed when listening ends, unless another lies there
    /// by then.
    ///
    /// Errors  invalid_argument  no path, or more than a socket's address has room for
    ///         address_in_use, and what else the system says
    Listening listen(std::string_view path) {
        const auto where = PeerId::parse(std::string("unix:").append(path));
        if (!where) return {{}, asio::error::invalid_argument};
        return listen(*where);
    }
};

extern template class StreamInterface<n2c::Message>;
extern template class UnixInterface<n2c::Message>;

}  // namespace ouro
