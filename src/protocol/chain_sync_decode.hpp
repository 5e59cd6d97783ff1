#pragma once

#include <ouro/protocol/chain_sync.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

/// Decodes a message of `P`, chain-sync or local chain-sync. `read_forward` reads the parts of a roll-forward, the only
/// message in which they differ.
template <class P, class ReadForward>
Result<typename P::Message> decode_chain_sync(const Item& item, ReadForward read_forward) {
    // The elements of a braced list are evaluated in order; the arguments of a call are not.
    return read_message<typename P::Message>(item, [&](MessageReader& in) -> typename P::Message {
        switch (in.number()) {
            case 0: in.of(1); return typename P::RequestNext{};
            case 1: in.of(1); return typename P::AwaitReply{};
            case 2: in.of(3); return read_forward(in);
            case 3: in.of(3); return typename P::RollBackward{read_point(in), read_tip(in)};
            case 4:
                in.of(2);
                return typename P::FindIntersect{read_list(in, ListForm::either, [&] { return read_point(in); })};
            case 5: in.of(3); return typename P::IntersectFound{read_point(in), read_tip(in)};
            case 6: in.of(2); return typename P::IntersectNotFound{read_tip(in)};
            case 7: in.of(1); return typename P::Done{};
            default: in.unknown(); return typename P::Done{};
        }
    });
}

}  // namespace ouro
