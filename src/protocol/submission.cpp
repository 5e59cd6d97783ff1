#include <ouro/protocol/local_msg_submission.hpp>
#include <ouro/protocol/local_tx_submission.hpp>

#include "message_reader.hpp"

namespace ouro {

void TxProfile::SubmitTx::encode(cbor::Writer& out) const {
    out.array(2).uint(0);
    write(out, tx);
}

void TxProfile::AcceptTx::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void TxProfile::RejectTx::encode(cbor::Writer& out) const { out.array(2).uint(2).raw(reason); }

void SignedMessageProfile::SubmitMsg::encode(cbor::Writer& out) const { out.array(2).uint(0).raw(message); }
void SignedMessageProfile::AcceptMsg::encode(cbor::Writer& out) const { out.array(1).uint(1); }

void SignedMessageProfile::RejectMsg::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    if (const auto* invalid = std::get_if<Invalid>(&reason))
        out.array(2).uint(0).text(invalid->text);
    else if (const auto* other = std::get_if<Other>(&reason))
        out.array(2).uint(3).text(other->text);
    else
        out.array(1).uint(std::holds_alternative<Duplicate>(reason) ? 1 : 2);
}

namespace {

void read(cbor::Reader& in, const Item& item, TxProfile::SubmitTx& message) { message.tx = read_tx(in, item); }

void read(cbor::Reader& in, const Item& item, TxProfile::RejectTx& message) { message.reason = item.keep(in.skip()); }

void read(cbor::Reader& in, const Item& item, SignedMessageProfile::SubmitMsg& message) {
    message.message = item.keep(in.skip());
}

void read(cbor::Reader& in, const Item&, SignedMessageProfile::RejectMsg& message) {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto tag = in.uint(3);
    const bool with_text = tag == 0 || tag == 3;
    if (size != (with_text ? 2U : 1U)) in.fail_at(start);
    switch (tag) {
        case 0: message.reason = SignedMessageProfile::Invalid{std::string(in.text())}; break;
        case 1: message.reason = SignedMessageProfile::Duplicate{}; break;
        case 2: message.reason = SignedMessageProfile::Expired{}; break;
        default: message.reason = SignedMessageProfile::Other{std::string(in.text())};
    }
}

/// A message with contents, which follow its number.
template <class M>
M read_contents(MessageReader& in, const Item& item) {
    in.of(2);
    M message;
    read(in, item, message);
    return message;
}

template <class P>
typename P::Message read_submission(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: return read_contents<typename P::Submit>(in, item);
        case 1: in.of(1); return typename P::Accept{};
        case 2: return read_contents<typename P::Reject>(in, item);
        case 3: in.of(1); return typename P::Done{};
        default: in.unknown(); return typename P::Done{};
    }
}

}  // namespace

template <class Profile>
Result<typename SubmissionOf<Profile>::Message> SubmissionOf<Profile>::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_submission<SubmissionOf>(in, item); });
}

template Result<LocalTxSubmission::Message> SubmissionOf<TxProfile>::decode(const Item&);
template Result<LocalMsgSubmission::Message> SubmissionOf<SignedMessageProfile>::decode(const Item&);

}  // namespace ouro
