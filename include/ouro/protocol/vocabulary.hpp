#pragma once

#include <cstdint>
#include <memory>
#include <system_error>
#include <variant>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/cbor/item_watch.hpp>
#include <ouro/protocol/message.hpp>

/// Commands and events between behaviors and interfaces.
namespace ouro::io {

/// Dials `peer`. Answered by Connected, or by Disconnected with the error.
///
/// With `from_listening` it dials from the address that we listen at, if any, so that the peer recognises us and both
/// sides can share one connection. There is then at most one between the two addresses, and a further dial is answered
/// with Errc::connection_exists. If that address cannot be bound, the dial uses any.
struct Connect {
    ConnectionId connection{};
    PeerId peer;
    bool from_listening = false;
};

/// Gives credit for the next `items` messages on a channel, each of at most `bytes` bytes; this size replaces earlier
/// ones. The first credit registers the endpoint; the first one after the handshake ends the handshake. Zero items and
/// zero bytes: the peer may send nothing.
struct Receive {
    ConnectionId connection{};
    Channel channel{};
    Role role{};  ///< ours
    std::uint32_t items = 1;
    std::size_t bytes = 0;
    std::size_t queue = 0;  ///< unread bytes that may wait, of a mini-protocol that is not in the message set; 0: as
                            ///< the set has it
    std::shared_ptr<cbor::ItemWatch> watch{};  ///< sees the next item while it arrives; null: none
};

template <class M>
struct Send {
    ConnectionId connection{};
    Role role{};  ///< ours
    M message;
};

/// How a connection ends: at once, or after everything is sent and the peer has closed or `linger` has passed.
enum class Close : std::uint8_t { reset, orderly };

/// Answered by Disconnected with the same reason. Ignored for a connection that is gone.
struct Disconnect {
    ConnectionId connection{};
    Close how = Close::reset;
    Errc reason = Errc::disconnected;
    Violation violation{};
    Duration linger = 5s;
};

struct Connected {
    ConnectionId connection{};
    PeerId peer;
};

/// The last event of every connection, dialled or accepted.
struct Disconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason = Errc::none;
    std::error_code system{};  ///< the operating system's error, if any
    Violation violation{};     ///< the broken rule, if any
};

/// Reports one write: bytes of payload that were sent, and those still queued. For flow control.
struct Sent {
    ConnectionId connection{};
    PeerId peer;
    Channel channel{};
    Role role{};
    std::size_t bytes = 0;
    std::size_t queued = 0;
};

template <class M>
struct Recv {
    ConnectionId connection{};
    PeerId peer;
    Role role{};  ///< ours
    M message;
    std::size_t bytes = 0;  ///< size of the whole item
};

/// An error of the interface itself, which continues to work: no descriptors left to accept with, for example, or an
/// address with too many connections.
struct Trouble {
    std::error_code error;
    PeerId peer{};  ///< that it concerns; empty: none
};

}  // namespace ouro::io

namespace ouro {

template <class M>
using InterfaceCommand = std::variant<io::Connect, io::Receive, io::Send<M>, io::Disconnect>;

template <class M>
using InterfaceEvent = std::variant<io::Connected, io::Disconnected, io::Sent, io::Recv<M>, io::Trouble>;

}  // namespace ouro
