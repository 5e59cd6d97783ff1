#include <ouro/protocol/leios_fetch.hpp>

#include "list.hpp"

namespace ouro {

void LeiosFetch::BlockRequest::encode(cbor::Writer& out) const {
    out.array(2).uint(0);
    write(out, Point(block));
}

void LeiosFetch::Block::encode(cbor::Writer& out) const { out.array(2).uint(1).raw(cbor); }

void LeiosFetch::BlockTxsRequest::encode(cbor::Writer& out) const {
    out.array(3).uint(2);
    write(out, Point(block));
    write(out, wanted);
}

void LeiosFetch::BlockTxs::encode(cbor::Writer& out) const {
    out.array(4).uint(3);
    write(out, Point(block));
    write(out, which);
    out.array(txs.size());
    for (const Bytes& tx : txs) out.bytes(tx);
}

void LeiosFetch::Done::encode(cbor::Writer& out) const { out.array(1).uint(9); }

namespace {

Bytes read_block(cbor::Reader& in, const Item& item) {
    const BytesView block = in.skip();
    if (in.ok() && !read_endorser_block(block)) in.fail();
    return item.keep(block);
}

std::vector<Bytes> read_txs(cbor::Reader& in, const Item& item) {
    return read_list(in, List::definite, [&] { return item.keep(in.bytes()); });
}

// The arguments of a braced list are read in order, which those of a call are not.
LeiosFetch::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(2); return LeiosFetch::BlockRequest{read_block_point(in)};
        case 1: of(2); return LeiosFetch::Block{read_block(in, item)};
        case 2: of(3); return LeiosFetch::BlockTxsRequest{read_block_point(in), read_leios_bitmap(in)};
        case 3: of(4); return LeiosFetch::BlockTxs{read_block_point(in), read_leios_bitmap(in), read_txs(in, item)};
        case 9: of(1); return LeiosFetch::Done{};
        default: in.fail(); return LeiosFetch::Done{};
    }
}

}  // namespace

Result<LeiosFetch::Message> LeiosFetch::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
