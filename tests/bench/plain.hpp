#pragma once

// The same octets without the library: what the socket itself can do.

#include "measure.hpp"

namespace bench {

/// Socket buffers of both sides of every comparison, in octets: without them the kernel's own growth decides.
inline constexpr int send_buffer = 256 * 1024;
inline constexpr int receive_buffer = 512 * 1024;

/// A blocking sender of `octets` in segments of `payload` octets behind eight of header, 256 KiB a write. Over TCP, or
/// at the path that is given.
Server plain_sender(std::uint64_t octets, std::size_t payload, const std::string& path = {});
/// Reads until the end, follows the segment headers, and counts the payload.
Client plain_receiver(const std::string& path = {});

}  // namespace bench
