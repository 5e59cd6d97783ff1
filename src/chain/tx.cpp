#include <ouro/chain/tx.hpp>

#include <sodium.h>

#include <ouro/cbor/reader.hpp>

namespace ouro::chain {

Result<TxId> tx_id(const Tx& tx) {
    if (tx.byron != ByronTxKind::transaction) return Errc::malformed;
    cbor::Reader in(tx.cbor);
    const std::optional<std::uint64_t> parts = in.array_of_any();
    const BytesView body = in.skip();
    in.skip();
    if (!in.ok() || (parts && *parts < 2)) return Errc::malformed;
    TxId id{tx.era, tx.byron, {}};
    crypto_generichash(id.hash.data(), id.hash.size(), body.data(), body.size(), nullptr, 0);
    return id;
}

}  // namespace ouro::chain
