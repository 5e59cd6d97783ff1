#pragma once

#include <ouro/message.hpp>
#include <ouro/protocol/block_fetch.hpp>
#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/keep_alive.hpp>

namespace ouro::n2n {

/// Everything nodes say to each other.
using Message = MessageSet<Handshake, ChainSync, BlockFetch, KeepAlive>;
static_assert(ouro::Message<Message>);

inline constexpr Version version_14{14};
inline constexpr Version version_15{15};
inline constexpr Version version_16{16};  ///< experimental; an offer of it breaks some peers

/// Versions 14 and 15.
[[nodiscard]] inline std::vector<Version> default_versions() { return {version_14, version_15}; }

}  // namespace ouro::n2n
