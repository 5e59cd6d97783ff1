#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/bytes.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/result.hpp>

namespace ouro::chain {

/// Slots of an epoch of the Byron era, whose headers count slots anew in each.
inline constexpr std::uint64_t byron_epoch_slots = 21600;

/// Reads a header of any era and hashes it.
///
/// Shape   Byron: `[magic, previous, proof, consensus, extra]`, where consensus is `[[epoch, slot], key, [number],
/// signature]`,
///         or `[epoch, [number]]` in a boundary header. Shelley to Alonzo: `[body, signature]` with 15 fields in the
///         body; later eras the same with 10. A body begins with number, slot, previous.
/// Errors  Errc::malformed  not the shape of a header of its era
Result<HeaderInfo> inspect(const Header& header);

/// The hash that names the header's block: blake2b-256 of its octets, which in Byron follow `82 01`, or `82 00` for a
/// boundary block.
[[nodiscard]] Hash hash_of(const Header& header);

/// The header of a stored block, `[tag, block]`, as chain-sync gives it. Its octets are a slice of the block's; what
/// follows the header is not looked at.
/// Errors  Errc::malformed  not a block, or of an era nobody knows
Result<Header> header_of(const Bytes& block);

/// The same where it is known already which octets of the block are its header.
[[nodiscard]] Header header_of(BlockTag tag, Bytes cbor, std::size_t block_octets) noexcept;

/// Errors  Errc::malformed  not a block, or its header is not of its era's shape
Result<BlockPoint> point_of(const Bytes& block);

/// Whether the header in `block` is the one that `point` names. The body is not checked against the header.
[[nodiscard]] bool block_matches(const Bytes& block, const BlockPoint& point);

}  // namespace ouro::chain
