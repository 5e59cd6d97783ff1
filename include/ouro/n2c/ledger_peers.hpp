#pragma once

#include <optional>
#include <vector>

#include <ouro/n2c/pools.hpp>
#include <ouro/names/ledger_snapshot.hpp>

/// The query for the relays of stake pools, which nodes use to find peers.
///
/// Source  ouroboros-network, api, Ouroboros/Network/PeerSelection/LedgerPeers/Type.hs, `encodeLedgerPeerSnapshot`.
namespace ouro::n2c {

/// Which pools a snapshot of ledger peers has: all with stake, or those that together hold nine tenths of it.
enum class LedgerPeerKind : std::uint8_t { all, big };

namespace query {

/// The form that nodes of `version` know. Since version 19; all pools since version 23.
[[nodiscard]] InEra ledger_peers(Era era, Version version, LedgerPeerKind kind);

}  // namespace query

/// A pool in a snapshot of ledger peers.
struct LedgerPool {
    std::optional<Rational> accumulated;  ///< share of this pool and all bigger ones; of big pools only
    Rational share;                       ///< part of all stake
    std::vector<Relay> relays;

    friend bool operator==(const LedgerPool&, const LedgerPool&) = default;
};

/// The pools and their relays at a point of the chain.
struct LedgerPeers {
    LedgerPeerKind kind = LedgerPeerKind::big;
    std::optional<Slot> slot;           ///< empty: the origin
    std::optional<Hash> hash;           ///< the block in `slot`; since version 23
    std::optional<NetworkMagic> magic;  ///< since version 23
    std::vector<LedgerPool> pools;

    friend bool operator==(const LedgerPeers&, const LedgerPeers&) = default;
};
/// Reads all three forms: big pools with a slot (before version 23), big pools with a point, all pools with a point.
[[nodiscard]] Result<LedgerPeers> parse_ledger_peers(const Bytes& result);
/// Members `slotNo`, `blockHash`, `networkMagic`, and `bigLedgerPools` or `allLedgerPools`; shares are fractions.
void write_json(JsonWriter& out, const LedgerPeers& peers);
/// The text of a snapshot file as nodes write and read it, and `LedgerSnapshot::parse`: of version 23 if the result has
/// the network, else of version 2. Shares are decimal numbers.
[[nodiscard]] std::string snapshot_file(const LedgerPeers& peers);
/// The same as a snapshot, from which relays are drawn.
[[nodiscard]] LedgerSnapshot snapshot_of(const LedgerPeers& peers);

}  // namespace ouro::n2c
