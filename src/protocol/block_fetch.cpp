#include <ouro/protocol/block_fetch.hpp>

#include "message_reader.hpp"

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

BlockFetch::Message read_block_fetch(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(3); return BlockFetch::RequestRange{read_point(in), read_point(in)};
        case 1: in.of(1); return BlockFetch::ClientDone{};
        case 2: in.of(1); return BlockFetch::StartBatch{};
        case 3: in.of(1); return BlockFetch::NoBlocks{};
        case 4: in.of(2); return BlockFetch::Block{item.keep(in.embedded())};
        case 5: in.of(1); return BlockFetch::BatchDone{};
        default: in.unknown(); return BlockFetch::BatchDone{};
    }
}

}  // namespace

Result<BlockFetch::Message> BlockFetch::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_block_fetch(in, item); });
}

}  // namespace ouro
