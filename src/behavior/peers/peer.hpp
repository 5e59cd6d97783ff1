#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/initiator_types.hpp>

#include "behavior/block_fetch/lane.hpp"
#include "behavior/frame/link.hpp"
#include "behavior/visitors.hpp"

namespace ouro::initiator {

using Link = ouro::Link<Role::initiator, Handshake, ChainSync, BlockFetch, TxSubmission, KeepAlive, PeerSharing,
                        LeiosNotify, LeiosFetch>;
using Out = OutboundQueue<n2n::Message, Event>;

struct RootGroup;

/// A request for an endorser block or its transactions, waiting or with a peer.
struct EbRequest {
    CommandId command{};
    BlockPoint block;
    std::optional<LeiosBitmap> wanted;  ///< nothing: the block itself
    PeerId from;                        ///< empty: any peer that has it
    bool offered = false;               ///< a peer has offered it: only those that do are asked
    Instant give_up = Instant::max();   ///< without a peer to ask
    std::size_t bytes = 0;              ///< about what the answer of the peer takes
    std::uint32_t losses = 0;           ///< peers without an offer that were lost when it was this request's turn
};

/// What a peer said it has.
struct EbOffer {
    BlockPoint block;
    bool txs = false;         ///< the block's transactions, not the block
    std::uint32_t bytes = 0;  ///< of the block
};

/// The place of a transaction among all: each origin has one in a turn, and in a turn the older command is first.
struct TxRank {
    std::uint64_t turn = 0;
    std::uint64_t number = 0;  ///< in the order of the commands

    friend auto operator<=>(const TxRank&, const TxRank&) = default;
};

/// A transaction that a peer was told of and has not acknowledged.
struct TxOffer {
    TxRank rank;
    TxId id;
    bool sent = false;
};

/// All that is known of one peer. Each part has a slice of its own.
struct Peer {
    PeerId id;
    std::uint64_t number = 0;  ///< in the order they became known
    CommandId included{};
    Stage stage = Stage::waiting;
    Errc reason = Errc::none;
    bool trusted = false;
    bool leaving = false;                ///< it is forgotten when its connection has ended
    Errc parting = Errc::none;           ///< why it is given up, while it still owes answers on a shared connection
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines

    // promotion; the temperature is the book's to set
    Temperature temperature = Temperature::cold;
    bool cooling = false;          ///< warm, and still owes answers of the time when it was hot
    RootGroup* group = nullptr;    ///< a root belongs to one
    bool one_way = false;          ///< what we open to it goes one way
    bool behind_firewall = false;  ///< it is dialled only where that finds a connection of its own
    bool here = false;             ///< such a connection is there
    std::size_t place = SIZE_MAX;  ///< among those that may be dialled
    Instant hot_since{};
    Instant heat_at = Instant::max();  ///< it may not be hot before then
    Instant cool_by = Instant::max();
    Instant banned_until = Instant::max();

    // connection
    ConnectionId connection{};
    std::uint32_t failures = 0;
    std::uint32_t unreached = 0;  ///< failures in a row since anything was agreed on
    Instant retry_at = Instant::max();
    Instant not_before = Instant::min();  ///< it is not dialled before then, whatever else would have it dialled
    Instant dial_deadline = Instant::max();
    Instant slow_at = Instant::max();
    bool slow = false;  ///< the dial has taken a while: it holds up no other one of its group

    // handshake
    std::optional<Agreement> agreement;

    // keep-alive
    std::uint16_t cookie = 0;
    Instant ping_at = Instant::max();
    Instant pinged_at{};
    std::optional<Duration> round_trip;

    // discovery
    bool learnt = false;     ///< somebody has told of it
    bool claimed = false;    ///< and the user has named it since
    bool advertise = false;  ///< others may be told of it
    bool proven = false;     ///< there was an agreement with it
    std::uint8_t asked_for = 0;
    Instant asked_at = Instant::min();
    Instant ask_at = Instant::max();     ///< it may not be asked before then
    Instant answer_by = Instant::max();  ///< asked of our own accord

    // chain-sync
    bool followed = false;                ///< it is the upstream
    std::vector<Point> probed;            ///< where it was asked to be, standing by, and has not answered
    Instant slow_until = Instant::min();  ///< it made no progress: not followed before then while others can be

    std::optional<Point> broken_at;  ///< the header or block by which it broke a rule

    // block-fetch
    BlockLane blocks;
    bool paused = false;  ///< it is not read, because the user has not taken enough

    // leios-notify
    std::size_t notifications_untaken = 0;

    // leios-fetch
    detail::Fifo<EbOffer> eb_offers;  ///< the newest ones
    std::list<EbRequest> ebs_in_flight;
    std::size_t eb_bytes = 0;  ///< of the answers in flight
    bool ebs_paused = false;

    // tx-submission
    IdWindow<TxId> tx_window{TxSubmission::window, Again::allowed};
    detail::Fifo<TxOffer> tx_offers;  ///< as they are in the window, oldest first
    TxRank tx_next;                   ///< all before it was offered
    std::uint16_t tx_ids_wanted = 0;  ///< as it asked last
    std::size_t tx_queued = 0;        ///< bytes of answers that have not left
    bool txs_paused = false;

    std::unique_ptr<Link> link;

    [[nodiscard]] bool ready() const noexcept { return stage == Stage::ready; }
    [[nodiscard]] bool root() const noexcept { return group != nullptr; }
    [[nodiscard]] Instant deadline() const noexcept {
        Instant earliest =
            std::min({retry_at, dial_deadline, slow_at, ping_at, heat_at, cool_by, banned_until, ask_at, answer_by});
        if (link && stage != Stage::closing) earliest = std::min({earliest, link->due(), blocks.due});
        return earliest;
    }
};

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    const Visitors& visitors;
    std::uint64_t random;
    Instant now{};                                 ///< as last told
    std::size_t connecting = 0;                    ///< peers that are dialled or in the handshake
    detail::Deadlines<std::uint64_t> deadlines{};  ///< of peers by their number

    template <class P>
    Errc send(Peer& peer, typename P::Message message) {
        const Errc error = peer.link->send<P>(std::move(message), now, out);
        if (peer.link->machine<P>().pending() == 0) watch(peer);  // what is sent ahead moves no deadline
        return error;
    }
    /// Sees to it that the peer is looked at when something of it is due.
    void watch(Peer& peer) {
        const Instant at = peer.deadline();
        if (at >= peer.scheduled) return;
        peer.scheduled = at;
        deadlines.push(at, peer.number);
    }
    void enter(Peer& peer, Stage stage) noexcept {
        const auto underway = [](Stage s) { return s == Stage::dialling || s == Stage::handshaking ? 1U : 0U; };
        connecting += underway(stage);
        connecting -= underway(peer.stage);
        peer.stage = stage;
    }
    /// Ends the connection; Disconnected tells the rest.
    void close(Peer& peer, io::Close how, Errc reason, Violation violation = {}) {
        enter(peer, Stage::closing);
        peer.parting = Errc::none;
        peer.ping_at = peer.dial_deadline = peer.cool_by = Instant::max();
        out.command(io::Disconnect{peer.connection, how, reason, violation});
    }
    /// Whether a connection that we open to the peer goes one way.
    [[nodiscard]] bool one_way(const Peer& peer) const noexcept {
        return config.offer.data.initiator_only || peer.one_way;
    }
    /// One of `among`, which is not empty.
    template <class T>
    [[nodiscard]] T& any_of(std::vector<T>& among) noexcept {
        return among[detail::next_random(random) % among.size()];
    }
    [[nodiscard]] Duration jitter() noexcept {
        const auto range = static_cast<std::uint64_t>(2 * config.back_off_jitter.count() + 1);
        return Duration(static_cast<Duration::rep>(detail::next_random(random) % range)) - config.back_off_jitter;
    }
};

}  // namespace ouro::initiator
