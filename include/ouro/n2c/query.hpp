#pragma once

#include <array>
#include <utility>

#include <ouro/base/list.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/handshake.hpp>

/// The queries of LocalStateQuery that the library knows. `query_result.hpp` reads their answers.
///
/// A query is an item; one that is not here goes into LocalStateQuery::Query as raw bytes.
///
/// Source  ouroboros-consensus, Ledger/Query.hs, HardFork/Combinator/Serialisation/SerialiseNodeToClient.hs;
///         ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
namespace ouro::n2c::query {

// Queries that are answered in any era.
[[nodiscard]] Bytes system_start();
[[nodiscard]] Bytes chain_block_number();
[[nodiscard]] Bytes chain_point();
/// Since version 20.
[[nodiscard]] Bytes ledger_config();
[[nodiscard]] Bytes current_era();
[[nodiscard]] Bytes era_history();
[[nodiscard]] Bytes era_start(Era era);

/// A query that is answered only while the ledger is in `era`; in another era the answer is an EraMismatch.
struct InEra {
    InEra() noexcept = default;
    InEra(Era of, Bytes query) noexcept : era(of), cbor(std::move(query)) {}

    Era era{};
    Bytes cbor;  ///< without the envelope

    /// The query with its envelope, for LocalStateQuery::Query.
    [[nodiscard]] Bytes ask() const;
    friend bool operator==(const InEra&, const InEra&) = default;
};

// Queries from Shelley on.
[[nodiscard]] InEra ledger_tip(Era era);
[[nodiscard]] InEra epoch_number(Era era);
[[nodiscard]] InEra protocol_parameters(Era era);
/// Uses the tag that nodes of `version` know.
[[nodiscard]] InEra stake_distribution(Era era, Version version);
[[nodiscard]] InEra stake_pools(Era era);

/// An output of a transaction.
struct TxInput {
    Hash tx{};
    std::uint64_t index = 0;

    friend auto operator<=>(const TxInput&, const TxInput&) = default;
};

/// Order and repetition do not matter: the query contains a set.
[[nodiscard]] InEra utxo_by_address(Era era, List<Bytes> addresses);
[[nodiscard]] InEra utxo_by_input(Era era, List<TxInput> inputs);
/// All outputs: gigabytes on a large chain.
[[nodiscard]] InEra utxo_whole(Era era);

/// The same query, answered with the encoded bytes of the result, in its newest encoding.
[[nodiscard]] InEra as_cbor(const InEra& query);

}  // namespace ouro::n2c::query
