#include <ouro/chain/tx_fields.hpp>

#include <algorithm>

#include "fields.hpp"

namespace ouro::chain {

namespace {

/// A byte string of exactly `size` bytes.
BytesView bytes_of(Frame& in, std::size_t size) noexcept {
    const std::size_t start = in.offset();
    const BytesView bytes = in.bytes();
    if (in.ok() && bytes.size() != size) in.fail(Errc::malformed, start);
    return bytes;
}

Hash read_hash(Frame& in) noexcept {
    Hash hash{};
    const BytesView bytes = bytes_of(in, hash.size());
    if (in.ok()) std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

std::uint32_t read_index(Frame& in) noexcept {
    const std::size_t start = in.offset();
    const std::uint64_t index = in.uint();
    if (index > UINT32_MAX) in.fail(Errc::malformed, start);
    return static_cast<std::uint32_t>(index);
}

BytesView embedded(Frame& in) noexcept {
    in.tag(24);
    return in.bytes();
}

/// `[0, 24([transaction, index])]`. Other kinds of inputs were never used.
void read_byron(Frame& in, Input& to) noexcept {
    in.definite(2);
    const std::size_t start = in.offset();
    if (in.uint() != 0) in.fail(Errc::malformed, start);
    const BytesView content = embedded(in);
    Frame inner(content);
    inner.definite(2);
    to.transaction = read_hash(inner);
    to.index = read_index(inner);
    if (inner.finish() != Errc::none) in.fail(Errc::malformed, start);
}

/// `[[24(…), checksum], coin]`
void read_byron(Frame& in, BytesView whole, Output& to) noexcept {
    in.definite(2);
    const std::size_t start = in.offset();
    in.definite(2);
    embedded(in);
    in.uint();
    to.address = whole.subspan(start, in.offset() - start);
    to.coin = in.uint();
}

/// `coin`, or `[coin, assets]`
void read_value(Frame& in, Output& to) {
    if (in.peek() == cbor::Major::uint) {
        to.coin = in.uint();
        return;
    }
    const auto size = in.array(2, 2);
    to.coin = in.uint();
    const std::size_t start = in.offset();
    const Result<Assets> assets = Assets::read(in.item(cbor::Major::map), false);
    if (assets) {
        to.assets = *assets;
    } else {
        in.fail(assets.error(), start + assets.offset());
    }
    in.leave(size);
}

/// `[0, hash]`, or `[1, 24(datum)]`
void read_datum(Frame& in, Output& to) noexcept {
    const auto size = in.array(2, 2);
    const std::size_t start = in.offset();
    switch (in.uint()) {
        case 0: to.datum_hash = bytes_of(in, Hash().size()); break;
        case 1: to.datum = embedded(in); break;
        default: in.fail(Errc::malformed, start);
    }
    in.leave(size);
}

/// `[address, value]`, since Alonzo also `[address, value, datum hash]`
void read_array(Frame& in, Output& to) {
    const auto size = in.array(2, 3);
    to.address = in.bytes();
    read_value(in, to);
    if (in.more(size, 2)) {
        to.datum_hash = bytes_of(in, Hash().size());
        in.leave(size);
    }
}

/// `{0: address, 1: value, 2: datum, 3: script}`, since Babbage
void read_map(Frame& in, Output& to) {
    const std::size_t begin = in.offset();
    const auto size = in.map();
    unsigned seen = 0;
    for (std::uint64_t i = 0; in.more(size, i); ++i) {
        const std::size_t start = in.offset();
        const std::uint64_t key = in.uint();
        if (key > 3 || (seen >> key & 1U) != 0) return in.fail(Errc::malformed, start);
        seen |= 1U << key;
        switch (key) {
            case 0: to.address = in.bytes(); break;
            case 1: read_value(in, to); break;
            case 2: read_datum(in, to); break;
            default: to.script = embedded(in); break;
        }
    }
    if ((seen & 3U) != 3U) in.fail(Errc::malformed, begin);
}

template <class T>
void advance(BytesView& rest, Era era, T& to) {
    Frame in(rest);
    read_item(in, era, to);
    rest = rest.subspan(in.offset());
}

}  // namespace

void read_item(Frame& in, Era era, Input& to) {
    if (era == Era::byron) return read_byron(in, to);
    const auto size = in.array(2, 2);
    to.transaction = read_hash(in);
    to.index = read_index(in);
    in.leave(size);
}

void read_item(Frame& in, Era era, Output& to) {
    const BytesView whole = in.rest();
    Frame inner(whole);
    to = {};
    if (era == Era::byron) {
        read_byron(inner, whole, to);
    } else if (inner.peek() == cbor::Major::map) {
        read_map(inner, to);
    } else {
        read_array(inner, to);
    }
    to.bytes = whole.first(inner.offset());
    in.advance(inner);
}

void read_item(Frame& in, Era, Withdrawal& to) {
    to.account = in.bytes();
    to.coin = in.uint();
}

void read_item(Frame& in, Era, Metadata& to) {
    to.label = in.uint();
    to.value = in.item();
}

void read_item(Frame& in, Era, BytesView& to) { to = in.item(cbor::Major::array); }

void read_checked(BytesView& rest, Era era, Input& to) { advance(rest, era, to); }
void read_checked(BytesView& rest, Era era, Output& to) { advance(rest, era, to); }
void read_checked(BytesView& rest, Era era, Withdrawal& to) { advance(rest, era, to); }
void read_checked(BytesView& rest, Era era, Metadata& to) { advance(rest, era, to); }
void read_checked(BytesView& rest, Era era, BytesView& to) { advance(rest, era, to); }

Result<Sequence<Metadata>> read_metadata(Era era, BytesView auxiliary) {
    constexpr std::uint64_t map_tag = 259;
    Frame in(auxiliary);
    BytesView metadata = auxiliary;
    std::size_t start = 0;
    if (in.peek() == cbor::Major::array) {
        const auto size = in.array(2, 2);
        start = in.offset();
        metadata = in.item();
        in.item();
        in.leave(size);
    } else if (in.peek() == cbor::Major::tag) {
        in.tag(map_tag);
        metadata = {};
        const auto size = in.map();
        for (std::uint64_t i = 0; in.more(size, i); ++i) {
            const std::uint64_t key = in.uint();
            const std::size_t value = in.offset();
            const BytesView item = in.item();
            if (key != 0) continue;
            metadata = item;
            start = value;
        }
    } else {
        in = Frame({});
    }
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    Result<Sequence<Metadata>> labels = check_map<Metadata>(metadata, era);
    if (!labels) return {labels.error(), start + labels.offset()};
    return labels;
}

}  // namespace ouro::chain
