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
    Duration dial_timeout = 30s;                                        ///< for all of a dial
    Duration segment_timeout = 30s;  ///< from a segment's first byte to its last: network-mux's sduTimeout
    /// In which a peer takes at least a segment of what is queued for it, or all there is: network-mux gives each
    /// segment it writes its sduTimeout.
    Duration write_timeout = 30s;
    AcceptLimits accept;  ///< of all that `listen` takes together
    /// Accepted connections from one address, or from one /64 of IPv6 (`site_of`); more are closed; 0: no limit. A NAT
    /// puts the nodes and wallets of one site behind one address, rarely more than a dozen; with 32, sixteen addresses
    /// are needed to fill `accept.hard`.
    std::size_t max_per_address = 32;
    /// Bytes of memory for what has arrived and has not been taken, of all connections; of an item that is cut, all
    /// that its heads announce. Above it, connections end with `Errc::over_budget`: first the one that holds most
    /// unread data beyond its share, the budget divided by `accept.hard`; without any, the one with the largest
    /// messages of its own; and answers that we have requested last of all. What waits to be sent lowers the budget for
    /// all but these answers, to a quarter at least. It ends no connection itself: its sender bounds it.
    std::size_t budget = 256 * 1024 * 1024;
    /// Bytes that the system keeps of a socket and has not sent yet (TCP_NOTSENT_LOWAT): what a peer that does not read
    /// takes of the system's memory. What is on its way is not limited by it. 0: no limit but the send buffer.
    int unsent_limit = 256 * 1024;
    int send_buffer = 0;     ///< bytes of the system's send buffer of a socket; 0: the system decides, and grows it
    int receive_buffer = 0;  ///< the same for what it receives
    std::shared_ptr<Resolver> resolver;  ///< null: the system's
};

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
