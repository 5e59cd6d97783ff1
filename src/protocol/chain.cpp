#include <ouro/protocol/chain.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace ouro {

namespace {

/// The block number of a header `[[number, …], signature]`.
std::optional<BlockNumber> read_number(cbor::Reader& in) noexcept {
    in.array_of(2);
    in.array();
    const BlockNumber number{in.uint()};
    return in.ok() ? std::optional(number) : std::nullopt;
}

bool known(Era era) noexcept { return era <= Era::dijkstra; }

}  // namespace

std::string_view to_string(Era era) noexcept {
    constexpr std::array<std::string_view, 8> names{"Byron",  "Shelley", "Allegra", "Mary",
                                                    "Alonzo", "Babbage", "Conway",  "Dijkstra"};
    return known(era) ? names[static_cast<std::size_t>(era)] : "unknown era";
}

Result<Point> Point::parse(std::string_view text) {
    if (text == "origin") return Point();
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return Errc::bad_argument;

    std::uint64_t slot = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + dot, slot);
    if (error != std::errc{} || end != text.data() + dot) return Errc::bad_argument;

    BlockPoint block{Slot{slot}, {}};
    const auto bytes = from_hex(text.substr(dot + 1));
    if (!bytes || bytes->size() != block.hash.size()) return Errc::bad_argument;
    std::copy_n(bytes->data(), bytes->size(), block.hash.begin());
    return Point(block);
}

std::string to_string(const Point& point) {
    if (point.is_origin()) return "origin";
    return std::to_string(static_cast<std::uint64_t>(point.slot())) + '.' + to_hex(point.hash());
}

std::optional<BlockNumber> number_of(const Header& header) noexcept {
    if (header.era == Era::byron) return std::nullopt;
    cbor::Reader in(header.cbor);
    return read_number(in);
}

std::optional<BlockNumber> number_of(BytesView block) noexcept {
    cbor::Reader in(block);
    in.array_of(2);
    if (in.uint() <= static_cast<std::uint64_t>(BlockTag::byron)) return std::nullopt;
    in.array();
    return read_number(in);
}

void write(cbor::Writer& out, const Point& point) {
    if (point.is_origin()) {
        out.array(0);
        return;
    }
    out.array(2).uint(static_cast<std::uint64_t>(point.slot())).bytes(BytesView(point.hash()));
}

void write(cbor::Writer& out, const Tip& tip) {
    out.array(2);
    write(out, tip.point);
    out.uint(static_cast<std::uint64_t>(tip.block));
}

void write(cbor::Writer& out, const Header& header) {
    out.array(2).uint(static_cast<std::uint8_t>(header.era));
    if (header.era == Era::byron)
        out.array(2).array(2).uint(header.byron.boundary ? 0 : 1).uint(header.byron.size_hint);
    if (known(header.era))
        out.embedded(header.cbor);
    else
        out.raw(header.cbor);
}

Point read_point(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const std::uint64_t size = in.array();
    if (size == 0) return {};
    if (size != 2) {
        in.fail_at(start);
        return {};
    }
    const Slot slot{in.uint()};
    const Hash hash = in.bytes<32>();
    return in.ok() ? Point(slot, hash) : Point();
}

BlockPoint read_block_point(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const Point point = read_point(in);
    if (point.is_origin()) in.fail_at(start);
    return {point.slot(), point.hash()};
}

Tip read_tip(cbor::Reader& in) noexcept {
    in.array_of(2);
    const Point point = read_point(in);
    const BlockNumber block{in.uint()};
    // As in the reference, the origin's number is read and ignored.
    if (point.is_origin()) return {};
    return {point, block};
}

Era read_era(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const Era era{in.uint_as<std::uint8_t>()};
    if (!known(era)) in.fail_at(start, Errc::unknown_era);
    return era;
}

Header read_header(cbor::Reader& in, const Item& item) {
    Header header;
    in.array_of(2);
    header.era = Era{in.uint_as<std::uint8_t>()};
    if (header.era == Era::byron) {
        in.array_of(2);
        in.array_of(2);
        header.byron.boundary = in.uint(1) == 0;
        header.byron.size_hint = in.uint_as<std::uint32_t>();
    }
    // The contents of a later era are unknown: kept as received, for the rules to judge.
    const BytesView bytes = known(header.era) ? in.embedded() : in.skip();
    if (!in.ok()) return {};
    header.cbor = item.keep(bytes);
    return header;
}

}  // namespace ouro
