#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/n2c/message.hpp>

namespace ouro::n2c {

/// Which nodes answer a query.
struct QueryRule {
    std::string_view name;         ///< the reference's name, such as `GetProposals`
    Version since{};               ///< the first version that has it
    std::optional<Version> until;  ///< the first version that does not have it any more
    std::optional<Era> era;        ///< the era that the query is about; empty if it is not about one
    Era first_era{};               ///< the first era that has it
    bool as_bytes = false;         ///< it is inside `GetCBOR`
};

/// The rule of a query as in LocalStateQuery::Query. Those without an era are named `GetSystemStart`,
/// `GetChainBlockNo`, `GetChainPoint`, `DebugLedgerConfig`, `GetEraStart`, `GetInterpreter` and `GetCurrentEra`. For a
/// query that is answered as bytes it is that of the query inside. Empty for bytes that are no query known here.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs, `querySupportedVersion` and `decodeShelleyQuery`;
///         ouroboros-consensus, Ledger/Query.hs.
[[nodiscard]] std::optional<QueryRule> rule_of(BytesView query) noexcept;

/// The names of all queries in an era, by tag, and then those of the queries without one.
[[nodiscard]] std::vector<std::string_view> query_names();

/// Whether a node of `version` answers `query`. True for bytes that are no query known here.
[[nodiscard]] bool answered(Version version, BytesView query) noexcept;

/// Why a node of `version` does not answer `query`, such as "GetProposals needs node-to-client version 17 or later; the
/// node speaks 16". Empty if it does.
[[nodiscard]] std::string refusal(Version version, BytesView query);

}  // namespace ouro::n2c
