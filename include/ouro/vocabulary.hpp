#pragma once

#include <cstdint>
#include <system_error>
#include <variant>

#include <ouro/error.hpp>
#include <ouro/message.hpp>
#include <ouro/time.hpp>
#include <ouro/types.hpp>

/// What behaviors and interfaces say to each other.
namespace ouro::io {

/// Dial `peer`. Answered by Connected, or by Disconnected with what stood in the way.
///
/// From the address we listen at, where we do, the peer sees who we are, and one connection may serve both: then there
/// is at most one between the two addresses, and a dial beside it is answered with Errc::connection_exists. Where that
/// address cannot be taken the dial comes from any.
struct Connect {
    ConnectionId connection{};
    PeerId peer;
    bool from_listening = false;
};

/// Credit for the next `items` messages on a channel, each of at most `octets` bytes, which replaces earlier sizes. The
/// first registers the endpoint; the first after the handshake ends it. No items and no bytes: the peer may send
/// nothing.
struct Receive {
    ConnectionId connection{};
    Channel channel{};
    Role role{};  ///< ours
    std::uint32_t items = 1;
    std::size_t octets = 0;
};

template <class M>
struct Send {
    ConnectionId connection{};
    Role role{};  ///< ours
    M message;
};

/// How a connection ends: at once, or after what was written has left and the peer has closed or `linger` has passed.
enum class Close : std::uint8_t { reset, orderly };

/// Answered by Disconnected with the same reason. Of a connection that is gone: nothing happens.
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

/// The one end of every connection, dialled or accepted; nothing comes after it.
struct Disconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason = Errc::none;
    std::error_code system{};  ///< what the operating system said, if it was asked
    Violation violation{};     ///< which rule was broken, if one was
};

/// One write: octets of payload that left, and those that are still queued. For flow control.
struct Sent {
    ConnectionId connection{};
    PeerId peer;
    Channel channel{};
    Role role{};
    std::size_t octets = 0;
    std::size_t queued = 0;
};

template <class M>
struct Recv {
    ConnectionId connection{};
    PeerId peer;
    Role role{};  ///< ours
    M message;
    std::size_t octets = 0;  ///< of the whole item
};

/// Something is wrong with the interface itself, and it goes on: no descriptors left to accept with, for example, or
/// an address with too many connections.
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
