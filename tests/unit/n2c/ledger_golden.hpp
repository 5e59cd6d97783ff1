#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <ouro/base/json_writer.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/n2c/query_result.hpp>

#include "support/golden.hpp"
#include "support/json_value.hpp"

/// The ledger's own examples of results: a list of results in CBOR, and the same list in JSON.
namespace vectors {

/// The examples of `ledger/ERA/NAME.cbor`.
[[nodiscard]] std::vector<Bytes> examples_of(const std::string& name, const std::string& era);

/// `parse` reads every example, and the results in JSON are the ledger's, but for the members of `added`, which the
/// ledger leaves out. Each example also inside the bytes of `query::as_cbor`. Nothing that `sweep` makes of an example
/// breaks `parse`.
///
/// `json` writes the JSON of a result, or returns the error's offset as text if there is none.
struct Golden {
    std::string name;
    std::function<std::string(const Bytes&)> json;
    std::set<std::string> added{};
    std::string era = "conway";
    /// Corrects an example that differs from the bytes on the wire; named exceptions only.
    std::function<Bytes(const Bytes&)> corrected{};
};
void check(const Golden& golden);

/// Every beginning of `whole` is refused by `parse` at an offset inside it; so is, or gives a value, `whole` with one
/// byte changed, in 3 ways for each byte of the first and last 600.
void sweep(const Bytes& whole, const std::function<std::string(const Bytes&)>& json);

/// The function that `Golden` needs, of a parser.
template <class Parse>
std::function<std::string(const Bytes&)> json_of(Parse parse) {
    return [parse](const Bytes& result) {
        const auto parsed = parse(result);
        if (parsed) return to_json(*parsed);
        return "error at " + std::to_string(parsed.offset());
    };
}

}  // namespace vectors
