#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/base/types.hpp>

/// The multiplexer: bytes to items and messages to bytes, without sockets and clocks.
namespace ouro::mux {

inline constexpr std::size_t header_size = 8;
/// Maximum payload of a segment, in bytes, which we must accept from a peer.
inline constexpr std::size_t max_segment_payload_length = 65'535;
/// Maximum payload of the segments that we send. Source: network-mux, Mux/Bearer.hs, the socket bearer's SDU size.
inline constexpr std::size_t default_segment_payload_length = 12'288;

/// The header in front of a segment's payload.
struct SegmentHeader {
    std::uint32_t time = 0;  ///< microseconds of the sender's own clock, modulo 2^32; not checked
    Channel channel{};
    Role sender = Role::initiator;  ///< the sender's role in the mini-protocol
    std::uint16_t length = 0;       ///< bytes of payload

    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// A header and its payload, for tests and tools. `Ingress` never waits for a whole segment.
struct Segment {
    SegmentHeader header;
    Bytes payload;

    friend bool operator==(const Segment&, const Segment&) = default;
};

/// Reads the header at the front of `bytes`.
///
/// Shape   8 bytes, big-endian: time u32, mode bit and protocol number u16, payload length u16.
/// Errors  Errc::need_more      fewer than 8 bytes
///         Errc::empty_segment  the length is zero
/// Source  network specification, "Multiplexing", and network-mux, Mux/Codec.hs: a clear mode bit means sent by the
///         initiator. The comment above that code has it the other way round.
Result<SegmentHeader> decode_header(BytesView bytes) noexcept;

std::array<std::uint8_t, header_size> encode_header(const SegmentHeader& header) noexcept;

}  // namespace ouro::mux
