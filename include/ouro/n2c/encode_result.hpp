#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ouro/base/json_reader.hpp>
#include <ouro/n2c/query_result.hpp>

/// Results from their JSON, for programs that stand in for a node.
namespace ouro::n2c {

/// A result as bytes, or the reason why there is none.
struct EncodedResult {
    Bytes cbor;           ///< without the envelope of an era; empty after an error
    std::string trouble;  ///< such as "retiring: not a whole number"; empty: none
};

/// Encodes the result of `query`, which is the reference's name of it, such as `GetPoolState`, from the JSON that
/// `write_json` writes. The members that only this library writes may be absent. `utxo` results are lists of
/// `{"tx": …, "index": …, "output": …}`, with the output as hexadecimal digits of its item.
///
/// Every query takes `{"cbor": "…"}` instead: the result as hexadecimal digits.
[[nodiscard]] EncodedResult encode_result(std::string_view query, Era era, const JsonValue& json);

/// The queries whose results have an encoding of their own.
[[nodiscard]] std::vector<std::string_view> encoded_queries();

}  // namespace ouro::n2c
