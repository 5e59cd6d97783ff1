#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/cbor/reader.hpp>

#include "cbor/tags.hpp"

namespace ouro::n2c {

/// Reads a single item with `read`, and fails if anything follows.
template <class Read>
auto parse(const Bytes& item, Read read) -> Result<decltype(read(std::declval<cbor::Reader&>()))> {
    cbor::Reader in(item);
    auto value = read(in);
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return value;
}

/// Calls `read` for each element of an array or map of `size`, which is empty for an indefinite one.
template <class Read>
void for_each(cbor::Reader& in, std::optional<std::uint64_t> size, Read read) {
    for (std::uint64_t i = 0; in.ok() && (size ? i < *size : !in.at_break()); ++i) read();
}

/// Consumes a null, if it is next.
inline bool read_null(cbor::Reader& in) noexcept {
    if (in.peek() != cbor::Major::simple) return false;
    const std::size_t start = in.offset();
    const BytesView null = in.skip();
    if (null.size() != 1 || null[0] != 0xf6) in.fail_at(start);
    return true;
}

/// `[]` or `[x]`.
template <class Read>
auto read_maybe(cbor::Reader& in, Read read) -> std::optional<decltype(read(in))> {
    const std::size_t start = in.offset();
    const auto size = in.array();
    if (size > 1) in.fail_at(start);
    if (size != 1) return std::nullopt;
    return read(in);
}

/// Null or `x`.
template <class Read>
auto read_nullable(cbor::Reader& in, Read read) -> std::optional<decltype(read(in))> {
    if (read_null(in)) return std::nullopt;
    return read(in);
}

/// An array of either form.
template <class Read>
auto read_list(cbor::Reader& in, Read read) -> std::vector<decltype(read(in))> {
    std::vector<decltype(read(in))> list;
    for_each(in, in.array_of_any(), [&] { list.push_back(read(in)); });
    return list;
}

/// An array of either form, with the tag of a set or without.
template <class Read>
auto read_set(cbor::Reader& in, Read read) -> std::vector<decltype(read(in))> {
    if (in.peek() == cbor::Major::tag) in.tag(cbor::set_tag);
    return read_list(in, read);
}

/// A map of either form.
template <class ReadKey, class ReadValue>
auto read_entries(cbor::Reader& in, ReadKey key, ReadValue value)
    -> std::vector<std::pair<decltype(key(in)), decltype(value(in))>> {
    std::vector<std::pair<decltype(key(in)), decltype(value(in))>> entries;
    for_each(in, in.map_of_any(), [&] {
        auto name = key(in);
        entries.emplace_back(std::move(name), value(in));
    });
    return entries;
}

inline std::uint64_t read_uint(cbor::Reader& in) noexcept { return in.uint(); }

/// An enumerator by its number, up to `last`.
template <class Enum>
Enum read_enum(cbor::Reader& in, Enum last) noexcept {
    return static_cast<Enum>(in.uint(static_cast<std::uint64_t>(last)));
}

/// An integer of either sign.
inline std::int64_t read_signed(cbor::Reader& in) noexcept {
    if (in.peek() != cbor::Major::nint) return static_cast<std::int64_t>(in.uint(INT64_MAX));
    const std::size_t start = in.offset();
    const BytesView item = in.skip();
    if (item.empty()) return 0;
    std::uint64_t below = item[0] & 0x1fU;
    if (item.size() > 1) below = 0;
    for (const std::uint8_t byte : item.subspan(1)) below = below << 8 | byte;
    if (below > INT64_MAX) in.fail_at(start);
    return in.ok() ? -1 - static_cast<std::int64_t>(below) : 0;
}

}  // namespace ouro::n2c
