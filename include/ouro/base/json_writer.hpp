#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ouro {

/// Writes one JSON value as text, without spaces. Numbers are exact: a 64-bit integer keeps all its digits, and a
/// decimal is written from its digits and not from a double.
///
/// The writer adds commas. The caller closes what it opens, and calls `key` before each value of an object.
class JsonWriter {
  public:
    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& uint(std::uint64_t value);
    JsonWriter& integer(std::int64_t value);
    /// A number by its digits, such as `0.003`; it must be a number in JSON's grammar.
    JsonWriter& number(std::string_view digits);
    /// A string in valid UTF-8. Control characters, `"` and `\` are escaped.
    JsonWriter& text(std::string_view value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();

    [[nodiscard]] const std::string& str() const& noexcept { return out_; }
    [[nodiscard]] std::string str() && noexcept { return std::move(out_); }

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();
    void quote(std::string_view value);

    std::string out_;
};

inline void write_json(JsonWriter& out, std::uint64_t number) { out.uint(number); }

/// The JSON text of a value that has a function `write_json(JsonWriter&, const T&)`.
template <class T>
[[nodiscard]] std::string to_json(const T& value) {
    JsonWriter out;
    write_json(out, value);
    return std::move(out).str();
}

}  // namespace ouro
