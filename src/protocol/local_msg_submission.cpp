#include <ouro/protocol/local_msg_submission.hpp>

#include "message_reader.hpp"

namespace ouro {

void LocalMsgSubmission::SubmitMsg::encode(cbor::Writer& out) const { out.array(2).uint(0).raw(message); }
void LocalMsgSubmission::AcceptMsg::encode(cbor::Writer& out) const { out.array(1).uint(1); }

void LocalMsgSubmission::RejectMsg::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    if (const auto* invalid = std::get_if<Invalid>(&reason))
        out.array(2).uint(0).text(invalid->text);
    else if (const auto* other = std::get_if<Other>(&reason))
        out.array(2).uint(3).text(other->text);
    else
        out.array(1).uint(std::holds_alternative<Duplicate>(reason) ? 1 : 2);
}

void LocalMsgSubmission::Done::encode(cbor::Writer& out) const { out.array(1).uint(3); }

namespace {

LocalMsgSubmission::Reason read_reason(cbor::Reader& in) {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto tag = in.uint(3);
    const bool with_text = tag == 0 || tag == 3;
    if (size != (with_text ? 2U : 1U)) in.fail_at(start);
    switch (tag) {
        case 0: return LocalMsgSubmission::Invalid{std::string(in.text())};
        case 1: return LocalMsgSubmission::Duplicate{};
        case 2: return LocalMsgSubmission::Expired{};
        default: return LocalMsgSubmission::Other{std::string(in.text())};
    }
}

LocalMsgSubmission::Message read_local_msg_submission(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(2); return LocalMsgSubmission::SubmitMsg{item.keep(in.skip())};
        case 1: in.of(1); return LocalMsgSubmission::AcceptMsg{};
        case 2: in.of(2); return LocalMsgSubmission::RejectMsg{read_reason(in)};
        case 3: in.of(1); return LocalMsgSubmission::Done{};
        default: in.unknown(); return LocalMsgSubmission::Done{};
    }
}

}  // namespace

Result<LocalMsgSubmission::Message> LocalMsgSubmission::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_local_msg_submission(in, item); });
}

}  // namespace ouro
