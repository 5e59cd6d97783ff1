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

}  // namespace

void Writer::head(std::uint8_t major, std::uint64_t value) {
    std::uint8_t bytes[9];
    const auto put = [&](unsigned info, std::size_t size) {
        bytes[0] = static_cast<std::uint8_t>(major | info);
        out_.append(BytesView(bytes, size));
    };
    if (value < 24) return put(static_cast<unsigned>(value), 1);
    if (value <= UINT8_MAX) {
        bytes[1] = static_cast<std::uint8_t>(value);
        put(24, 2);
    } else if (value <= UINT16_MAX) {
        store_be16(bytes + 1, static_cast<std::uint16_t>(value));
        put(25, 3);
    } else if (value <= UINT32_MAX) {
        store_be32(bytes + 1, static_cast<std::uint32_t>(value));
        put(26, 5);
    } else {
        store_be64(bytes + 1, value);
        put(27, 9);
    }
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
