#include <ouro/protocol/tx_submission.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

void TxSubmission::RequestTxIdsBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(0).boolean(true).uint(acknowledged).uint(requested);
}

void TxSubmission::RequestTxIdsNonBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(0).boolean(false).uint(acknowledged).uint(requested);
}

void TxSubmission::ReplyTxIds::encode(cbor::Writer& out) const {
    out.array(2).uint(1);
    write_indefinite(out, ids, [&](const Named<TxId>& each) {
        out.array(2);
        write(out, each.id);
        out.uint(each.bytes);
    });
}

void TxSubmission::RequestTxs::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    write_indefinite(out, ids, [&](const TxId& id) { write(out, id); });
}

void TxSubmission::ReplyTxs::encode(cbor::Writer& out) const {
    out.array(2).uint(3);
    write_indefinite(out, txs, [&](const Tx& tx) { write(out, tx); });
}

void TxSubmission::Done::encode(cbor::Writer& out) const { out.array(1).uint(4); }
void TxSubmission::Init::encode(cbor::Writer& out) const { out.array(1).uint(6); }

namespace {

Named<TxId> read_named_tx_id(cbor::Reader& in) {
    in.array_of(2);
    return {read_tx_id(in), in.uint_as<std::uint32_t>()};
}

// The elements of a braced list are evaluated in order; the arguments of a call are not.
TxSubmission::Message read_tx_id_request(cbor::Reader& in) {
    if (in.boolean())
        return TxSubmission::RequestTxIdsBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
    return TxSubmission::RequestTxIdsNonBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
}

TxSubmission::Message read_tx_submission(MessageReader& in, const Item& item) {
    const auto list = [&](auto read) { return read_list(in, ListForm::indefinite, read); };
    switch (in.number()) {
        case 0: in.of(4); return read_tx_id_request(in);
        case 1: in.of(2); return TxSubmission::ReplyTxIds{list([&] { return read_named_tx_id(in); })};
        case 2: in.of(2); return TxSubmission::RequestTxs{list([&] { return read_tx_id(in); })};
        case 3: in.of(2); return TxSubmission::ReplyTxs{list([&] { return read_tx(in, item); })};
        case 4: in.of(1); return TxSubmission::Done{};
        case 6: in.of(1); return TxSubmission::Init{};
        default: in.unknown(); return TxSubmission::Done{};
    }
}

}  // namespace

Result<TxSubmission::Message> TxSubmission::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_tx_submission(in, item); });
}

}  // namespace ouro
