#include <ouro/protocol/local_tx_monitor.hpp>

#include "message_reader.hpp"

namespace ouro {

void LocalTxMonitor::Done::encode(cbor::Writer& out) const { out.array(1).uint(0); }
void LocalTxMonitor::Acquire::encode(cbor::Writer& out) const { out.array(1).uint(1); }
void LocalTxMonitor::Acquired::encode(cbor::Writer& out) const {
    out.array(2).uint(2).uint(static_cast<std::uint64_t>(slot));
}
void LocalTxMonitor::Release::encode(cbor::Writer& out) const { out.array(1).uint(3); }
void LocalTxMonitor::NextTx::encode(cbor::Writer& out) const { out.array(1).uint(5); }

void LocalTxMonitor::ReplyNextTx::encode(cbor::Writer& out) const {
    out.array(tx ? 2 : 1).uint(6);
    if (tx) write(out, *tx);
}

void LocalTxMonitor::HasTx::encode(cbor::Writer& out) const {
    out.array(2).uint(7);
    write(out, id);
}

void LocalTxMonitor::ReplyHasTx::encode(cbor::Writer& out) const { out.array(2).uint(8).boolean(has); }
void LocalTxMonitor::GetSizes::encode(cbor::Writer& out) const { out.array(1).uint(9); }

void LocalTxMonitor::ReplyGetSizes::encode(cbor::Writer& out) const {
    out.array(2).uint(10).array(3).uint(capacity).uint(size).uint(transactions);
}

void LocalTxMonitor::GetMeasures::encode(cbor::Writer& out) const { out.array(1).uint(11); }

void LocalTxMonitor::ReplyGetMeasures::encode(cbor::Writer& out) const {
    out.array(3).uint(12).uint(transactions).map(measures.size());
    for (const Measure& measure : measures) {
        out.text(measure.name).array(2);
        measure.size.encode(out);
        measure.capacity.encode(out);
    }
}

namespace {

LocalTxMonitor::ReplyGetSizes read_sizes(cbor::Reader& in) {
    in.array_of(3);
    return {in.uint_as<std::uint32_t>(), in.uint_as<std::uint32_t>(), in.uint_as<std::uint32_t>()};
}

LocalTxMonitor::ReplyGetMeasures read_measures(cbor::Reader& in) {
    LocalTxMonitor::ReplyGetMeasures reply{in.uint_as<std::uint32_t>(), {}};
    const auto size = in.map();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
        std::string name(in.text());
        in.array_of(2);
        cbor::Integer used = cbor::Integer::read(in);
        reply.measures.emplace_back(std::move(name), std::move(used), cbor::Integer::read(in));
    }
    return reply;
}

LocalTxMonitor::Message read_local_tx_monitor(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(1); return LocalTxMonitor::Done{};
        case 1: in.of(1); return LocalTxMonitor::Acquire{};
        case 2: in.of(2); return LocalTxMonitor::Acquired{Slot{in.uint()}};
        case 3: in.of(1); return LocalTxMonitor::Release{};
        case 5: in.of(1); return LocalTxMonitor::NextTx{};
        case 6:
            if (in.size() == 1) return LocalTxMonitor::ReplyNextTx{};
            in.of(2);
            return LocalTxMonitor::ReplyNextTx{read_tx(in, item)};
        case 7: in.of(2); return LocalTxMonitor::HasTx{read_tx_id(in)};
        case 8: in.of(2); return LocalTxMonitor::ReplyHasTx{in.boolean()};
        case 9: in.of(1); return LocalTxMonitor::GetSizes{};
        case 10: in.of(2); return read_sizes(in);
        case 11: in.of(1); return LocalTxMonitor::GetMeasures{};
        case 12: in.of(3); return read_measures(in);
        default: in.unknown(); return LocalTxMonitor::Done{};
    }
}

}  // namespace

Result<LocalTxMonitor::Message> LocalTxMonitor::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_local_tx_monitor(in, item); });
}

}  // namespace ouro
