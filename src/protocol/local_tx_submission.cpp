#include <ouro/protocol/local_tx_submission.hpp>

namespace ouro {

void LocalTxSubmission::SubmitTx::encode(cbor::Writer& out) const {
    out.array(2).uint(0);
    write(out, tx);
}

void LocalTxSubmission::AcceptTx::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void LocalTxSubmission::RejectTx::encode(cbor::Writer& out) const { out.array(2).uint(2).raw(reason); }
void LocalTxSubmission::Done::encode(cbor::Writer& out) const { out.array(1).uint(3); }

namespace {

LocalTxSubmission::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(2); return LocalTxSubmission::SubmitTx{read_tx(in, item)};
        case 1: of(1); return LocalTxSubmission::AcceptTx{};
        case 2: of(2); return LocalTxSubmission::RejectTx{item.keep(in.skip())};
        case 3: of(1); return LocalTxSubmission::Done{};
        default: in.fail(); return LocalTxSubmission::Done{};
    }
}

}  // namespace

Result<LocalTxSubmission::Message> LocalTxSubmission::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
