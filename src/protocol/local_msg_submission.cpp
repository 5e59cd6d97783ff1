#include <ouro/protocol/local_msg_submission.hpp>

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
    const auto size = in.array();
    const auto tag = in.uint(3);
    const bool with_text = tag == 0 || tag == 3;
    if (size != (with_text ? 2U : 1U)) in.fail();
    switch (tag) {
        case 0: return LocalMsgSubmission::Invalid{std::string(in.text())};
        case 1: return LocalMsgSubmission::Duplicate{};
        case 2: return LocalMsgSubmission::Expired{};
        default: return LocalMsgSubmission::Other{std::string(in.text())};
    }
}

LocalMsgSubmission::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(2); return LocalMsgSubmission::SubmitMsg{item.keep(in.skip())};
        case 1: of(1); return LocalMsgSubmission::AcceptMsg{};
        case 2: of(2); return LocalMsgSubmission::RejectMsg{read_reason(in)};
        case 3: of(1); return LocalMsgSubmission::Done{};
        default: in.fail(); return LocalMsgSubmission::Done{};
    }
}

}  // namespace

Result<LocalMsgSubmission::Message> LocalMsgSubmission::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
