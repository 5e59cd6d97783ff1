#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>

namespace ouro::chain {

/// The most bytes that are written and read, because the work grows with their square. The largest Byron transaction
/// has as many.
inline constexpr std::size_t longest_base58 = 4096;

/// Writes bytes with the 58 digits that Bitcoin uses. There is no checksum: a Byron address has its own.
/// Errors  Errc::message_too_large  more than `longest_base58` bytes
[[nodiscard]] Result<std::string> to_base58(BytesView bytes);

/// Reads what `to_base58` writes.
/// Errors  Errc::malformed          a character that is not a digit; with the number of characters before it
///         Errc::message_too_large  more than `longest_base58` bytes
[[nodiscard]] Result<Bytes> from_base58(std::string_view text);

}  // namespace ouro::chain
