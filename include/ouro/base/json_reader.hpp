#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/base/result.hpp>

namespace ouro {

/// A JSON value. Numbers keep their digits, so that none is rounded.
struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

    Kind kind = Kind::null;
    bool boolean = false;
    std::string text;                ///< of a text; the digits of a number
    std::vector<JsonValue> items;    ///< of an array or an object, in the order of the text
    std::vector<std::string> names;  ///< of the items of an object

    [[nodiscard]] bool is(Kind of) const noexcept { return kind == of; }
    /// The member of that name; null if there is none.
    [[nodiscard]] const JsonValue* find(std::string_view name) const noexcept;
};

/// Reads a JSON text (RFC 8259). Nesting up to 100 levels.
///
/// Errors  with the number of bytes before the fault:
///         Errc::malformed       no JSON, or an object that repeats a name
///         Errc::depth_exceeded  deeper nesting
[[nodiscard]] Result<JsonValue> parse_json(std::string_view text);

}  // namespace ouro
