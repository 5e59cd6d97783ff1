#include <ouro/protocol/chain_sync.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

void ChainSyncMessages::RequestNext::encode(cbor::Writer& out) const { out.array(1).uint(0); }
void ChainSyncMessages::AwaitReply::encode(cbor::Writer& out) const { out.array(1).uint(1); }

void HeaderProfile::RollForward::encode(cbor::Writer& out) const {
    out.array(3).uint(2);
    write(out, header);
    write(out, tip);
}

void BlockProfile::RollForward::encode(cbor::Writer& out) const {
    out.array(3).uint(2).embedded(block);
    write(out, tip);
}

void ChainSyncMessages::RollBackward::encode(cbor::Writer& out) const {
    out.array(3).uint(3);
    write(out, point);
    write(out, tip);
}

void ChainSyncMessages::FindIntersect::encode(cbor::Writer& out) const {
    out.array(2).uint(4);
    write_either(out, points, [&](const Point& point) { write(out, point); });
}

void ChainSyncMessages::IntersectFound::encode(cbor::Writer& out) const {
    out.array(3).uint(5);
    write(out, point);
    write(out, tip);
}

void ChainSyncMessages::IntersectNotFound::encode(cbor::Writer& out) const {
    out.array(2).uint(6);
    write(out, tip);
}

void ChainSyncMessages::Done::encode(cbor::Writer& out) const { out.array(1).uint(7); }

namespace {

// The elements of a braced list are evaluated in order; the arguments of a call are not.
void read(cbor::Reader& in, const Item& item, HeaderProfile::RollForward& message) {
    message = {read_header(in, item), read_tip(in)};
}

void read(cbor::Reader& in, const Item& item, BlockProfile::RollForward& message) {
    message = {item.keep(in.embedded()), read_tip(in)};
}

template <class P>
typename P::Message read_chain_sync(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(1); return typename P::RequestNext{};
        case 1: in.of(1); return typename P::AwaitReply{};
        case 2: {
            in.of(3);
            typename P::RollForward message;
            read(in, item, message);
            return message;
        }
        case 3: in.of(3); return typename P::RollBackward{read_point(in), read_tip(in)};
        case 4:
            in.of(2);
            return typename P::FindIntersect{read_list(in, ListForm::either, [&] { return read_point(in); })};
        case 5: in.of(3); return typename P::IntersectFound{read_point(in), read_tip(in)};
        case 6: in.of(2); return typename P::IntersectNotFound{read_tip(in)};
        case 7: in.of(1); return typename P::Done{};
        default: in.unknown(); return typename P::Done{};
    }
}

}  // namespace

template <class Profile>
Result<typename ChainSyncOf<Profile>::Message> ChainSyncOf<Profile>::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_chain_sync<ChainSyncOf>(in, item); });
}

template Result<ChainSync::Message> ChainSyncOf<HeaderProfile>::decode(const Item&);
template Result<LocalChainSync::Message> ChainSyncOf<BlockProfile>::decode(const Item&);

}  // namespace ouro
