#include <ouro/chain/header.hpp>

#include <algorithm>
#include <array>

#include <ouro/cbor/reader.hpp>

#include "blake2b.hpp"

namespace ouro::chain {
namespace {

Hash read_hash(cbor::Reader& in) {
    const BytesView octets = in.bytes();
    Hash hash{};
    if (octets.size() != hash.size()) {
        in.fail();
    } else {
        std::ranges::copy(octets, hash.begin());
    }
    return hash;
}

std::optional<Hash> read_hash_or_null(cbor::Reader& in) {
    if (in.peek() == cbor::Major::bytes) return read_hash(in);
    constexpr std::uint8_t null = 0xf6;
    if (!equal(in.skip(), BytesView(&null, 1))) in.fail();
    return std::nullopt;
}

void skip(cbor::Reader& in, std::size_t items) {
    while (items-- > 0) in.skip();
}

std::uint64_t read_epoch_start(cbor::Reader& in) {
    return in.uint(UINT64_MAX / byron_epoch_slots - 1) * byron_epoch_slots;
}

BlockNumber read_difficulty(cbor::Reader& in) {
    in.array_of(1);
    return BlockNumber{in.uint()};
}

void read_byron(cbor::Reader& in, HeaderInfo& info) {
    in.array_of(5);
    in.uint_as<std::uint32_t>();
    info.previous = read_hash(in);
    skip(in, 1);
    if (info.boundary) {
        in.array_of(2);
        info.point.slot = Slot{read_epoch_start(in)};
        // What the first of them names is the hash of the genesis file, which is no block.
        if (info.point.slot == Slot{0}) info.previous.reset();
        info.number = read_difficulty(in);
    } else {
        in.array_of(4);
        in.array_of(2);
        const std::uint64_t epoch_start = read_epoch_start(in);
        info.point.slot = Slot{epoch_start + in.uint(byron_epoch_slots - 1)};
        skip(in, 1);
        info.number = read_difficulty(in);
        skip(in, 1);
    }
    skip(in, 1);
}

void read_shelley(cbor::Reader& in, HeaderInfo& info, std::size_t fields) {
    in.array_of(2);
    in.array_of(fields);
    info.number = BlockNumber{in.uint()};
    info.point.slot = Slot{in.uint()};
    info.previous = read_hash_or_null(in);
    skip(in, fields - 3);
    skip(in, 1);
}

}  // namespace

Hash hash_of(const Header& header) {
    if (header.era != Era::byron) return blake2b_256(header.cbor);
    const std::array<std::uint8_t, 2> prefix{0x82, header.byron.boundary ? std::uint8_t{0} : std::uint8_t{1}};
    return blake2b_256({prefix, header.cbor.view()});
}

Result<HeaderInfo> inspect(const Header& header) {
    HeaderInfo info;
    cbor::Reader in(header.cbor);
    if (header.era == Era::byron) {
        info.boundary = header.byron.boundary;
        read_byron(in, info);
    } else {
        read_shelley(in, info, header.era < Era::babbage ? 15 : 10);
    }
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    info.point.hash = hash_of(header);
    return info;
}

Header header_of(BlockTag tag, Bytes cbor, std::size_t block_octets) noexcept {
    Header header;
    header.cbor = std::move(cbor);
    if (tag <= BlockTag::byron) {
        header.byron.boundary = tag == BlockTag::byron_boundary;
        header.byron.size_hint = static_cast<std::uint32_t>(std::min<std::size_t>(block_octets, UINT32_MAX));
    } else {
        header.era = static_cast<Era>(static_cast<std::uint8_t>(tag) - 1);
    }
    return header;
}

Result<Header> header_of(const Bytes& block) {
    cbor::Reader in(block);
    in.array_of(2);
    const auto tag = static_cast<BlockTag>(in.uint(static_cast<std::uint64_t>(BlockTag::dijkstra)));
    in.array();
    const BytesView cbor = in.skip();
    if (!in.ok()) return {Errc::malformed, in.offset()};
    return header_of(tag, block.share(cbor), block.size());
}

Result<BlockPoint> point_of(const Bytes& block) {
    const Result<Header> header = header_of(block);
    if (!header) return header.error();
    const Result<HeaderInfo> info = inspect(*header);
    if (!info) return info.error();
    return info->point;
}

bool block_matches(const Bytes& block, const BlockPoint& point) {
    const Result<BlockPoint> found = point_of(block);
    return found && *found == point;
}

}  // namespace ouro::chain
