// An era and bytes, taken for a header of it, for a block, or for the body of one: what is found lies inside, all ways
// agree, and a block with one byte changed is not taken for the same one.

#include <array>
#include <vector>

#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/scanner.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/chain/header.hpp>

#include "chain/blake2b.hpp"
#include "chain/frame.hpp"
#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

namespace {

void check_header(std::uint8_t kind, const Bytes& bytes) {
    Header header{static_cast<Era>(kind & 0x0fU), {}, bytes};
    header.byron.boundary = (kind & 0x40U) != 0;
    const auto info = chain::inspect(header);
    if (info) promise(info->point.hash == chain::hash_of(header));
    promise(info || info.offset() <= bytes.size());
    promise((info.error() == Errc::unknown_era) == (header.era > Era::dijkstra));
}

void check_size(const Bytes& bytes) {
    const auto size = chain::item_size(bytes);
    promise(size ? *size <= bytes.size() : size.offset() <= bytes.size());
    cbor::Scanner scanner;
    const auto found = scanner.scan(bytes);
    if (found.status == Errc::depth_exceeded) return;
    promise(size.has_value() == (found.status == Errc::none));
    if (size) promise(*size == found.used);
}

void check_block(const Bytes& bytes) {
    const auto header = chain::header_of(bytes);
    const auto point = chain::point_of(bytes);
    const auto whole = chain::inspect(bytes, Checks::blocks);
    promise(whole || whole.offset() <= bytes.size());
    if (!header) {
        promise(!point && !whole);
        return;
    }
    promise(header->cbor.data() >= bytes.data() &&
            header->cbor.data() + header->cbor.size() <= bytes.data() + bytes.size());
    const auto info = chain::inspect(*header);
    promise(info.has_value() == point.has_value());
    if (!info) {
        promise(!whole);
        return;
    }
    promise(info->point == *point);
    promise(info == chain::inspect(bytes, Checks::headers));
    promise(chain::block_matches(bytes, *point) == whole.has_value());
    if (whole) promise(whole == info);
}

/// A block of Conway or Dijkstra with the items of the input for its body.
Bytes made_block(BlockTag tag, const Bytes& bytes) {
    const std::size_t count = tag == BlockTag::dijkstra ? 1 : 4;
    std::vector<BytesView> parts;
    for (BytesView rest = bytes; parts.size() < count;) {
        const auto size = chain::item_size(rest);
        if (!size) return {};
        parts.push_back(rest.first(*size));
        rest = rest.subspan(*size);
    }
    std::size_t body_size = 0;
    chain::Blake2b256 hashes;
    for (const BytesView part : parts) {
        body_size += part.size();
        hashes.add(chain::blake2b_256(part));
    }
    const Hash hash = count == 1 ? chain::blake2b_256(parts[0]) : hashes.finish();

    ByteQueue block;
    cbor::Writer out(block);
    out.array(2).uint(static_cast<std::uint64_t>(tag)).array(1 + count);
    out.array(2).array(10).uint(5).uint(100).bytes(BytesView(Hash{})).uint(0).uint(0).uint(0);
    out.uint(body_size).bytes(BytesView(hash)).uint(0).uint(0).bytes(BytesView());
    for (const BytesView part : parts) out.raw(part);
    return block.take();
}

void check_body(BlockTag tag, std::uint16_t where, const Bytes& bytes) {
    const Bytes block = made_block(tag, bytes);
    if (block.empty()) return;
    const auto good = chain::inspect(block, Checks::blocks);
    promise(good.has_value());
    std::vector<std::uint8_t> forged(block.view().begin(), block.view().end());
    forged[2 + where % (forged.size() - 2)] ^= static_cast<std::uint8_t>(1U << (where % 8));
    const auto bad = chain::inspect(Bytes::copy(forged), Checks::blocks);
    promise(!bad || bad->point != good->point);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.byte();
    const std::uint16_t where = kind < 0xc0 ? std::uint16_t{0} : input.word();
    const Bytes bytes = Bytes::copy(input.rest());
    if (kind < 0x80) {
        check_header(kind, bytes);
    } else if (kind < 0xc0) {
        check_size(bytes);
        check_block(bytes);
    } else {
        check_body(kind % 2 == 0 ? BlockTag::conway : BlockTag::dijkstra, where, bytes);
    }
    return 0;
}
