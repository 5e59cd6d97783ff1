#include <ouro/protocol/tx.hpp>

namespace ouro {

namespace {

ByronTxKind read_byron_kind(cbor::Reader& in) noexcept {
    in.array_of(2);
    return static_cast<ByronTxKind>(in.uint(static_cast<std::uint64_t>(ByronTxKind::vote)));
}

void write_envelope(cbor::Writer& out, Era era, ByronTxKind byron) {
    out.array(2).uint(static_cast<std::uint8_t>(era));
    if (era == Era::byron) out.array(2).uint(static_cast<std::uint8_t>(byron));
}

}  // namespace

std::size_t wire_size(const Tx& tx) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    write(out, tx);
    return bytes.size();
}

void write(cbor::Writer& out, const TxId& id) {
    write_envelope(out, id.era, id.byron);
    out.bytes(BytesView(id.hash));
}

void write(cbor::Writer& out, const Tx& tx) {
    write_envelope(out, tx.era, tx.byron);
    if (tx.era == Era::byron)
        out.raw(tx.cbor);
    else
        out.embedded(tx.cbor);
}

TxId read_tx_id(cbor::Reader& in) noexcept {
    TxId id;
    in.array_of(2);
    id.era = read_era(in);
    if (id.era == Era::byron) id.byron = read_byron_kind(in);
    id.hash = in.bytes<32>();
    return id;
}

Tx read_tx(cbor::Reader& in, const Item& item) {
    Tx tx;
    in.array_of(2);
    tx.era = read_era(in);
    if (tx.era == Era::byron) tx.byron = read_byron_kind(in);
    const BytesView bytes = tx.era == Era::byron ? in.skip() : in.embedded();
    if (!in.ok()) return {};
    tx.cbor = item.keep(bytes);
    return tx;
}

}  // namespace ouro
