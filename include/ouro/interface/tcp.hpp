#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <ouro/interface/resolver.hpp>
#include <ouro/interface/stream.hpp>
#include <ouro/n2n/message.hpp>

namespace ouro {

struct TcpOptions {
    std::size_t segment_payload = mux::default_segment_payload_length;  ///< octets that we send in one segment
    Duration connect_timeout = 10s;                                     ///< for the name's lookup, and for each address
    Duration dial_timeout = 30s;                                        ///< for all of a dial
    Duration segment_timeout = 30s;  ///< from a segment's first octet to its last: network-mux's sduTimeout
    /// In which a peer takes at least a segment of what is queued for it, or all there is: network-mux gives each
    /// segment it writes its sduTimeout.
    Duration write_timeout = 30s;
    AcceptLimits accept;              ///< of all that `listen` takes together
    std::size_t max_per_address = 0;  ///< accepted connections from one address; more are closed; 0: no limit
    /// Octets that have arrived, not been taken, and are held for all connections; of an item that is cut, all that its
    /// heads announce. The connection that exceeds it is closed with `Errc::over_budget`, or in place of one that holds
    /// no more than its part, `budget / accept.hard`, the one that holds most. What waits to be sent does not count: it
    /// is bounded by whoever sends.
    std::size_t budget = 256 * 1024 * 1024;
    int send_buffer = 0;     ///< octets of the kernel's for what a socket sends; 0: the system decides, and grows it
    int receive_buffer = 0;  ///< the same for what it receives
    std::shared_ptr<Resolver> resolver;  ///< null: the system's
};

using TcpFigures = StreamFigures;

/// An address to listen on, no name: `v4:port` or `[v6]:port` as of a peer, where the port may also be 0: any free one.
///
/// Errors  Errc::bad_address
[[nodiscard]] Result<PeerId> parse_listen_address(std::string_view text);

/// Node-to-node or any other message set over TCP. A peer that is a path is not dialled: `Errc::bad_address`.
template <Message M>
class TcpInterface : public StreamInterface<M> {
  public:
    /// Throws `std::invalid_argument` for options that make no sense.
    explicit TcpInterface(asio::any_io_executor executor, TcpOptions options = {})
        : StreamInterface<M>(std::move(executor), std::move(options)) {}
};

extern template class StreamInterface<n2n::Message>;
extern template class TcpInterface<n2n::Message>;

}  // namespace ouro
