#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/responder_types.hpp>

#include "behavior/frame/encoded_bytes.hpp"
#include "behavior/frame/link.hpp"

namespace ouro::responder {

using Link = ouro::Link<Role::responder, Handshake, ChainSync, BlockFetch, TxSubmission, KeepAlive, PeerSharing,
                        LeiosNotify, LeiosFetch>;
using Out = OutboundQueue<n2n::Message, Event>;

/// What a peer has announced and we have not acknowledged.
struct TxSlot {
    enum class State : std::uint8_t { open, asked, done };
    Named<TxId> named;
    State state = State::open;
};

/// All that is known of one connection. Each part has a slice of its own.
struct Peer {
    Peer(ConnectionId id, PeerId remote, std::uint64_t seed) : peer(std::move(remote)), link(id, seed) {}

    PeerId peer;
    std::string site;     ///< of its address, as `site_of` has it
    std::string network;  ///< of its address: /24, /48, or the host itself
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

    // tx-submission
    IdWindow<TxId> tx_window{TxSubmission::window};
    std::vector<TxSlot> tx_slots;                ///< as they are in the window, oldest first
    detail::Fifo<std::vector<TxId>> tx_batches;  ///< asked for, oldest first
    std::size_t tx_bytes = 0;                    ///< of them
    std::optional<std::uint16_t> tx_ids_asked;   ///< that are not answered
    bool tx_ids_left = false;                    ///< the last answer was as long as it might be
    bool tx_starved = false;                     ///< it has what there was no room for
    bool tx_open = false;                        ///< it may be asked
    bool tx_giver = false;                       ///< its host has a share of `TxMemory`
    Instant tx_open_at = Instant::max();         ///< when it may be
    Duration tx_points{};                        ///< for transactions that were no good, at `tx_rejected_at`
    Instant tx_rejected_at{};

    // pruning
    Instant since = Instant::min();      ///< when it was opened
    Instant useful_at = Instant::min();  ///< when the connection was last of use
    std::uint64_t seen_headers = 0, seen_blocks = 0;
    ChainView::Position best_header = 0, best_block = 0;  ///< served

    // Bytes that have not left, of each mini-protocol.
    std::size_t queued_headers = 0;
    std::size_t queued_blocks = 0;
    std::size_t queued_notifications = 0;
    std::size_t queued_ebs = 0;
    std::size_t queued_answers = 0;
    std::size_t queued_peers = 0;
    std::size_t queued_tx_requests = 0;

    [[nodiscard]] ConnectionId connection() const noexcept { return link.connection(); }
    template <class P>
    [[nodiscard]] std::size_t& queued() noexcept {
        if constexpr (std::is_same_v<P, ChainSync>) return queued_headers;
        if constexpr (std::is_same_v<P, BlockFetch>) return queued_blocks;
        if constexpr (std::is_same_v<P, PeerSharing>) return queued_peers;
        if constexpr (std::is_same_v<P, TxSubmission>) return queued_tx_requests;
        if constexpr (std::is_same_v<P, LeiosNotify>) return queued_notifications;
        if constexpr (std::is_same_v<P, LeiosFetch>) return queued_ebs;
        return queued_answers;
    }
    [[nodiscard]] Instant deadline() const noexcept {
        return closing ? Instant::max() : std::min({idle_at, tx_open_at, link.deadline()});
    }
};

/// About what a message takes on the wire: enough to notice a peer that does not read.
[[nodiscard]] inline std::size_t bytes_of(const ChainSync::Message& message) noexcept {
    const auto* forward = std::get_if<ChainSync::RollForward>(&message);
    return 64 + (forward ? forward->header.cbor.size() : 0);
}
[[nodiscard]] inline std::size_t bytes_of(const BlockFetch::Message& message) noexcept {
    const auto* block = std::get_if<BlockFetch::Block>(&message);
    return 8 + (block ? block->cbor.size() : 0);
}
[[nodiscard]] inline std::size_t bytes_of(const LeiosNotify::Message& message) { return encoded_bytes(message); }
[[nodiscard]] inline std::size_t bytes_of(const LeiosFetch::Message& message) { return encoded_bytes(message); }
[[nodiscard]] inline std::size_t bytes_of(const TxSubmission::Message& message) { return encoded_bytes(message); }
[[nodiscard]] inline std::size_t bytes_of(const KeepAlive::Message&) noexcept { return 8; }
[[nodiscard]] inline std::size_t bytes_of(const PeerSharing::Message& message) noexcept {
    const auto* answer = std::get_if<PeerSharing::SharePeers>(&message);
    return 8 + (answer ? 24 * answer->peers.size() : 0);
}
[[nodiscard]] inline std::size_t bytes_of(const Handshake::Message&) noexcept { return 0; }

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    Counters& counters;
    detail::Deadlines<ConnectionId> deadlines{};

    /// The next request is read only while there is room for its answer: whoever does not read is not served more.
    template <class P>
    Errc send(Peer& peer, typename P::Message message, Instant now) {
        const std::size_t queued = peer.queued<P>() + bytes_of(message);
        const Errc error = peer.link.send<P>(std::move(message), now, out, queued < egress_soft_limit);
        if (error == Errc::none) peer.queued<P>() = queued;
        return error;
    }
    /// Sees to it that the peer is looked at when something of it is due.
    void watch(Peer& peer) {
        const Instant at = peer.deadline();
        if (at >= peer.scheduled) return;
        peer.scheduled = at;
        deadlines.push(at, peer.connection());
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
