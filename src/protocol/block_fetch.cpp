#include <ouro/protocol/block_fetch.hpp>

namespace ouro {

void BlockFetch::RequestRange::encode(cbor::Writer& out) const {
    out.array(3).uint(0);
    write(out, first);
    write(out, last);
}

void BlockFetch::ClientDone::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void BlockFetch::StartBatch::encode(cbor::Writer& out) const { out.array(1).uint(2); }
void BlockFetch::NoBlocks::encode(cbor::Writer& out) const { out.array(1).uint(3); }
void BlockFetch::Block::encode(cbor::Writer& out) const { out.array(2).uint(4).embedded(cbor); }
void BlockFetch::BatchDone::encode(cbor::Writer& out) const { out.array(1).uint(5); }

namespace {

BlockFetch::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(3); return BlockFetch::RequestRange{read_point(in), read_point(in)};
        case 1: of(1); return BlockFetch::ClientDone{};
        case 2: of(1); return BlockFetch::StartBatch{};
        case 3: of(1); return BlockFetch::NoBlocks{};
        case 4: of(2); return BlockFetch::Block{item.keep(in.embedded())};
        case 5: of(1); return BlockFetch::BatchDone{};
        default: in.fail(); return BlockFetch::BatchDone{};
    }
}

}  // namespace

Result<BlockFetch::Message> BlockFetch::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
