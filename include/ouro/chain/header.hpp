#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/protocol/chain_rules.hpp>

namespace ouro::chain {

/// Slots of an epoch of the Byron era, whose headers count slots within the epoch.
inline constexpr std::uint64_t byron_epoch_slots = 21600;

/// Reads a header of any era and hashes it.
///
/// Shape   Byron: `[magic, previous, proof, consensus, extra]`, where consensus is `[[epoch, slot], key, [number],
///         signature]`, or `[epoch, [number]]` in a boundary header. Later eras: `[body, signature]`, where the body
///         begins with number, slot, previous. It has 15 fields from Shelley to Alonzo, then 10, in Dijkstra also 12.
///         These arrays may be indefinite, as in the ledger.
/// Errors  Errc::unknown_era  an era after Dijkstra
///         Errc::malformed    not shaped like a header of its era
[[nodiscard]] Result<HeaderInfo> inspect(const Header& header);

/// The hash that identifies the header's block: blake2b-256 of its bytes, in Byron after a prefix `82 01`, or `82 00`
/// for a boundary block.
[[nodiscard]] Hash hash_of(const Header& header);

/// The slot and hash of a header. Errors as in `inspect`.
[[nodiscard]] Result<BlockPoint> point_of(const Header& header);
/// The slot and hash of a stored block, from its header. Errors as in `inspect` of a block.
[[nodiscard]] Result<BlockPoint> point_of(const Bytes& block);

/// The header of a stored block, `[tag, block]`, as chain-sync delivers it. Its bytes are a slice of the block's. The
/// rest of the block is not read.
/// Errors  Errc::unknown_era  a tag after Dijkstra's
///         Errc::malformed    not a block
[[nodiscard]] Result<Header> header_of(const Bytes& block);

/// The same if it is already known which bytes of the block are its header.
[[nodiscard]] Header header_of(BlockTag tag, Bytes cbor, std::size_t block_bytes) noexcept;

/// Reads a stored block, `[tag, block]`: with `Checks::headers` only its header. `Checks::blocks` also checks that the
/// bytes are one whole block with nothing after it, and that its body is the one that its header states.
///
/// Shape   Byron: `[header, [transactions, ssc, delegation, update], extra]`, or `[header, body, extra]` of a boundary
///         block. Shelley to Mary: `[header, bodies, witnesses, auxiliary]`, from Alonzo on with the list of invalid
///         transactions as a fifth item. Dijkstra: `[header, body]`. From Shelley on the array may be indefinite.
///         No hash covers the heads of these arrays, the tag, Byron's `ssc`, or the `extra` of a boundary block.
/// Units   One pass over the block, which is hashed once. Memory is allocated only for data nested deeper than 64.
/// Errors  Errc::unknown_era    a tag after Dijkstra's
///         Errc::malformed      not one whole block, or its header is not of its era's shape
///         Errc::body_size      the body is not as long as the header states
///         Errc::body_mismatch  the body does not have the hashes that the header states
[[nodiscard]] Result<HeaderInfo> inspect(const Bytes& block, Checks checks);

/// Whether `block` is the complete and unchanged block at `point`: `inspect` with `Checks::blocks`.
[[nodiscard]] bool block_matches(const Bytes& block, const BlockPoint& point);

}  // namespace ouro::chain
