#pragma once

#include <ouro/chain/tx_fields.hpp>

#include "cbor/tags.hpp"
#include "frame.hpp"

namespace ouro::chain {

// Read one item of a sequence, and check it.
void read_item(Frame& in, Era era, Input& to);
void read_item(Frame& in, Era era, Output& to);
void read_item(Frame& in, Era era, Withdrawal& to);
void read_item(Frame& in, Era era, Metadata& to);
/// An array, such as a certificate.
void read_item(Frame& in, Era era, BytesView& to);

namespace detail {

template <class T>
Result<Sequence<T>> check_items(Frame& in, BytesView field, Era era, const std::optional<std::uint64_t>& size) {
    const std::size_t start = in.offset();
    std::size_t end = start;
    std::size_t count = 0;
    for (T item; in.more(size, count); ++count) {
        read_item(in, era, item);
        end = in.offset();
    }
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return Sequence<T>(field.subspan(start, end - start), count, era);
}

}  // namespace detail

/// Checks a field that is an array of items, or a set. An absent field has none.
/// Errors  Errc::malformed  with the number of bytes of the field before the fault
template <class T>
Result<Sequence<T>> check_array(BytesView field, Era era) {
    if (field.empty()) return Sequence<T>();
    Frame in(field);
    if (in.peek() == cbor::Major::tag) in.tag(cbor::set_tag);
    const auto size = in.array(0, UINT64_MAX);
    return detail::check_items<T>(in, field, era, size);
}

/// The same of a map, each pair of which is one item.
template <class T>
Result<Sequence<T>> check_map(BytesView field, Era era) {
    if (field.empty()) return Sequence<T>();
    Frame in(field);
    const auto size = in.map();
    return detail::check_items<T>(in, field, era, size);
}

}  // namespace ouro::chain
