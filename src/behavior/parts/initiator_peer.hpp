#pragma once

#include <cstdint>
#include <optional>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/detail/deadlines.hpp>
#include <ouro/detail/fifo.hpp>
#include <ouro/detail/random.hpp>

#include "../link.hpp"

namespace ouro::initiator {

using Link = ouro::Link<Role::initiator, Handshake, ChainSync, BlockFetch, KeepAlive>;
using Out = OutboundQueue<n2n::Message, Event>;

/// A block request, waiting or with a peer.
struct Request {
    CommandId command{};
    BlockPoint first, last;
    std::uint64_t delivered = 0;
    Instant give_up = Instant::max();  ///< without a peer, or without a block from any
    bool asked = false;                ///< some peer
    Bytes latest;                      ///< the last block so far, kept for the check of the range's end
};

/// All that is known of one peer. Each part has a slice of its own.
struct Peer {
    PeerId id;
    CommandId included{};
    Stage stage = Stage::waiting;
    Errc reason = Errc::none;
    bool trusted = false;
    bool demoted = false;
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines

    // connection
    ConnectionId connection{};
    std::uint32_t failures = 0;
    Instant retry_at = Instant::max();
    Instant dial_deadline = Instant::max();
    Instant ready_since{};

    // handshake
    std::optional<Agreement> agreement;

    // keep-alive
    std::uint16_t cookie = 0;
    Instant ping_at = Instant::max();
    Instant pinged_at{};
    std::optional<Duration> round_trip;

    // block-fetch
    detail::Fifo<Request> in_flight;
    bool paused = false;

    std::optional<Link> link;

    [[nodiscard]] bool ready() const noexcept { return stage == Stage::ready; }
    [[nodiscard]] Instant deadline() const noexcept {
        Instant earliest = std::min({retry_at, dial_deadline, ping_at});
        if (link && stage != Stage::closing) earliest = std::min(earliest, link->deadline());
        return earliest;
    }
};

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    std::uint64_t random;
    detail::Deadlines<PeerId> deadlines{};

    template <class P>
    Errc send(Peer& peer, typename P::Message message, Instant now) {
        const Errc error = peer.link->send<P>(std::move(message), now, out);
        watch(peer);
        return error;
    }
    /// Sees to it that the peer is looked at when something of it is due.
    void watch(Peer& peer) {
        const Instant at = peer.deadline();
        if (at >= peer.scheduled) return;
        peer.scheduled = at;
        deadlines.push(at, peer.id);
    }
    /// Ends the connection; Disconnected tells the rest.
    void close(Peer& peer, io::Close how, Errc reason, Violation violation = {}) {
        peer.stage = Stage::closing;
        peer.ping_at = peer.dial_deadline = Instant::max();
        out.command(io::Disconnect{peer.connection, how, reason, violation});
    }
};

}  // namespace ouro::initiator
