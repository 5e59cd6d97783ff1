#include <ouro/protocol/leios_notify.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

void LeiosNotify::RequestNext::encode(cbor::Writer& out) const { out.array(1).uint(0); }

void LeiosNotify::BlockAnnouncement::encode(cbor::Writer& out) const {
    out.array(2).uint(1);
    write(out, header);
}

void LeiosNotify::BlockOffer::encode(cbor::Writer& out) const {
    out.array(3).uint(2);
    write(out, Point(block));
    out.uint(bytes);
}

void LeiosNotify::BlockTxsOffer::encode(cbor::Writer& out) const {
    out.array(2).uint(3);
    write(out, Point(block));
}

void LeiosNotify::Votes::encode(cbor::Writer& out) const {
    out.array(2).uint(4).array(votes.size());
    for (const LeiosVote& vote : votes) write(out, vote);
}

void LeiosNotify::Done::encode(cbor::Writer& out) const { out.array(1).uint(5); }

namespace {

// The elements of a braced list are evaluated in order; the arguments of a call are not.
LeiosNotify::Message read_leios_notify(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(1); return LeiosNotify::RequestNext{};
        case 1: in.of(2); return LeiosNotify::BlockAnnouncement{read_header(in, item)};
        case 2: in.of(3); return LeiosNotify::BlockOffer{read_block_point(in), in.uint_as<std::uint32_t>()};
        case 3: in.of(2); return LeiosNotify::BlockTxsOffer{read_block_point(in)};
        case 4:
            in.of(2);
            return LeiosNotify::Votes{read_list(in, ListForm::definite, [&] { return read_leios_vote(in); })};
        case 5: in.of(1); return LeiosNotify::Done{};
        default: in.unknown(); return LeiosNotify::Done{};
    }
}

}  // namespace

Result<LeiosNotify::Message> LeiosNotify::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_leios_notify(in, item); });
}

}  // namespace ouro
