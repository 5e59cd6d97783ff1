#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/n2c/query_result.hpp>

namespace ouro::n2c {

/// A rule of the ledger that a transaction broke, and how.
struct LedgerFailure {
    std::string_view rule;  ///< the ledger's name of the rule, such as `UTXO`; empty for Byron
    std::string_view name;  ///< the ledger's name of the failure, such as `BadInputsUTxO`; empty: not known here
    /// What the failure is about, each with a label: `inputs`, `[…#0]`. Text from the ledger is in quotes, and safe to
    /// print.
    std::vector<std::pair<std::string_view, std::string>> values;
    Bytes cbor;  ///< the failure of `rule`, as received

    friend bool operator==(const LedgerFailure&, const LedgerFailure&) = default;
};

/// The ledger's reasons for a rejection.
struct LedgerErrors {
    Era era{};
    std::vector<LedgerFailure> failures;

    friend bool operator==(const LedgerErrors&, const LedgerErrors&) = default;
};

/// Reads the reason of a rejected transaction. Every failure of Conway has a name. For the other eras the rule is read
/// where it is known, and the rest stays bytes; so do failures of Conway that are newer than this library.
///
/// Source  cardano-ledger, Conway/Rules/{Ledger,Utxow,Utxo,Utxos,Certs,Cert,Deleg,GovCert,Gov}.hs,
/// Shelley/Rules/Pool.hs.
[[nodiscard]] Result<std::variant<LedgerErrors, EraMismatch>> parse_rejection(const Bytes& reason);

/// "Conway, UTXO: BadInputsUTxO (inputs […#0])". An unknown failure is its bytes: "Conway, UTXO: unknown failure 81…".
[[nodiscard]] std::string to_string(const LedgerErrors& errors);

/// An item as text: numbers, quoted text that is safe to print, bytes as hexadecimal digits, lists and maps in
/// brackets; an input as `id#index`, a credential as `keyHash-…` or `scriptHash-…`. What is nested deeper than 32
/// levels, or is no whole item, stays hexadecimal.
[[nodiscard]] std::string describe(BytesView item);

}  // namespace ouro::n2c
