#include <ouro/protocol/local_msg_notification.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

namespace {

void write(cbor::Writer& out, const std::vector<Bytes>& messages) {
    write_indefinite(out, messages, [&](const Bytes& message) { out.raw(message); });
}

}  // namespace

void LocalMsgNotification::Request::encode(cbor::Writer& out) const { out.array(2).uint(0).boolean(false); }
void LocalMsgNotification::BlockingRequest::encode(cbor::Writer& out) const { out.array(2).uint(0).boolean(true); }

void LocalMsgNotification::Reply::encode(cbor::Writer& out) const {
    out.array(3).uint(1);
    write(out, messages);
    out.boolean(more);
}

void LocalMsgNotification::BlockingReply::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    write(out, messages);
}

void LocalMsgNotification::ClientDone::encode(cbor::Writer& out) const { out.array(1).uint(3); }

namespace {

LocalMsgNotification::Message read_msg_request(cbor::Reader& in) {
    if (in.boolean()) return LocalMsgNotification::BlockingRequest{};
    return LocalMsgNotification::Request{};
}

// The elements of a braced list are evaluated in order; the arguments of a call are not.
LocalMsgNotification::Message read_local_msg_notification(MessageReader& in, const Item& item) {
    const auto messages = [&] { return read_list(in, ListForm::indefinite, [&] { return item.keep(in.skip()); }); };
    switch (in.number()) {
        case 0: in.of(2); return read_msg_request(in);
        case 1: in.of(3); return LocalMsgNotification::Reply{messages(), in.boolean()};
        case 2: in.of(2); return LocalMsgNotification::BlockingReply{messages()};
        case 3: in.of(1); return LocalMsgNotification::ClientDone{};
        default: in.unknown(); return LocalMsgNotification::ClientDone{};
    }
}

}  // namespace

Result<LocalMsgNotification::Message> LocalMsgNotification::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_local_msg_notification(in, item); });
}

}  // namespace ouro
