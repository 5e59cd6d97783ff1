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

/// Options of a UnixInterface. Members have the meaning of those in `TcpOptions`. There is no idle limit: a node waits
/// for its clients.
struct UnixOptions {
    std::size_t segment_payload = mux::default_segment_payload_length;  ///< bytes that we send in one segment
    Duration segment_timeout = 30s;                                     ///< from a segment's first byte to its last
    Duration write_timeout = 30s;            ///< in which a peer must take at least one queued segment
    AcceptLimits accept{512, 512, 0s};       ///< without pauses, because local clients are few
    std::size_t budget = 256 * 1024 * 1024;  ///< bytes held for all connections
    int send_buffer = 0;                     ///< bytes of the system's send buffer of a socket; 0: the system decides
    unsigned file_mode = 0600;               ///< permissions of the socket files, independent of the umask
};

/// Node-to-client or any other message set over Unix sockets. Dialling a peer that is not a path fails with
/// `Errc::bad_address`. The PeerId of an accepted connection consists of the path and the connection's number, because
/// the other end of such a socket has no name.
template <Message M>
class UnixInterface : public StreamInterface<M> {
  public:
    /// Throws `std::invalid_argument` for options out of range.
    explicit UnixInterface(asio::any_io_executor executor, const UnixOptions& options = {})
        : StreamInterface<M>(std::move(executor), options) {}

    using StreamInterface<M>::listen;
    /// Accepts connections at `path`, which may be relative, from now on. Replaces a socket file without a listener,
    /// but no other file. The file is removed when listening ends, unless another file has taken its place.
    ///
    /// Errors  invalid_argument  no path, or one too long for a socket's address
    ///         address_in_use, and other errors of the system
    Listening listen(std::string_view path) {
        const auto where = PeerId::parse(std::string("unix:").append(path));
        if (!where) return {{}, asio::error::invalid_argument};
        return listen(*where);
    }
};

extern template class StreamInterface<n2c::Message>;
extern template class UnixInterface<n2c::Message>;

}  // namespace ouro
