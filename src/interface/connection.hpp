#pragma once

#include <memory>
#include <vector>

#include <ouro/interface/bearer.hpp>
#include <ouro/mux/egress.hpp>
#include <ouro/mux/ingress.hpp>
#include <ouro/mux/write_watch.hpp>
#include <ouro/time.hpp>

namespace ouro::detail {

class Pool;

/// One open socket of a pool. There may be ten thousand, mostly idle: what is seldom needed is behind a pointer.
///
/// Asio's handlers share it, so it may outlive its place in the pool for a moment: then `pool` is null.
struct Connection : std::enable_shared_from_this<Connection> {
    Connection(Pool& owner, ConnectionId its_id, PeerId its_peer, Bearer its_bearer, mux::IngressLimit limit,
               std::size_t segment_payload)
        : pool(&owner),
          id(its_id),
          peer(std::move(its_peer)),
          bearer(std::move(its_bearer)),
          ingress(direction(its_id), limit),
          egress(segment_payload) {}

    /// An orderly close that has begun: nothing is delivered any more.
    struct Drain {
        Errc reason;
        Violation violation;
        Instant due;
    };
    /// A write that has not been told: of one endpoint, and of all writes since the last time.
    struct Gone {
        Channel channel;
        Role role;
        std::size_t octets;
    };

    /// Octets may be read now, as far as the multiplexer is concerned.
    [[nodiscard]] bool may_read() const noexcept { return drain || ingress.want() != 0; }

    Pool* pool;
    ConnectionId id;
    PeerId peer;
    Bearer bearer;
    mux::Ingress ingress;
    mux::Egress egress;
    std::vector<Gone> gone;
    std::unique_ptr<Drain> drain;

    Instant segment_due = Instant::max();  // when the segment that has begun must be whole
    mux::WriteWatch write;                 // when the peer must have taken enough
    Instant scheduled = Instant::max();    // the entry in the pool's deadlines
    std::uint32_t segment = 0;             // which one `segment_due` is about
    mux::Ingress::Held held;               // as counted against the budget
    std::size_t unacknowledged = 0;        // in the system's send buffer, when we last looked
    std::uint64_t round = 0;               // of the line, in which it had its last turn
    std::size_t used = 0;                  // bytes in that round of turns, and something for each turn
    std::error_code write_error;           // nothing more can be written; what has arrived is still read

    bool readable = false;  // a read may give something
    bool waiting = false;   // for the socket to become readable
    bool in_turn = false;   // in the pool's line of those that have something to give
    bool unsent = false;    // in the pool's line of those that have something to write
    bool blocked = false;   // the socket takes no more, and we wait until it does
    bool untold = false;    // in the pool's line of those with `gone`
};

}  // namespace ouro::detail
