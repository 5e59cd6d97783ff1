#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "draw.hpp"

namespace ouro {

namespace {

/// A signed message and its JSON: the shape of `SignedMessage`.
AnyItem signed_message(Draw& draw) {
    const Hash id = draw.hash();
    Bytes body = draw.bytes(2'000);
    if (body.size() < 360) body = Bytes::copy(draw.array<360>());
    const auto period = draw.number(), number = draw.number(), first_period = draw.number();
    const auto expires_at = draw.number_as<std::uint32_t>();
    const auto kes_signature = draw.array<448>();
    const auto hot_key = draw.array<32>(), cold_key = draw.array<32>();
    const auto signature = draw.array<64>();

    ByteQueue out;
    cbor::Writer writer(out);
    writer.array(5).bytes(BytesView(id)).array(3).bytes(body).uint(period).uint(expires_at);
    writer.bytes(BytesView(kes_signature)).array(4).bytes(BytesView(hot_key)).uint(number).uint(first_period);
    writer.bytes(BytesView(signature)).bytes(BytesView(cold_key));
    return {out.take(), list(json(id), list(json(body), json(period), json(expires_at)), json(kes_signature),
                             list(json(hot_key), json(number), json(first_period), json(signature)), json(cold_key))};
}

void print_sig_submission(Draw& draw) {
    const auto acknowledged = draw.number_as<std::uint16_t>(), requested = draw.number_as<std::uint16_t>();
    const std::string counts = json(acknowledged) + ", " + json(requested);
    const auto named = draw.some(5, [&] { return Named<Hash>{draw.hash(), draw.number_as<std::uint32_t>()}; });
    const auto ids = draw.some(5, [&] { return draw.hash(); });
    const auto signatures = draw.some(3, [&] { return signed_message(draw); });
    print<SigSubmission>(SigSubmission::RequestSigIdsBlocking{acknowledged, requested}, tagged(1, json(true), counts));
    print<SigSubmission>(SigSubmission::RequestSigIdsNonBlocking{acknowledged, requested},
                         tagged(1, json(false), counts));
    print<SigSubmission>(
        SigSubmission::ReplySigIds{named},
        tagged(2, list_of(named, [](const Named<Hash>& each) { return list(json(each.id), json(each.bytes)); })));
    print<SigSubmission>(SigSubmission::ReplyNoSigIds{}, tagged(3));
    print<SigSubmission>(SigSubmission::RequestSigs{ids}, tagged(4, list_of(ids)));
    print<SigSubmission>(SigSubmission::ReplySigs{bytes_of(signatures)}, tagged(5, list_of(signatures)));
    print<SigSubmission>(SigSubmission::Done{}, tagged(6));
}

void print_local_msg_notification(Draw& draw) {
    const bool more = draw.boolean();
    auto messages = draw.some(3, [&] { return signed_message(draw); });
    print<LocalMsgNotification>(LocalMsgNotification::Request{}, tagged(0, json(false)));
    print<LocalMsgNotification>(LocalMsgNotification::BlockingRequest{}, tagged(0, json(true)));
    print<LocalMsgNotification>(LocalMsgNotification::Reply{bytes_of(messages), more},
                                tagged(1, list_of(messages), json(more)));
    messages.push_back(signed_message(draw));
    print<LocalMsgNotification>(LocalMsgNotification::BlockingReply{bytes_of(messages)}, tagged(2, list_of(messages)));
    print<LocalMsgNotification>(LocalMsgNotification::ClientDone{}, tagged(3));
}

void print_local_msg_submission(Draw& draw) {
    using Submission = LocalMsgSubmission;
    const AnyItem message = signed_message(draw);
    const std::string text = draw.text();
    print<Submission>(Submission::SubmitMsg{message.cbor}, tagged(0, json(message)));
    print<Submission>(Submission::AcceptMsg{}, tagged(1));
    print<Submission>(Submission::RejectMsg{Submission::Invalid{text}}, tagged(2, tagged(0, json(text))));
    print<Submission>(Submission::RejectMsg{Submission::Duplicate{}}, tagged(2, tagged(1)));
    print<Submission>(Submission::RejectMsg{Submission::Expired{}}, tagged(2, tagged(2)));
    print<Submission>(Submission::RejectMsg{Submission::Other{text}}, tagged(2, tagged(3, json(text))));
    print<Submission>(Submission::Done{}, tagged(3));
}

}  // namespace

void print_dmq(Draw& draw) {
    print_handshake(draw, "dmq-handshake", dmq::n2n::versions);
    print_handshake(draw, "dmq-local-handshake", dmq::n2c::versions);
    print_sig_submission(draw);
    print_local_msg_notification(draw);
    print_local_msg_submission(draw);
}

}  // namespace ouro
