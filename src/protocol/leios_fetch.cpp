#include <ouro/protocol/leios_fetch.hpp>

#include "list.hpp"
#include "message_reader.hpp"

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
    const std::size_t start = in.offset();
    const BytesView block = in.skip();
    if (in.ok()) {
        if (const auto txs = read_endorser_block(block); !txs) in.fail_at(start + txs.offset());
    }
    return item.keep(block);
}

std::vector<Bytes> read_txs(cbor::Reader& in, const Item& item) {
    return read_list(in, ListForm::definite, [&] { return item.keep(in.bytes()); });
}

// The elements of a braced list are evaluated in order; the arguments of a call are not.
LeiosFetch::Message read_leios_fetch(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(2); return LeiosFetch::BlockRequest{read_block_point(in)};
        case 1: in.of(2); return LeiosFetch::Block{read_block(in, item)};
        case 2: in.of(3); return LeiosFetch::BlockTxsRequest{read_block_point(in), read_leios_bitmap(in)};
        case 3: in.of(4); return LeiosFetch::BlockTxs{read_block_point(in), read_leios_bitmap(in), read_txs(in, item)};
        case 9: in.of(1); return LeiosFetch::Done{};
        default: in.unknown(); return LeiosFetch::Done{};
    }
}

}  // namespace

Result<LeiosFetch::Message> LeiosFetch::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_leios_fetch(in, item); });
}

}  // namespace ouro
