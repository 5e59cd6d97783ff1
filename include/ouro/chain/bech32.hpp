#pragma once

#include <string>
#include <string_view>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>

namespace ouro::chain {

/// A text with a checksum, taken apart.
struct Bech32 {
    std::string prefix;  ///< in lower case
    Bytes data;          ///< what the text stands for
};

/// Writes bytes as `PREFIX1DATA`, in lower case.
///
/// Source  BIP-173, without its limit of 90 characters, as CIP-19 demands. The prefix must be one to 83 characters from
///         `!` to `~` without upper case.
[[nodiscard]] std::string to_bech32(std::string_view prefix, BytesView data);

/// Reads what `to_bech32` writes, in lower or in upper case.
/// Errors  With the number of characters before the fault:
///         Errc::malformed       a character that may not be there, both cases, no separator, a missing checksum, or
///                               bits that are no whole byte
///         Errc::wrong_checksum  the text was changed; at the changed character if it was only one after the prefix and
///                               the text has fewer than 1,000 characters, else at the checksum
[[nodiscard]] Result<Bech32> from_bech32(std::string_view text);

/// The same of one prefix; returns the data.
/// Errors  also Errc::wrong_prefix  another prefix, whose checksum is right
[[nodiscard]] Result<Bytes> from_bech32(std::string_view text, std::string_view prefix);

}  // namespace ouro::chain
