#include <ouro/protocol/sig_submission.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

Result<SignedMessage> SignedMessage::decode(const Bytes& signature) {
    cbor::Reader in(signature);
    SignedMessage result;
    in.array_of(5);
    result.id = in.bytes<32>();
    in.array_of(3);
    const BytesView body = in.bytes();
    result.kes_period = in.uint();
    result.expires_at = in.uint_as<std::uint32_t>();
    result.kes_signature = in.bytes<448>();
    in.array_of(4);
    result.certificate.hot_key = in.bytes<32>();
    result.certificate.number = in.uint();
    result.certificate.kes_period = in.uint();
    result.certificate.signature = in.bytes<64>();
    result.cold_key = in.bytes<32>();
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    result.body = signature.share(body);
    return result;
}

void SigSubmission::RequestSigIdsBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(1).boolean(true).uint(acknowledged).uint(requested);
}

void SigSubmission::RequestSigIdsNonBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(1).boolean(false).uint(acknowledged).uint(requested);
}

void SigSubmission::ReplySigIds::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    write_indefinite(out, ids,
                     [&](const Named<Hash>& each) { out.array(2).bytes(BytesView(each.id)).uint(each.bytes); });
}

void SigSubmission::ReplyNoSigIds::encode(cbor::Writer& out) const { out.array(1).uint(3); }

void SigSubmission::RequestSigs::encode(cbor::Writer& out) const {
    out.array(2).uint(4);
    write_indefinite(out, ids, [&](const Hash& id) { out.bytes(BytesView(id)); });
}

void SigSubmission::ReplySigs::encode(cbor::Writer& out) const {
    out.array(2).uint(5);
    write_indefinite(out, signatures, [&](const Bytes& signature) { out.raw(signature); });
}

void SigSubmission::Done::encode(cbor::Writer& out) const { out.array(1).uint(6); }

namespace {

// The elements of a braced list are evaluated in order; the arguments of a call are not.
SigSubmission::Message read_sig_id_request(cbor::Reader& in) {
    if (in.boolean())
        return SigSubmission::RequestSigIdsBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
    return SigSubmission::RequestSigIdsNonBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
}

Named<Hash> read_named_sig_id(cbor::Reader& in) {
    in.array_of(2);
    return {in.bytes<32>(), in.uint_as<std::uint32_t>()};
}

SigSubmission::Message read_sig_submission(MessageReader& in, const Item& item) {
    const auto list = [&](auto read) { return read_list(in, ListForm::indefinite, read); };
    switch (in.number()) {
        case 1: in.of(4); return read_sig_id_request(in);
        case 2: in.of(2); return SigSubmission::ReplySigIds{list([&] { return read_named_sig_id(in); })};
        case 3: in.of(1); return SigSubmission::ReplyNoSigIds{};
        case 4: in.of(2); return SigSubmission::RequestSigs{list([&] { return in.bytes<32>(); })};
        case 5: in.of(2); return SigSubmission::ReplySigs{list([&] { return item.keep(in.skip()); })};
        case 6: in.of(1); return SigSubmission::Done{};
        default: in.unknown(); return SigSubmission::Done{};
    }
}

}  // namespace

Result<SigSubmission::Message> SigSubmission::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_sig_submission(in, item); });
}

}  // namespace ouro
