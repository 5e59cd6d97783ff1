#pragma once

#include <array>
#include <utility>

#include <ouro/list.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/handshake.hpp>

/// The queries of LocalStateQuery that the library knows. What they are answered with is read in `query_result.hpp`.
///
/// A query is an item; one that is not here goes into LocalStateQuery::Query as the octets it has.
///
/// Source  ouroboros-consensus, Ledger/Query.hs, HardFork/Combinator/Serialisation/SerialiseNodeToClient.hs;
///         ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
namespace ouro::n2c::query {

// Answered in any era, as they are.
[[nodiscard]] Bytes system_start();
[[nodiscard]] Bytes chain_block_number();
[[nodiscard]] Bytes chain_point();
/// Since version 20.
[[nodiscard]] Bytes ledger_config();
[[nodiscard]] Bytes current_era();
[[nodiscard]] Bytes era_history();
[[nodiscard]] Bytes era_start(Era era);

/// A query that is answered only while the ledger is in `era`; in another one the answer is an EraMismatch.
struct InEra {
    InEra() noexcept = default;
    InEra(Era of, Bytes query) noexcept : era(of), cbor(std::move(query)) {}

    Era era{};
    Bytes cbor;  ///< without the envelope

    /// With the envelope: what goes into LocalStateQuery::Query.
    [[nodiscard]] Bytes ask() const;
    friend bool operator==(const InEra&, const InEra&) = default;
};

// From Shelley on.
[[nodiscard]] InEra ledger_tip(Era era);
[[nodiscard]] InEra epoch_number(Era era);
[[nodiscard]] InEra protocol_parameters(Era era);
/// The tag that nodes of `version` know.
[[nodiscard]] InEra stake_distribution(Era era, Version version);
[[nodiscard]] InEra stake_pools(Era era);

/// An output of a transaction.
struct TxInput {
    Hash tx{};
    std::uint64_t index = 0;

    friend auto operator<=>(const TxInput&, const TxInput&) = default;
};

/// Order and repetition do not matter: the query has a set.
[[nodiscard]] InEra utxo_by_address(Era era, List<Bytes> addresses);
[[nodiscard]] InEra utxo_by_input(Era era, List<TxInput> inputs);

/// The same, answered with the result's octets, in the newest of its encodings.
[[nodiscard]] InEra as_cbor(const InEra& query);

}  // namespace ouro::n2c::query
