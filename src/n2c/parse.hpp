#pragma once

#include <optional>

#include <ouro/base/bytes.hpp>
#include <ouro/cbor/reader.hpp>

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

}  // namespace ouro::n2c
