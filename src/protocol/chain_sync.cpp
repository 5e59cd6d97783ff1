#include <ouro/protocol/chain_sync.hpp>

#include "chain_sync_decode.hpp"

namespace ouro {

void ChainSync::RequestNext::encode(cbor::Writer& out) const { out.array(1).uint(0); }
void ChainSync::AwaitReply::encode(cbor::Writer& out) const { out.array(1).uint(1); }

void ChainSync::RollForward::encode(cbor::Writer& out) const {
    out.array(3).uint(2);
    write(out, header);
    write(out, tip);
}

void ChainSync::RollBackward::encode(cbor::Writer& out) const {
    out.array(3).uint(3);
    write(out, point);
    write(out, tip);
}

void ChainSync::FindIntersect::encode(cbor::Writer& out) const {
    out.array(2).uint(4);
    write_either(out, points, [&](const Point& point) { write(out, point); });
}

void ChainSync::IntersectFound::encode(cbor::Writer& out) const {
    out.array(3).uint(5);
    write(out, point);
    write(out, tip);
}

void ChainSync::IntersectNotFound::encode(cbor::Writer& out) const {
    out.array(2).uint(6);
    write(out, tip);
}

void ChainSync::Done::encode(cbor::Writer& out) const { out.array(1).uint(7); }

Result<ChainSync::Message> ChainSync::decode(const Item& item) {
    return decode_chain_sync<ChainSync>(
        item, [&](cbor::Reader& in) { return RollForward{read_header(in, item), read_tip(in)}; });
}

}  // namespace ouro
