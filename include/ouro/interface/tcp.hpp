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
    std::size_t segment_payload = mux::default_segment_payload_length;  ///< bytes that we send in one segment
    Duration connect_timeout = 10s;                                     ///< for the name's lookup, and for each address
    Duration dial_timeout = 30s;                                        ///< for a whole dial
    Duration segment_timeout = 30s;  ///< from a segment's first byte to its last: network-mux's sduTimeout
    /// In which a peer must take at least one queued segment, or the whole queue if it is shorter. network-mux applies
    /// its sduTimeout to each segment that it writes.
    Duration write_timeout = 30s;
    AcceptLimits accept;  ///< for all listening addresses together
    /// Listen also where another socket of the same user listens already, if that one is of this library or has
    /// SO_REUSEPORT: the system spreads new connections over both. For a manager in each of several threads: the first
    /// one listens without it, so that a port in use is still found.
    bool share_port = false;
    /// Limit on accepted connections from one address, or from one /64 of IPv6 (`site_of`); more are closed; 0: no
    /// limit. With NAT the nodes and wallets of one site share an address, rarely more than a dozen. With 32, filling
    /// `accept.hard` takes sixteen addresses.
    std::size_t max_per_address = 32;
    /// Bytes of memory for received data that was not taken yet, over all connections. A partial item counts with the
    /// size that its heads announce. Above the budget, connections end with `Errc::over_budget`: first the one that
    /// holds most unread data beyond its share, the budget divided by `accept.hard`; if there is none, the one with the
    /// largest messages that nothing requested; and last the one with the largest answers to our requests. Data that
    /// waits to be sent lowers the budget for all but these answers, to a quarter at least; it ends no connection
    /// itself, because its sender limits it.
    std::size_t budget = 256 * 1024 * 1024;
    /// Unsent bytes that the system keeps for a socket (TCP_NOTSENT_LOWAT): it limits the system's memory that a peer
    /// which does not read can fill. Bytes in flight do not count. 0: only the send buffer limits them.
    int unsent_limit = 256 * 1024;
    int send_buffer = 0;     ///< bytes of the system's send buffer of a socket; 0: the system decides, and grows it
    int receive_buffer = 0;  ///< the same for the receive buffer
    std::shared_ptr<Resolver> resolver;  ///< null: the system's
};

/// Parses an address to listen on: `v4:port` or `[v6]:port`, no name. Port 0 means any free port.
///
/// Errors  Errc::bad_address
[[nodiscard]] Result<PeerId> parse_listen_address(std::string_view text);

/// Node-to-node or any other message set over TCP. Dialling a peer that is a path fails with `Errc::bad_address`.
template <Message M>
class TcpInterface : public StreamInterface<M> {
  public:
    /// Throws `std::invalid_argument` for options out of range.
    explicit TcpInterface(asio::any_io_executor executor, TcpOptions options = {})
        : StreamInterface<M>(std::move(executor), std::move(options)) {}
};

extern template class StreamInterface<n2n::Message>;
extern template class TcpInterface<n2n::Message>;

}  // namespace ouro
