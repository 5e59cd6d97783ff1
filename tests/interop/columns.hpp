#pragma once

#include <array>
#include <string>
#include <string_view>

#include "interop/peers.hpp"

namespace interop {

/// One thing that two implementations do with each other, and what has to come of it.
struct Column {
    std::string_view name;
    void (*run)(Exchange&);
    bool Peer::* wanted = nullptr;  ///< what a peer must be able to; null: nothing
    bool at_servers = false;        ///< the client is a tool of this library, so the peer is a server
};

void handshake_accept(Exchange& exchange);
void handshake_magic(Exchange& exchange);
void handshake_version(Exchange& exchange);
void handshake_query(Exchange& exchange);
void keep_alive(Exchange& exchange);
void sync_from_origin(Exchange& exchange);
void sync_from_a_point(Exchange& exchange);
void sync_not_found(Exchange& exchange);
void sync_rollback(Exchange& exchange);
void sync_await(Exchange& exchange);
void fetch_range(Exchange& exchange);
void fetch_no_blocks(Exchange& exchange);
void fetch_thousand(Exchange& exchange);
void local_accept(Exchange& exchange);
void local_magic(Exchange& exchange);
void local_sync(Exchange& exchange);
void local_sync_not_found(Exchange& exchange);
void local_sync_rollback(Exchange& exchange);
void local_tx_accepted(Exchange& exchange);
void local_tx_rejected(Exchange& exchange);
void local_tip_and_era(Exchange& exchange);
void local_parameters(Exchange& exchange);
void local_utxo(Exchange& exchange);
void local_acquire_failure(Exchange& exchange);
void local_immutable_tip(Exchange& exchange);
void local_reacquire(Exchange& exchange);
void local_mempool(Exchange& exchange);
void local_has_tx(Exchange& exchange);
void tool_ping(Exchange& exchange);
void tool_ping_tip(Exchange& exchange);
void tool_ping_versions(Exchange& exchange);
void tool_ping_magic(Exchange& exchange);
void tool_tip(Exchange& exchange);
void tool_crawl(Exchange& exchange);
void local_tool_ping(Exchange& exchange);
void local_tool_tip(Exchange& exchange);

/// The script that every local column is served.
void serve_local_script(Exchange& exchange);
/// The part of a column that some have no means for the rest of.
void local_tip(Exchange& exchange);
/// A transaction of it that is rejected, and why; and the id of the one in the mempool.
extern const std::string refused_tx, reason, tx_id;
void transactions(Exchange& exchange);
/// Serves, and sets a client on all of that column's transactions.
void submit_transactions(Exchange& exchange);
void share_peers(Exchange& exchange);

/// The blocks of a range, in the order in which the client reports them; fails unless it reports as many.
[[nodiscard]] std::vector<std::string> fetched(Exchange& exchange, ouro::ChainView::Position first,
                                               ouro::ChainView::Position last);

/// The peers that a server with these addresses shares with the client, as `ADDRESS:PORT` separated by commas.
[[nodiscard]] std::vector<std::string> shared(Exchange& exchange, const std::string& peers);

inline constexpr std::array columns{
    Column{"handshake accept", handshake_accept},
    Column{"handshake refuse magic", handshake_magic},
    Column{"handshake refuse version", handshake_version},
    Column{"handshake query", handshake_query},
    Column{"keep-alive", keep_alive},
    Column{"chain-sync from origin", sync_from_origin},
    Column{"chain-sync from a point", sync_from_a_point},
    Column{"chain-sync not found", sync_not_found},
    Column{"chain-sync rollback", sync_rollback},
    Column{"chain-sync await at the tip", sync_await},
    Column{"block-fetch range", fetch_range},
    Column{"block-fetch no blocks", fetch_no_blocks},
    Column{"block-fetch 1,000 blocks", fetch_thousand},
    Column{"transactions", transactions, &Peer::submits},
    Column{"peer sharing", share_peers, &Peer::shares},
    Column{"local handshake accept", local_accept, &Peer::local},
    Column{"local handshake refuse magic", local_magic, &Peer::local},
    Column{"local chain-sync from a point", local_sync, &Peer::local},
    Column{"local chain-sync not found", local_sync_not_found, &Peer::local},
    Column{"local chain-sync rollback", local_sync_rollback, &Peer::local},
    Column{"local transaction accepted", local_tx_accepted, &Peer::local},
    Column{"local transaction rejected", local_tx_rejected, &Peer::local},
    Column{"local query tip and era", local_tip_and_era, &Peer::local},
    Column{"local query parameters", local_parameters, &Peer::local},
    Column{"local query utxo", local_utxo, &Peer::local},
    Column{"local acquire failure", local_acquire_failure, &Peer::local},
    Column{"local acquire the immutable tip", local_immutable_tip, &Peer::local},
    Column{"local acquire again", local_reacquire, &Peer::local},
    Column{"local mempool", local_mempool, &Peer::local},
    Column{"local mempool has", local_has_tx, &Peer::local},
    Column{"ping", tool_ping, nullptr, true},
    Column{"ping --tip", tool_ping_tip, nullptr, true},
    Column{"ping --versions", tool_ping_versions, nullptr, true},
    Column{"ping of another network", tool_ping_magic, nullptr, true},
    Column{"tip", tool_tip, nullptr, true},
    Column{"crawl", tool_crawl, nullptr, true},
    Column{"local ping", local_tool_ping, &Peer::local, true},
    Column{"local tip", local_tool_tip, &Peer::local, true},
};

}  // namespace interop
