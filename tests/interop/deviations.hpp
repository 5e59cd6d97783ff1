#pragma once

#include <array>

#include "interop/columns.hpp"

namespace interop {

/// What a peer does in a cell instead, because of a defect of its own or for want of a means: pinned by `run`, and
/// named.
struct Deviation {
    std::string_view peer;
    Side side;
    void (*column)(Exchange&);
    std::string_view name;
    void (*run)(Exchange&);
};

/// What a peer has no means for on one side, though it has for others of its kind: there is no cell.
struct Gap {
    std::string_view peer;
    Side side;
    void (*column)(Exchange&);
};

/// The column with one request for headers in flight.
template <void (*column)(Exchange&)>
void one_at_a_time(Exchange& exchange) {
    exchange.our_arguments = {"--window", "1"};
    column(exchange);
}

void query_refused(Exchange& exchange);
void query_closed(Exchange& exchange);
void closed_for_magic(Exchange& exchange);
void closed_for_version(Exchange& exchange);
void pipelining_stalls(Exchange& exchange);
void empty_batch(Exchange& exchange);
void range_repeated(Exchange& exchange);
void thousand_repeated(Exchange& exchange);
void answer_unread(Exchange& exchange);
void local_magic_closed(Exchange& exchange);
void local_reason_bare(Exchange& exchange);
void local_immutable_unanswered(Exchange& exchange);
void local_immutable_closed(Exchange& exchange);
void local_reacquire_unanswered(Exchange& exchange);
void local_mempool_unanswered(Exchange& exchange);
void local_release_refused(Exchange& exchange);
void local_id_unread(Exchange& exchange);
void local_id_without_era(Exchange& exchange);
void txs_not_continued(Exchange& exchange);
void txs_without_era(Exchange& exchange);
void v6_reversed(Exchange& exchange);
void v4_reversed(Exchange& exchange);
void v6_malformed(Exchange& exchange);
void tool_versions_refused(Exchange& exchange);
void tool_versions_closed(Exchange& exchange);
void tool_magic_closed(Exchange& exchange);
void tool_magic_unnamed(Exchange& exchange);
void tool_crawl_refused(Exchange& exchange);

inline constexpr std::array deviations{
    Deviation{"pallas-network", Side::server, handshake_query, "refuses a query", query_refused},
    Deviation{"pallas-network2", Side::server, sync_from_origin, "stalls where requests are pipelined",
              pipelining_stalls},
    Deviation{"pallas-network2", Side::server, sync_from_a_point, "is asked one header at a time",
              one_at_a_time<sync_from_a_point>},
    Deviation{"pallas-network2", Side::server, sync_rollback, "is asked one header at a time",
              one_at_a_time<sync_rollback>},
    Deviation{"pallas-network2", Side::server, sync_await, "is asked one header at a time", one_at_a_time<sync_await>},
    Deviation{"pallas-network2", Side::server, fetch_no_blocks, "sends an empty batch", empty_batch},
    Deviation{"pallas-network2", Side::client, fetch_range, "now and then reports a block twice", range_repeated},
    Deviation{"pallas-network2", Side::client, fetch_thousand, "now and then reports a block twice", thousand_repeated},
    Deviation{"gouroboros", Side::server, handshake_magic, "closes before it answers", closed_for_magic},
    Deviation{"gouroboros", Side::server, handshake_version, "closes before it answers", closed_for_version},
    Deviation{"gouroboros", Side::server, handshake_query, "closes before it answers", query_closed},
    Deviation{"pallas-network", Side::server, local_magic, "closes before it answers", local_magic_closed},
    Deviation{"pallas-network", Side::server, local_tx_rejected, "leaves out the list around a reason",
              local_reason_bare},
    Deviation{"pallas-network", Side::server, local_immutable_tip, "does not know the immutable tip",
              local_immutable_unanswered},
    Deviation{"pallas-network", Side::server, local_mempool, "has no server of the mempool", local_mempool_unanswered},
    Deviation{"pallas-network", Side::server, local_has_tx, "has no server of the mempool", local_mempool_unanswered},
    Deviation{"pallas-network", Side::client, local_mempool, "cannot release a mempool", local_release_refused},
    Deviation{"pallas-network", Side::client, local_has_tx, "names a transaction without its era",
              local_id_without_era},
    Deviation{"gouroboros", Side::server, local_magic, "closes before it answers", local_magic_closed},
    Deviation{"gouroboros", Side::server, local_immutable_tip, "does not know the immutable tip",
              local_immutable_closed},
    Deviation{"gouroboros", Side::server, local_reacquire, "does not answer who acquires again",
              local_reacquire_unanswered},
    Deviation{"gouroboros", Side::server, local_has_tx, "names a transaction without its era", local_id_unread},
    Deviation{"gouroboros", Side::client, local_has_tx, "names a transaction without its era", local_id_without_era},
    Deviation{"yaci", Side::client, handshake_query, "does not read the answer to a query", answer_unread},
    Deviation{"yaci", Side::client, transactions, "does not answer a request for more ids", txs_not_continued},
    Deviation{"yaci", Side::client, local_tip_and_era, "has no query for the era", local_tip},
    Deviation{"yaci", Side::client, local_has_tx, "names a transaction without its era", local_id_without_era},
    Deviation{"ouroboros-miniprotocols-ts", Side::client, transactions, "names a transaction without its era",
              txs_without_era},
    Deviation{"gouroboros", Side::server, share_peers, "reverses the words of an IPv6 address", v6_reversed},
    Deviation{"gouroboros", Side::client, share_peers, "reverses the words of an IPv6 address", v6_reversed},
    Deviation{"pallas-network2", Side::server, share_peers, "reverses IPv4, and says eight where six items follow",
              v6_malformed},
    Deviation{"pallas-network2", Side::client, share_peers, "reverses an IPv4 address", v4_reversed},
    Deviation{"pallas-network", Side::server, share_peers, "reverses IPv4, and says eight where six items follow",
              v6_malformed},
    Deviation{"pallas-network", Side::server, tool_ping_versions, "refuses a query", tool_versions_refused},
    Deviation{"gouroboros", Side::server, tool_ping_versions, "closes before it answers", tool_versions_closed},
    Deviation{"pallas-network", Side::server, tool_ping_magic, "does not name its magic", tool_magic_unnamed},
    Deviation{"pallas-network2", Side::server, tool_ping_magic, "does not name its magic", tool_magic_unnamed},
    Deviation{"pallas-network", Side::server, tool_crawl, "refuses other flags than its own", tool_crawl_refused},
    Deviation{"gouroboros", Side::server, tool_ping_magic, "closes before it answers", tool_magic_closed},
    Deviation{"pallas-network", Side::client, share_peers, "reverses an IPv4 address", v4_reversed},
};

inline constexpr std::array gaps{
    Gap{"pallas-network", Side::client, local_immutable_tip},
    Gap{"yaci", Side::client, local_immutable_tip},
};

}  // namespace interop
