#include <ouro/protocol/keep_alive.hpp>

#include "message_reader.hpp"

namespace ouro {

void KeepAliveMessages::Ping::encode(cbor::Writer& out) const { out.array(2).uint(0).uint(cookie); }
void KeepAliveMessages::Pong::encode(cbor::Writer& out) const { out.array(2).uint(1).uint(cookie); }
void KeepAliveMessages::Done::encode(cbor::Writer& out) const { out.array(1).uint(2); }

namespace {

KeepAliveMessages::Message read_keep_alive(MessageReader& in) {
    switch (in.number()) {
        case 0: in.of(2); return KeepAliveMessages::Ping{in.uint_as<std::uint16_t>()};
        case 1: in.of(2); return KeepAliveMessages::Pong{in.uint_as<std::uint16_t>()};
        case 2: in.of(1); return KeepAliveMessages::Done{};
        default: in.unknown(); return KeepAliveMessages::Done{};
    }
}

}  // namespace

Result<KeepAliveMessages::Message> KeepAliveMessages::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_keep_alive(in); });
}

}  // namespace ouro
