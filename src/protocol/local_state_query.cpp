#include <ouro/protocol/local_state_query.hpp>

#include "message_reader.hpp"

namespace ouro {

namespace {

// The message's tag, one of three, gives the target.
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

LocalStateQuery::Message read_local_state_query(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(2); return LocalStateQuery::Acquire{read_point(in)};
        case 1: in.of(1); return LocalStateQuery::Acquired{};
        case 2: in.of(2); return LocalStateQuery::Failure{static_cast<LocalStateQuery::AcquireFailure>(in.uint(1))};
        case 3: in.of(2); return LocalStateQuery::Query{item.keep(in.skip())};
        case 4: in.of(2); return LocalStateQuery::Answer{item.keep(in.skip())};
        case 5: in.of(1); return LocalStateQuery::Release{};
        case 6: in.of(2); return LocalStateQuery::ReAcquire{read_point(in)};
        case 7: in.of(1); return LocalStateQuery::Done{};
        case 8: in.of(1); return LocalStateQuery::Acquire{LocalStateQuery::VolatileTip{}};
        case 9: in.of(1); return LocalStateQuery::ReAcquire{LocalStateQuery::VolatileTip{}};
        case 10: in.of(1); return LocalStateQuery::Acquire{LocalStateQuery::ImmutableTip{}};
        case 11: in.of(1); return LocalStateQuery::ReAcquire{LocalStateQuery::ImmutableTip{}};
        default: in.unknown(); return LocalStateQuery::Done{};
    }
}

}  // namespace

Result<LocalStateQuery::Message> LocalStateQuery::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_local_state_query(in, item); });
}

}  // namespace ouro
