#include <ouro/protocol/local_chain_sync.hpp>

#include "chain_sync_decode.hpp"

namespace ouro {

void LocalChainSync::RollForward::encode(cbor::Writer& out) const {
    out.array(3).uint(2).embedded(block);
    write(out, tip);
}

Result<LocalChainSync::Message> LocalChainSync::decode(const Item& item) {
    return decode_chain_sync<LocalChainSync>(
        item, [&](cbor::Reader& in) { return RollForward{item.keep(in.embedded()), read_tip(in)}; });
}

}  // namespace ouro
