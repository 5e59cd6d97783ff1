#include <ouro/base/json_writer.hpp>

namespace ouro {

/// Writes the comma between two elements of an array or object.
void JsonWriter::separate() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_ += bracket;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    out_ += bracket;
    return *this;
}

void JsonWriter::quote(std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out_ += "\\u00";
            out_ += digits[byte >> 4];
            out_ += digits[byte & 0xfU];
        } else {
            out_ += c;
        }
    }
    out_ += '"';
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    quote(name);
    out_ += ':';
    return *this;
}

JsonWriter& JsonWriter::number(std::string_view digits) {
    separate();
    out_ += digits;
    return *this;
}

JsonWriter& JsonWriter::uint(std::uint64_t value) { return number(std::to_string(value)); }
JsonWriter& JsonWriter::integer(std::int64_t value) { return number(std::to_string(value)); }
JsonWriter& JsonWriter::boolean(bool value) { return number(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return number("null"); }

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    quote(value);
    return *this;
}

}  // namespace ouro
