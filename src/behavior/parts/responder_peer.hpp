#pragma once

#include <cstdint>
#include <optional>

#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/responder_types.hpp>
#include <ouro/detail/fifo.hpp>
#include <ouro/detail/random.hpp>

#include "../encoded_octets.hpp"
#include "../link.hpp"

namespace ouro::responder {

using Link = ouro::Link<Role::responder, Handshake, ChainSync, BlockFetch, TxSubmission, KeepAlive, PeerSharing,
                        LeiosNotify, LeiosFetch>;
using Out = OutboundQueue<n2n::Message, Event>;

/// A mini-protocol takes no further request while this many octets of its answers have not left.
inline constexpr std::size_t egress_soft_limit = 0x3ffff;  // network-mux, egressSoftBufferLimit

/// All that is known of one connection. Each part has a slice of its own.
struct Peer {
    Peer(ConnectionId id, PeerId remote, std::uint64_t seed) : peer(std::move(remote)), link(id, seed) {}

    PeerId peer;
    Link link;
    bool closing = false;
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines
    Instant idle_at = Instant::max();
    std::optional<Agreement> agreement;

    // chain-sync
    ChainSource::Follower follower;
    std::uint64_t headers = 0;

    // block-fetch: what is still to go of the range asked for
    ChainView::Position next_block = 0;
    ChainView::Position last_block = 0;  ///< zero: no range is being served
    detail::Fifo<Bytes> provided;        ///< of a user without a chain
    bool serving_provided = false;
    std::uint64_t blocks = 0;

    // peer-sharing
    std::size_t peers_asked_for = 0;

    // leios-fetch: what transactions were asked for
    LeiosFetch::BlockTxsRequest eb_txs;

    // Octets that have not left, of each mini-protocol.
    std::size_t queued_headers = 0;
    std::size_t queued_blocks = 0;
    std::size_t queued_notifications = 0;
    std::size_t queued_ebs = 0;
    std::size_t queued_answers = 0;
    std::size_t queued_peers = 0;

    [[nodiscard]] ConnectionId connection() const noexcept { return link.connection(); }
    template <class P>
    [[nodiscard]] std::size_t& queued() noexcept {
        if constexpr (std::is_same_v<P, ChainSync>) return queued_headers;
        if constexpr (std::is_same_v<P, BlockFetch>) return queued_blocks;
        if constexpr (std::is_same_v<P, PeerSharing>) return queued_peers;
        if constexpr (std::is_same_v<P, LeiosNotify>) return queued_notifications;
        if constexpr (std::is_same_v<P, LeiosFetch>) return queued_ebs;
        return queued_answers;
    }
    [[nodiscard]] Instant deadline() const noexcept {
        return closing ? Instant::max() : std::min(idle_at, link.deadline());
    }
};

/// About what a message takes on the wire: enough to notice a peer that does not read.
[[nodiscard]] inline std::size_t octets_of(const ChainSync::Message& message) noexcept {
    const auto* forward = std::get_if<ChainSync::RollForward>(&message);
    return 64 + (forward ? forward->header.cbor.size() : 0);
}
[[nodiscard]] inline std::size_t octets_of(const BlockFetch::Message& message) noexcept {
    const auto* block = std::get_if<BlockFetch::Block>(&message);
    return 8 + (block ? block->cbor.size() : 0);
}
[[nodiscard]] inline std::size_t octets_of(const LeiosNotify::Message& message) { return encoded_octets(message); }
[[nodiscard]] inline std::size_t octets_of(const LeiosFetch::Message& message) { return encoded_octets(message); }
[[nodiscard]] inline std::size_t octets_of(const KeepAlive::Message&) noexcept { return 8; }
[[nodiscard]] inline std::size_t octets_of(const PeerSharing::Message& message) noexcept {
    const auto* answer = std::get_if<PeerSharing::SharePeers>(&message);
    return 8 + (answer ? 24 * answer->peers.size() : 0);
}
[[nodiscard]] inline std::size_t octets_of(const Handshake::Message&) noexcept { return 0; }

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    Counters& counters;

    /// The next request is read only while there is room for its answer: whoever does not read is not served more.
    template <class P>
    Errc send(Peer& peer, typename P::Message message, Instant now) {
        const std::size_t queued = peer.queued<P>() + octets_of(message);
        const Errc error = peer.link.send<P>(std::move(message), now, out, queued < egress_soft_limit);
        if (error == Errc::none) peer.queued<P>() = queued;
        return error;
    }
    /// News that nobody waits for: dropped where nobody has taken the earlier ones.
    void tell(Event event) {
        if (out.events() < config.max_events)
            out.event(std::move(event));
        else
            ++counters.events_dropped;
    }
    /// Ends the connection; Disconnected tells the rest.
    void close(Peer& peer, io::Close how, Errc reason, Violation violation = {}, Duration linger = 5s) {
        peer.closing = true;
        out.command(io::Disconnect{peer.connection(), how, reason, violation, linger});
    }
};

}  // namespace ouro::responder
