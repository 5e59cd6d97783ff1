#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/time.hpp>

/// Properties of the links and machines of an emulated network.
namespace ouro::emulation {

/// The properties of the link from one address to another. Each direction of a connection has its own link. In every
/// member zero means none.
///
/// Units  The members `*_every` are means: each value is drawn evenly between zero and twice as much.
struct Link {
    Duration latency = 20ms;      ///< one way
    Duration jitter{};            ///< largest addition to the latency, drawn for each write; the order is kept
    std::uint64_t bandwidth = 0;  ///< bytes per second of one connection; the rest waits in the sender's buffer
    Duration overtaking{};    ///< largest further delay of a segment, during which segments of other mini-protocols or
                              ///< modes may overtake it; none overtakes the handshake
    Duration reset_every{};   ///< until Loss::reset of a connection; that of the link from the side that dialled counts
    Duration silent_every{};  ///< until Loss::silent of a connection; likewise
    std::uint64_t flip_every = 0;  ///< bytes until one arrives with a flipped bit
};

/// The limits of the machine at an address.
struct Capacity {
    std::size_t chunk = 65'536;            ///< bytes of the longest read; 1 cuts at every byte
    std::size_t send_buffer = 256 * 1024;  ///< bytes of a connection that were written and the peer has not read
    std::uint64_t reads = 0;               ///< bytes per second read from a connection; 0: no limit
    std::size_t backlog = SIZE_MAX;        ///< connections accepted at one time; further dials are refused
};

/// A network's seed, and the defaults of its links and machines.
struct Options : Link, Capacity {
    std::uint64_t seed = 1;          ///< of all random choices
    std::size_t cut = 12'288;        ///< payload bytes of one segment of a node
    Duration connect_timeout = 10s;  ///< until an unanswered dial ends
    Duration segment_timeout{};      ///< from the first byte of a segment to its last, at every node; zero: no limit
    Duration write_timeout{};        ///< in which a peer must take one queued segment; zero: no limit
};

/// The result of dialling an address.
enum class Reach : std::uint8_t {
    answers,      ///< the host there, if it has room
    refuses,      ///< Errc::connect_failed, connection_refused
    unreachable,  ///< Errc::connect_failed, host_unreachable
    silent,       ///< no answer: Errc::connect_timeout
    unknown       ///< a name without an address: Errc::resolve_failed
};

/// How a connection is lost, seen from one of its ends.
enum class Loss : std::uint8_t {
    reset,      ///< this end sees the reset at once, the other after the latency; bytes in flight are lost
    half_open,  ///< only this end sees the loss; what the other end writes is never read or acknowledged
    silent      ///< no bytes pass in either direction, and neither end sees the loss
};

}  // namespace ouro::emulation
