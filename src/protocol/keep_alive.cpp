#include <ouro/protocol/keep_alive.hpp>

namespace ouro {

void KeepAlive::Ping::encode(cbor::Writer& out) const { out.array(2).uint(0).uint(cookie); }
void KeepAlive::Pong::encode(cbor::Writer& out) const { out.array(2).uint(1).uint(cookie); }
void KeepAlive::Done::encode(cbor::Writer& out) const { out.array(1).uint(2); }

namespace {

KeepAlive::Message read(cbor::Reader& in, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(2); return KeepAlive::Ping{in.uint_as<std::uint16_t>()};
        case 1: of(2); return KeepAlive::Pong{in.uint_as<std::uint16_t>()};
        case 2: of(1); return KeepAlive::Done{};
        default: in.fail(); return KeepAlive::Done{};
    }
}

}  // namespace

Result<KeepAlive::Message> KeepAlive::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
