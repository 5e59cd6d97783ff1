#pragma once

#include <array>
#include <string_view>

#include "interop/peers.hpp"

namespace interop {

/// One thing that two implementations do with each other, and what has to come of it.
struct Column {
    std::string_view name;
    void (*run)(Exchange&);
    bool Peer::* wanted = nullptr;  ///< what a peer must be able to; null: nothing
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
void transactions(Exchange& exchange);
void share_peers(Exchange& exchange);

/// What the client is told of by a server that knows of these, `ADDRESS:PORT` with commas between.
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
};

}  // namespace interop
