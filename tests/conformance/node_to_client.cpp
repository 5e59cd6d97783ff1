#include <ouro/n2c/message.hpp>

#include "draw.hpp"

namespace ouro {

namespace {

void print_local_chain_sync(Draw& draw) {
    const Tip tip = draw.tip();
    const Point point = draw.point();
    const AnyItem block = AnyItem::drawn(draw);
    const auto points = draw.some(5, [&] { return draw.point(); });
    print<LocalChainSync>(LocalChainSync::RequestNext{}, tagged(0));
    print<LocalChainSync>(LocalChainSync::AwaitReply{}, tagged(1));
    print<LocalChainSync>(LocalChainSync::RollForward{block.cbor, tip}, tagged(2, wrapped(block.cbor), json(tip)));
    print<LocalChainSync>(LocalChainSync::RollBackward{point, tip}, tagged(3, json(point), json(tip)));
    print<LocalChainSync>(LocalChainSync::FindIntersect{points}, tagged(4, list_of(points)));
    print<LocalChainSync>(LocalChainSync::IntersectFound{point, tip}, tagged(5, json(point), json(tip)));
    print<LocalChainSync>(LocalChainSync::IntersectNotFound{tip}, tagged(6, json(tip)));
    print<LocalChainSync>(LocalChainSync::Done{}, tagged(7));
}

void print_local_tx_submission(Draw& draw) {
    const AnyTx tx = AnyTx::drawn(draw);
    const AnyItem reason = AnyItem::drawn(draw);
    print<LocalTxSubmission>(LocalTxSubmission::SubmitTx{tx.tx}, tagged(0, json(tx)));
    print<LocalTxSubmission>(LocalTxSubmission::AcceptTx{}, tagged(1));
    print<LocalTxSubmission>(LocalTxSubmission::RejectTx{reason.cbor}, tagged(2, json(reason)));
    print<LocalTxSubmission>(LocalTxSubmission::Done{}, tagged(3));
}

void print_local_state_query(Draw& draw) {
    const Point point = draw.point();
    const AnyItem item = AnyItem::drawn(draw);
    const auto reason = static_cast<LocalStateQuery::AcquireFailure>(draw.below(2));
    print<LocalStateQuery>(LocalStateQuery::Acquire{point}, tagged(0, json(point)));
    print<LocalStateQuery>(LocalStateQuery::Acquire{LocalStateQuery::VolatileTip{}}, tagged(8));
    print<LocalStateQuery>(LocalStateQuery::Acquire{LocalStateQuery::ImmutableTip{}}, tagged(10));
    print<LocalStateQuery>(LocalStateQuery::Acquired{}, tagged(1));
    print<LocalStateQuery>(LocalStateQuery::Failure{reason}, tagged(2, json(reason)));
    print<LocalStateQuery>(LocalStateQuery::Query{item.cbor}, tagged(3, json(item)));
    print<LocalStateQuery>(LocalStateQuery::Answer{item.cbor}, tagged(4, json(item)));
    print<LocalStateQuery>(LocalStateQuery::Release{}, tagged(5));
    print<LocalStateQuery>(LocalStateQuery::ReAcquire{point}, tagged(6, json(point)));
    print<LocalStateQuery>(LocalStateQuery::ReAcquire{LocalStateQuery::VolatileTip{}}, tagged(9));
    print<LocalStateQuery>(LocalStateQuery::ReAcquire{LocalStateQuery::ImmutableTip{}}, tagged(11));
    print<LocalStateQuery>(LocalStateQuery::Done{}, tagged(7));
}

void print_local_tx_monitor(Draw& draw) {
    const Slot slot{draw.number()};
    const AnyTx tx = AnyTx::drawn(draw);
    const TxId id = draw.tx_id();
    const bool has = draw.boolean();
    const auto capacity = draw.number_as<std::uint32_t>(), size = draw.number_as<std::uint32_t>(),
               transactions = draw.number_as<std::uint32_t>();
    std::vector<LocalTxMonitor::Measure> measures;
    for (const char* const name : {"transaction_bytes", "ex_units_steps", "ex_units_memory", "ref_scripts_size"})
        if (draw.boolean()) measures.push_back({name, draw.number(), draw.number()});
    print<LocalTxMonitor>(LocalTxMonitor::Done{}, tagged(0));
    print<LocalTxMonitor>(LocalTxMonitor::Acquire{}, tagged(1));
    print<LocalTxMonitor>(LocalTxMonitor::Acquired{slot}, tagged(2, json(slot)));
    print<LocalTxMonitor>(LocalTxMonitor::Release{}, tagged(3));
    print<LocalTxMonitor>(LocalTxMonitor::NextTx{}, tagged(5));
    print<LocalTxMonitor>(LocalTxMonitor::ReplyNextTx{}, tagged(6));
    print<LocalTxMonitor>(LocalTxMonitor::ReplyNextTx{tx.tx}, tagged(6, json(tx)));
    print<LocalTxMonitor>(LocalTxMonitor::HasTx{id}, tagged(7, json(id)));
    print<LocalTxMonitor>(LocalTxMonitor::ReplyHasTx{has}, tagged(8, json(has)));
    print<LocalTxMonitor>(LocalTxMonitor::GetSizes{}, tagged(9));
    print<LocalTxMonitor>(LocalTxMonitor::ReplyGetSizes{capacity, size, transactions},
                          tagged(10, list(json(capacity), json(size), json(transactions))));
    print<LocalTxMonitor>(LocalTxMonitor::GetMeasures{}, tagged(11));
    print<LocalTxMonitor>(LocalTxMonitor::ReplyGetMeasures{transactions, measures},
                          tagged(12, json(transactions), map(list_of(measures, [](const auto& each) {
                                     return list(json(each.name),
                                                 list(json(*each.size.as_uint64()), json(*each.capacity.as_uint64())));
                                 }))));
}

}  // namespace

void print_node_to_client(Draw& draw) {
    print_handshake(draw, "local-handshake", n2c::versions);
    print_local_chain_sync(draw);
    print_local_tx_submission(draw);
    print_local_state_query(draw);
    print_local_tx_monitor(draw);
}

}  // namespace ouro
