#pragma once

#include <compare>
#include <utility>

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// What a Byron node keeps in its mempool, as its envelope counts it. Only the first has an id that is a hash of a
/// transaction.
enum class ByronTxKind : std::uint8_t { transaction, certificate, proposal, vote };

/// The name of a transaction: its era and its hash. The same hash in another era is another name.
///
/// Shape  `[era, hash]`, or `[0, [kind, hash]]` for Byron.
struct TxId {
    Era era = Era::byron;
    ByronTxKind byron = ByronTxKind::transaction;  ///< a transaction in every later era
    Hash hash{};

    friend bool operator==(const TxId&, const TxId&) = default;
    friend auto operator<=>(const TxId&, const TxId&) = default;
};

/// A transaction as nodes give it to each other: the era, and the transaction's own octets.
///
/// Shape  `[era, 24(transaction)]`, or `[0, [kind, transaction]]` for Byron.
struct Tx {
    Tx() noexcept = default;
    Tx(Era of_era, Bytes octets) noexcept : era(of_era), cbor(std::move(octets)) {}
    Tx(Era of_era, ByronTxKind kind, Bytes octets) noexcept : era(of_era), byron(kind), cbor(std::move(octets)) {}

    Era era = Era::byron;
    ByronTxKind byron = ByronTxKind::transaction;  ///< a transaction in every later era
    Bytes cbor;                                    ///< as it came: what the id is a hash of is inside

    friend bool operator==(const Tx&, const Tx&) = default;
};

/// What the reference takes for the size of the largest transaction, with its era's envelope: of ten a peer's queue has
/// room.
///
/// Source  ouroboros-network, TxSubmission/Inbound/V2/Policy.hs, max_TX_SIZE.
inline constexpr std::uint32_t largest_tx = 65'540;

/// Octets of `tx` with its era's envelope: the size that is announced beside its id.
[[nodiscard]] std::size_t wire_size(const Tx& tx);

// Encodings. A reader that meets something else fails.
void write(cbor::Writer& out, const TxId& id);
void write(cbor::Writer& out, const Tx& tx);
[[nodiscard]] TxId read_tx_id(cbor::Reader& in) noexcept;
[[nodiscard]] Tx read_tx(cbor::Reader& in, const Item& item);

}  // namespace ouro
