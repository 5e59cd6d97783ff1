#include <ouro/cbor/writer.hpp>

#include "cbor/head.hpp"

namespace ouro::cbor {

namespace {

constexpr std::uint8_t major_uint = 0x00;
constexpr std::uint8_t major_bytes = 0x40;
constexpr std::uint8_t major_text = 0x60;
constexpr std::uint8_t major_array = 0x80;
constexpr std::uint8_t major_map = 0xa0;
constexpr std::uint8_t major_tag = 0xc0;
constexpr std::uint8_t simple_false = 0xf4;
constexpr std::uint8_t simple_true = 0xf5;

// Apart, so that the head of a small number, which is most of them, saves no registers.
[[gnu::noinline]] void append_long_head(ByteQueue& out, std::uint8_t major, std::uint64_t value) {
    const auto initial = [major](unsigned info) { return static_cast<std::uint8_t>(major | info); };
    if (value <= UINT8_MAX) {
        std::uint8_t* const to = out.extend(2);
        to[0] = initial(24);
        to[1] = static_cast<std::uint8_t>(value);
    } else if (value <= UINT16_MAX) {
        std::uint8_t* const to = out.extend(3);
        to[0] = initial(25);
        store_be16(to + 1, static_cast<std::uint16_t>(value));
    } else if (value <= UINT32_MAX) {
        std::uint8_t* const to = out.extend(5);
        to[0] = initial(26);
        store_be32(to + 1, static_cast<std::uint32_t>(value));
    } else {
        std::uint8_t* const to = out.extend(9);
        to[0] = initial(27);
        store_be64(to + 1, value);
    }
}

}  // namespace

[[gnu::always_inline]] inline void Writer::head(std::uint8_t major, std::uint64_t value) {
    if (value < 24)
        *out_.extend(1) = static_cast<std::uint8_t>(major | value);
    else
        append_long_head(out_, major, value);
}

Writer& Writer::uint(std::uint64_t value) {
    head(major_uint, value);
    return *this;
}

Writer& Writer::boolean(bool value) {
    out_.append(value ? simple_true : simple_false);
    return *this;
}

Writer& Writer::array(std::uint64_t size) {
    head(major_array, size);
    return *this;
}

Writer& Writer::begin_array() {
    out_.append(std::uint8_t{major_array | indefinite});
    return *this;
}

Writer& Writer::map(std::uint64_t size) {
    head(major_map, size);
    return *this;
}

Writer& Writer::begin_map() {
    out_.append(std::uint8_t{major_map | indefinite});
    return *this;
}

Writer& Writer::end() {
    out_.append(the_break);
    return *this;
}

Writer& Writer::bytes(BytesView value) {
    head(major_bytes, value.size());
    return raw(value);
}

Writer& Writer::bytes(const Bytes& value) {
    head(major_bytes, value.size());
    return raw(value);
}

Writer& Writer::text(std::string_view value) {
    head(major_text, value.size());
    return raw(BytesView(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

Writer& Writer::tag(std::uint64_t number) {
    head(major_tag, number);
    return *this;
}

Writer& Writer::embedded(const Bytes& item) { return tag(24).bytes(item); }

Writer& Writer::raw(BytesView items) {
    out_.append(items);
    return *this;
}

Writer& Writer::raw(const Bytes& items) {
    out_.append(items);
    return *this;
}

}  // namespace ouro::cbor
