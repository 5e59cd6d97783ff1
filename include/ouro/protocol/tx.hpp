#pragma once

#include <compare>
#include <utility>

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// Entries of a Byron node's mempool, as numbered in its envelope. Only for the first is the id the hash of a
/// transaction.
enum class ByronTxKind : std::uint8_t { transaction, certificate, proposal, vote };

/// The id of a transaction: its era and its hash. The same hash in another era is another id.
///
/// Shape  `[era, hash]`, or `[0, [kind, hash]]` for Byron.
struct TxId {
    Era era = Era::byron;                          ///< of the transaction
    ByronTxKind byron = ByronTxKind::transaction;  ///< a transaction in every later era
    Hash hash{};                                   ///< of the transaction's body

    friend bool operator==(const TxId&, const TxId&) = default;
    friend auto operator<=>(const TxId&, const TxId&) = default;
};

/// A transaction as exchanged by nodes: the era, and the transaction's own bytes.
///
/// Shape  `[era, 24(transaction)]`, or `[0, [kind, transaction]]` for Byron.
struct Tx {
    Tx() noexcept = default;
    /// From its parts.
    Tx(Era of_era, Bytes bytes) noexcept : era(of_era), cbor(std::move(bytes)) {}
    /// Of Byron, whose nodes exchange other things than transactions, too.
    Tx(Era of_era, ByronTxKind kind, Bytes bytes) noexcept : era(of_era), byron(kind), cbor(std::move(bytes)) {}

    Era era = Era::byron;                          ///< whose format the bytes have
    ByronTxKind byron = ByronTxKind::transaction;  ///< a transaction in every later era
    Bytes cbor;                                    ///< as received; the id is the hash of a part of it

    friend bool operator==(const Tx&, const Tx&) = default;
};

/// The reference's size of the largest transaction in bytes, with its era's envelope. A peer's queue has room for ten
/// of them.
///
/// Source  ouroboros-network, TxSubmission/Inbound/V2/Policy.hs, max_TX_SIZE.
inline constexpr std::uint32_t largest_tx = 65'540;

/// Bytes of `tx` with its era's envelope: the size announced with its id.
[[nodiscard]] std::size_t wire_size(const Tx& tx);

// Encodings. A reader of other contents fails.
/// Appends an id as tx-submission has it.
void write(cbor::Writer& out, const TxId& id);
/// Appends a transaction as tx-submission has it.
void write(cbor::Writer& out, const Tx& tx);
/// Reads an id of tx-submission.
[[nodiscard]] TxId read_tx_id(cbor::Reader& in) noexcept;
/// Reads a transaction of tx-submission; it shares the bytes of `item`.
[[nodiscard]] Tx read_tx(cbor::Reader& in, const Item& item);

}  // namespace ouro
