#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/protocol/chain.hpp>

namespace ouro::emulation {

/// Answers of a node by the names of the queries, for `MockScript::answer`.
///
/// A query of another era than the ledger's is answered with an EraMismatch, and one inside `GetCBOR` as bytes. The
/// arguments of a query do not matter: the result is the same for all.
struct MockAnswers {
    Era era = Era::conway;  ///< the ledger's
    /// Results by name, without the envelope of an era, as `n2c::encode_result` makes them. `n2c::rule_of` returns the
    /// name of a query.
    std::map<std::string, Bytes, std::less<>> results;

    [[nodiscard]] std::optional<Bytes> operator()(const Point& at, const Bytes& query) const;
};

/// The answer to a query of `asked` from a ledger that is in another era.
[[nodiscard]] Bytes era_mismatch(Era asked, Era ledger);

}  // namespace ouro::emulation
