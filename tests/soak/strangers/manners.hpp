#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <ouro/mux/segment.hpp>
#include <ouro/protocol/chain.hpp>

/// Crowds of peers that misbehave, against a server that runs as a process.
namespace strangers {

using ByteVector = std::vector<std::uint8_t>;

/// A way to misbehave.
struct Manner {
    const char* name;
    ByteVector once;                     ///< sent once, after the handshake
    ByteVector for_ever;                 ///< sent again and again after that; empty: nothing
    bool reads = true;                   ///< whether answers are read, but for that of the handshake
    bool greets = true;                  ///< whether there is a handshake at all
    bool leaves = false;                 ///< disconnects after the handshake, and comes back
    std::chrono::milliseconds pause{0};  ///< before each byte; 0: as fast as the server takes them
};

/// Their names.
[[nodiscard]] std::vector<std::string> manners();
/// One of them, for a server with that chain. Of a Leios relay it is the one endorser block.
[[nodiscard]] Manner manner(const std::string& name, const std::vector<ouro::BlockPoint>& chain);

/// Appends segments of an initiator with `payload`, `most` bytes each.
void add(ByteVector& to, std::uint16_t channel, const ByteVector& payload, std::size_t most = 65'535);
/// A proposal of all versions, on the main network.
[[nodiscard]] ByteVector proposal();
/// One ping of keep-alive: its payload.
[[nodiscard]] const ByteVector& ping();

}  // namespace strangers
