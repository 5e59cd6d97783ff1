#pragma once

#include <string>

#include <ouro/base/bytes.hpp>

#include "measure.hpp"

namespace bench {

/// A node at `path` that answers every request with the same block, and ends with its client.
Server local_server(const std::string& path, const ouro::Bytes& block);
/// A client that follows the chain there for `count` blocks, with its default window.
Client local_follower(const std::string& path, std::uint64_t count);
/// Bytes of the message that carries the block.
std::size_t forward_bytes(const ouro::Bytes& block);

}  // namespace bench
