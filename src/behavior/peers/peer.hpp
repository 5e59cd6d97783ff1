#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/initiator_types.hpp>
#include <ouro/n2n/protocols.hpp>

#include "behavior/frame/part.hpp"
#include "behavior/visitors.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::initiator {

using Out = OutboundQueue<n2n::Message, Event>;

struct RootGroup;

/// All that is known of one address. What a part knows of a connection is in that part's slice of the side.
struct Peer {
    PeerId id;
    std::uint64_t number = 0;  ///< in the order in which peers became known
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
    bool own_protocols = false;    ///< it speaks the user's own protocols
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
    std::optional<Agreement> agreement;
    std::unique_ptr<frame::Side> requesting;  ///< while there is a connection
    std::optional<Duration> round_trip;
    std::optional<Point> broken_at;  ///< the header or block by which it broke a rule

    // discovery
    bool learnt = false;                ///< through peer sharing
    bool claimed = false;               ///< and the user has named it since
    bool advertise = false;             ///< may be shared with others
    bool proven = false;                ///< there was an agreement with it
    Instant asked_at = Instant::min();  ///< for addresses, last

    // chain-sync
    bool followed = false;                ///< it is the upstream
    Instant slow_until = Instant::min();  ///< it made no progress: not followed before then while others can be

    [[nodiscard]] bool ready() const noexcept { return stage == Stage::ready; }
    [[nodiscard]] bool root() const noexcept { return group != nullptr; }
    [[nodiscard]] frame::Side& side() noexcept { return *requesting; }
    [[nodiscard]] const frame::Side& side() const noexcept { return *requesting; }
    /// Of the address alone.
    [[nodiscard]] Instant deadline() const noexcept {
        return std::min({retry_at, dial_deadline, slow_at, heat_at, cool_by, banned_until});
    }
};

/// The side that requests, between nodes.
struct RequestingSide {
    using Peer = initiator::Peer;
    using Message = n2n::Message;
    using Command = initiator::Command;
    using Event = initiator::Event;

    static void name_era(Violation& violation, const auto& message) { detail::name_era(violation, message); }
    /// A part exists only for what is spoken; the agreement says the rest.
    [[nodiscard]] static bool spoken(Channel channel, const Agreement& agreement) noexcept {
        return n2n::agreed(channel, agreement);
    }
    [[nodiscard]] static bool speaks_own(const Peer& peer) noexcept { return peer.own_protocols; }
    [[nodiscard]] static const PeerId& id_of(const Peer& peer) noexcept { return peer.id; }
};
using Ending = frame::Ending;
using Part = frame::Part<RequestingSide>;
using Parts = frame::PartList<RequestingSide>;

/// What a part wants done about a peer. The frame does it after the call in which the part has asked for it.
struct PeerWish {
    enum class What : std::uint8_t {
        replace,  ///< its place among the hot peers is for another
        leave     ///< it owes answers that are not needed: requests in flight cannot be taken back
    };
    What what;
    PeerId peer;
};

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    const Visitors& visitors;
    std::uint64_t random;
    Instant now{};                                 ///< of the current call
    std::size_t connecting = 0;                    ///< peers that are dialled or in the handshake
    detail::Deadlines<std::uint64_t> deadlines{};  ///< of peers, by their number
    frame::Layout layout{table_of<n2n::Handshake>()};
    detail::Fifo<PeerWish> wishes{};
    detail::Fifo<PeerId> crowders{};  ///< peers whose transactions have lost their places: they held too many

    /// Looks at the peer at `at`, or earlier.
    void watch(Peer& peer, Instant at) {
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
    /// Ends the connection; Disconnected does the rest.
    void close(Peer& peer, io::Close how, Errc reason, Violation violation = {}) {
        enter(peer, Stage::closing);
        peer.parting = Errc::none;
        peer.dial_deadline = peer.cool_by = Instant::max();
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

/// A part that requests over the mini-protocol `P`.
template <class P, class State = frame::Stateless>
class Speaker : public frame::Speaker<RequestingSide, P, State> {
  public:
    void credit(Peer& peer) override { this->give_credit(peer, desk_.out); }
    void say_goodbye(Peer& peer) override {
        if (!this->own(peer).begun || !this->machine(peer).ours()) return;
        if constexpr (requires { typename P::Done; })
            send(peer, typename P::Done{});
        else
            send(peer, typename P::ClientDone{});
    }

  protected:
    explicit Speaker(Desk& desk) : frame::Speaker<RequestingSide, P, State>(desk.layout), desk_(desk) {}

    /// Sends the message and, unless `credited` is false, credits the answer.
    /// Errors  Errc::not_our_turn  nothing was sent
    Errc send(Peer& peer, typename P::Message message, bool credited = true) {
        const Errc error = this->queue(peer, std::move(message), desk_.now, desk_.out);
        if (error != Errc::none) return error;
        if (credited) this->give_credit(peer, desk_.out);
        // A message that is sent ahead moves no deadline.
        if (this->machine(peer).pending() == 0) desk_.watch(peer, this->machine(peer).due());
        return error;
    }

    Desk& desk_;
};

}  // namespace ouro::initiator
