#include <ouro/protocol/local_tx_submission.hpp>

#include "message_reader.hpp"

namespace ouro {

void LocalTxSubmission::SubmitTx::encode(cbor::Writer& out) const {
    out.array(2).uint(0);
    write(out, tx);
}

void LocalTxSubmission::AcceptTx::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void LocalTxSubmission::RejectTx::encode(cbor::Writer& out) const { out.array(2).uint(2).raw(reason); }
void LocalTxSubmission::Done::encode(cbor::Writer& out) const { out.array(1).uint(3); }

namespace {

LocalTxSubmission::Message read_local_tx_submission(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(2); return LocalTxSubmission::SubmitTx{read_tx(in, item)};
        case 1: in.of(1); return LocalTxSubmission::AcceptTx{};
        case 2: in.of(2); return LocalTxSubmission::RejectTx{item.keep(in.skip())};
        case 3: in.of(1); return LocalTxSubmission::Done{};
        default: in.unknown(); return LocalTxSubmission::Done{};
    }
}

}  // namespace

Result<LocalTxSubmission::Message> LocalTxSubmission::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_local_tx_submission(in, item); });
}

}  // namespace ouro
