#include <ouro/chain/tx.hpp>

#include "blake2b.hpp"
#include "frame.hpp"

namespace ouro::chain {

namespace {

struct Parts {
    std::uint64_t least, most;
};

/// Number of parts of a stand-alone transaction of an era.
constexpr Parts parts_of(Era era) noexcept {
    switch (era) {
        case Era::byron: return {2, 2};
        case Era::shelley:
        case Era::allegra:
        case Era::mary: return {3, 3};
        case Era::alonzo:
        case Era::babbage:
        case Era::conway: return {4, 4};
        case Era::dijkstra: return {3, 4};  // the validity flag differs between drafts
    }
    return {};
}

}  // namespace

Result<TxId> tx_id(const Tx& tx) {
    if (tx.era > Era::dijkstra) return Errc::unknown_era;
    if (tx.byron != ByronTxKind::transaction) return Errc::malformed;
    Frame in(tx.cbor);
    const auto [least, most] = parts_of(tx.era);
    const auto size = in.array(least, most);
    const BytesView body = in.item();
    std::uint64_t parts = 1;
    for (; size ? in.ok() && parts < *size : !in.at_break(); ++parts) in.item();
    if (parts < least || parts > most) in.fail(Errc::malformed, 0);
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return TxId{tx.era, tx.byron, blake2b_256(body)};
}

}  // namespace ouro::chain
