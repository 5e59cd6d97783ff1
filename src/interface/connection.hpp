#pragma once

#include <memory>

#include <ouro/base/time.hpp>
#include <ouro/interface/bearer.hpp>
#include <ouro/mux/connection.hpp>

namespace ouro::detail {

class Pool;

/// One open socket of a pool, and its place in the pool's lines. There may be ten thousand, mostly idle.
///
/// Asio's handlers share it, so it may briefly outlive its place in the pool; then `pool` is null.
struct Connection : std::enable_shared_from_this<Connection> {
    Connection(Pool& owner, ConnectionId its_id, PeerId its_peer, Bearer its_bearer,
               const mux::Connection::Rules& rules)
        : pool(&owner),
          id(its_id),
          peer(std::move(its_peer)),
          bearer(std::move(its_bearer)),
          engine(direction(its_id), rules) {}

    Pool* pool;
    ConnectionId id;
    PeerId peer;
    Bearer bearer;
    mux::Connection engine;  // everything that needs no socket

    Instant scheduled = Instant::max();  // the entry in the pool's deadlines
    mux::Ingress::Held held;             // as counted against the budget
    std::size_t queued = 0;              // bytes that wait to be written, as the pool has counted them
    std::size_t unacknowledged = 0;      // in the system's send buffer, when we last looked
    std::uint64_t account = 0;           // bytes that it has used, in the pool's line

    bool readable = false;    // a read may give something
    bool waiting = false;     // for the socket to become readable
    bool in_turn = false;     // in the pool's line of connections with something to read
    bool unsent = false;      // in one of the pool's lines of connections with something to write
    bool blocked = false;     // the socket takes no more, and we wait until it does
    bool unreported = false;  // in the pool's line of connections with writes to report
};

}  // namespace ouro::detail
