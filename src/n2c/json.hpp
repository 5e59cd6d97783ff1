#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/json_writer.hpp>
#include <ouro/n2c/credential.hpp>
#include <ouro/n2c/query_result.hpp>

/// How the parts that all results share become JSON. The names and shapes are the ledger's.
namespace ouro::n2c {

/// A hash as hexadecimal digits.
template <std::size_t size>
void write_json(JsonWriter& out, const std::array<std::uint8_t, size>& hash) {
    out.text(to_hex(hash));
}
inline void write_json(JsonWriter& out, const Bytes& bytes) { out.text(to_hex(bytes)); }

/// `{"denominator": 3, "numerator": 2}`, reduced.
void write_fraction(JsonWriter& out, Rational number);
/// A decimal if the number has at most 18 decimals, else a fraction. So the ledger writes its parameters and
/// thresholds.
void write_decimal(JsonWriter& out, Rational number);

/// `10.0.0.1` or `2001:db8::1`, from bytes in network order.
[[nodiscard]] std::string address_text(const std::array<std::uint8_t, 4>& ipv4);
[[nodiscard]] std::string address_text(const std::array<std::uint8_t, 16>& ipv6);

/// A list, each element of which `write` writes.
template <class T, class Write>
void write_list(JsonWriter& out, const std::vector<T>& list, Write write) {
    out.begin_array();
    for (const T& each : list) write(out, each);
    out.end_array();
}
template <class T>
void write_list(JsonWriter& out, const std::vector<T>& list) {
    write_list(out, list, [](JsonWriter& to, const T& each) { write_json(to, each); });
}

template <std::size_t size>
std::string json_key(const std::array<std::uint8_t, size>& hash) {
    return to_hex(hash);
}
inline std::string json_key(const Credential& credential) { return to_string(credential); }
inline std::string json_key(const DRep& drep) { return to_string(drep); }

/// An object with a member for each entry; `write` writes the values.
template <class Key, class Value, class Write>
void write_entries(JsonWriter& out, const Entries<Key, Value>& entries, Write write) {
    out.begin_object();
    for (const auto& [key, value] : entries) {
        out.key(json_key(key));
        write(out, value);
    }
    out.end_object();
}
template <class Key, class Value>
void write_entries(JsonWriter& out, const Entries<Key, Value>& entries) {
    write_entries(out, entries, [](JsonWriter& to, const Value& value) { write_json(to, value); });
}

/// A member of an object.
template <class T>
void member(JsonWriter& out, std::string_view name, const T& value) {
    out.key(name);
    write_json(out, value);
}
/// A member that is null if `value` is empty.
template <class T>
void member_or_null(JsonWriter& out, std::string_view name, const std::optional<T>& value) {
    out.key(name);
    if (value)
        write_json(out, *value);
    else
        out.null();
}
/// A member that is left out if `value` is empty.
template <class T>
void member_if_any(JsonWriter& out, std::string_view name, const std::optional<T>& value) {
    if (value) member(out, name, *value);
}
template <class Key, class Value>
void member_entries(JsonWriter& out, std::string_view name, const Entries<Key, Value>& entries) {
    out.key(name);
    write_entries(out, entries);
}
template <class T>
void member_list(JsonWriter& out, std::string_view name, const std::vector<T>& list) {
    out.key(name);
    write_list(out, list);
}

}  // namespace ouro::n2c
