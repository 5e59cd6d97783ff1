#include <ouro/protocol/local_state_query.hpp>

namespace ouro {

namespace {

// A target is told by the message's tag, which is one of three.
void write(cbor::Writer& out, const LocalStateQuery::Target& target, std::uint64_t at_point, std::uint64_t at_volatile,
           std::uint64_t at_immutable) {
    if (const auto* point = std::get_if<Point>(&target)) {
        out.array(2).uint(at_point);
        ouro::write(out, *point);
        return;
    }
    const bool immutable = std::holds_alternative<LocalStateQuery::ImmutableTip>(target);
    out.array(1).uint(immutable ? at_immutable : at_volatile);
}

}  // namespace

void LocalStateQuery::Acquire::encode(cbor::Writer& out) const { write(out, target, 0, 8, 10); }
void LocalStateQuery::Acquired::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void LocalStateQuery::Failure::encode(cbor::Writer& out) const {
    out.array(2).uint(2).uint(static_cast<std::uint8_t>(reason));
}
void LocalStateQuery::Query::encode(cbor::Writer& out) const { out.array(2).uint(3).raw(cbor); }
void LocalStateQuery::Answer::encode(cbor::Writer& out) const { out.array(2).uint(4).raw(cbor); }
void LocalStateQuery::Release::encode(cbor::Writer& out) const { out.array(1).uint(5); }
void LocalStateQuery::ReAcquire::encode(cbor::Writer& out) const { write(out, target, 6, 9, 11); }
void LocalStateQuery::Done::encode(cbor::Writer& out) const { out.array(1).uint(7); }

namespace {

LocalStateQuery::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(2); return LocalStateQuery::Acquire{read_point(in)};
        case 1: of(1); return LocalStateQuery::Acquired{};
        case 2: of(2); return LocalStateQuery::Failure{static_cast<LocalStateQuery::AcquireFailure>(in.uint(1))};
        case 3: of(2); return LocalStateQuery::Query{item.keep(in.skip())};
        case 4: of(2); return LocalStateQuery::Answer{item.keep(in.skip())};
        case 5: of(1); return LocalStateQuery::Release{};
        case 6: of(2); return LocalStateQuery::ReAcquire{read_point(in)};
        case 7: of(1); return LocalStateQuery::Done{};
        case 8: of(1); return LocalStateQuery::Acquire{LocalStateQuery::VolatileTip{}};
        case 9: of(1); return LocalStateQuery::ReAcquire{LocalStateQuery::VolatileTip{}};
        case 10: of(1); return LocalStateQuery::Acquire{LocalStateQuery::ImmutableTip{}};
        case 11: of(1); return LocalStateQuery::ReAcquire{LocalStateQuery::ImmutableTip{}};
        default: in.fail(); return LocalStateQuery::Done{};
    }
}

}  // namespace

Result<LocalStateQuery::Message> LocalStateQuery::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
