#pragma once

#include <ouro/protocol/chain_sync.hpp>

#include "list.hpp"

namespace ouro {

/// A message of `P`, which is chain-sync or its local sibling: `read_forward` reads the parts of a roll-forward, the
/// one message in which they differ.
template <class P, class ReadForward>
Result<typename P::Message> decode_chain_sync(const Item& item, ReadForward read_forward) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    // The arguments of a braced list are read in order, which those of a call are not.
    const auto read = [&]() -> typename P::Message {
        switch (in.uint()) {
            case 0: of(1); return typename P::RequestNext{};
            case 1: of(1); return typename P::AwaitReply{};
            case 2: of(3); return read_forward(in);
            case 3: of(3); return typename P::RollBackward{read_point(in), read_tip(in)};
            case 4:
                of(2);
                return typename P::FindIntersect{read_list(in, List::either, [&] { return read_point(in); })};
            case 5: of(3); return typename P::IntersectFound{read_point(in), read_tip(in)};
            case 6: of(2); return typename P::IntersectNotFound{read_tip(in)};
            case 7: of(1); return typename P::Done{};
            default: in.fail(); return typename P::Done{};
        }
    };
    Result<typename P::Message> message = read();
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
