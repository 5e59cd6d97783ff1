#include <ouro/chain/tx.hpp>

#include <ouro/cbor/reader.hpp>

#include "blake2b.hpp"

namespace ouro::chain {

Result<TxId> tx_id(const Tx& tx) {
    if (tx.byron != ByronTxKind::transaction) return Errc::malformed;
    cbor::Reader in(tx.cbor);
    const std::optional<std::uint64_t> parts = in.array_of_any();
    const BytesView body = in.skip();
    in.skip();
    if (!in.ok() || (parts && *parts < 2)) return Errc::malformed;
    return TxId{tx.era, tx.byron, blake2b_256(body)};
}

}  // namespace ouro::chain
