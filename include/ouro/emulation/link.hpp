#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/time.hpp>

/// What is wrong, or right, with the ways and the machines of an emulated network.
namespace ouro::emulation {

/// A way from one address to another; each direction of a connection goes its own. Zero means none everywhere.
///
/// Units  What is "every so often" is drawn evenly between nothing and twice as much.
struct Link {
    Duration latency = 20ms;       ///< one way
    Duration jitter{};             ///< at most this much more, drawn anew for each write; the order is kept
    std::uint64_t bandwidth = 0;   ///< bytes a second of one connection; the rest waits in the sender's buffer
    Duration overtaking{};         ///< at most this much more for a segment, which others may overtake meanwhile: those
                                   ///< of another mini-protocol or mode, and nobody overtakes the handshake
    Duration reset_every{};        ///< until a connection is lost as by Loss::reset; of the way from who dialled
    Duration silent_every{};       ///< until a connection is lost as by Loss::silent; the same
    std::uint64_t flip_every = 0;  ///< bytes until one arrives with a bit flipped
};

/// What the machine at an address can take.
struct Capacity {
    std::size_t chunk = 65'536;            ///< the longest run of bytes it reads at once; 1 cuts at every byte
    std::size_t send_buffer = 256 * 1024;  ///< bytes that a connection may have written and the peer has not read
    std::uint64_t reads = 0;               ///< bytes a second that it reads of a connection; 0: all there are
    std::size_t backlog = SIZE_MAX;        ///< connections it takes at one time; who dials beyond them is refused
};

/// A network's seed, and what its links and machines are like that were not given something of their own.
struct Options : Link, Capacity {
    std::uint64_t seed = 1;          ///< of everything that is drawn
    std::size_t cut = 12'288;        ///< payload of one segment of a node
    Duration connect_timeout = 10s;  ///< a dial that is never answered ends after it
    Duration segment_timeout{};      ///< from the first byte of a segment to its last, at every node; zero: no limit
    Duration write_timeout{};        ///< in which a peer takes at least one segment of what is queued; zero: no limit
};

/// What dialling an address meets.
enum class Reach : std::uint8_t {
    answers,      ///< whoever lives there, if it has room
    refuses,      ///< Errc::connect_failed, connection_refused
    unreachable,  ///< Errc::connect_failed, host_unreachable
    silent,       ///< nothing at all: Errc::connect_timeout
    unknown       ///< a name without an address: Errc::resolve_failed
};

/// How a connection is lost, seen from one of its ends.
enum class Loss : std::uint8_t {
    reset,      ///< this end is told at once, the other when it has travelled there; what is in flight is gone
    half_open,  ///< this end is told; the other never is, and what it writes is never read nor acknowledged
    silent      ///< nothing passes any more, either way, and nobody is told
};

}  // namespace ouro::emulation
