#pragma once

// The same bytes without the library: what the socket itself can do.

#include "measure.hpp"

namespace bench {

/// Socket buffers of both sides of a comparison, in bytes: without them the kernel's own growth decides.
inline constexpr int send_buffer = 256 * 1024;
inline constexpr int receive_buffer = 512 * 1024;

/// Whether we or the system choose the buffers.
enum class Buffers : std::uint8_t { ours, system };

/// A blocking sender of `bytes` in segments of `payload` bytes behind eight of header, 256 KiB a write. Over TCP, or
/// at the path that is given.
Server plain_sender(std::uint64_t bytes, std::size_t payload, Buffers buffers = Buffers::ours,
                    const std::string& path = {});
/// Reads until the end, follows the segment headers, and counts the payload.
Client plain_receiver(Buffers buffers = Buffers::ours, const std::string& path = {});
/// Sends back whatever arrives, by epoll, until its peer has left.
Server plain_echo();
/// `count` round trips of ten bytes to an echo, by epoll, each in seconds.
std::vector<double> plain_round_trips(std::uint16_t port, std::uint64_t count);

}  // namespace bench
