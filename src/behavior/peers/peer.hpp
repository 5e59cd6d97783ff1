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
#include <ouro/n2n/message.hpp>

#include "behavior/frame/part.hpp"
#include "behavior/visitors.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::initiator {

using Out = OutboundQueue<n2n::Message, Event>;

struct RootGroup;

/// Facts about one address. A part keeps its facts about a connection in its slice of the side.
struct Peer {
    PeerId id;
    std::uint64_t number = 0;  ///< in the order in which peers became known
    CommandId included{};
    Stage stage = Stage::waiting;
    Errc reason = Errc::none;
    bool trusted = false;
    bool leaving = false;                ///< forgotten when its connection has ended
    Errc parting = Errc::none;           ///< why it is released, while it owes answers on a shared connection
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines

    // promotion; the book sets the temperature
    Temperature temperature = Temperature::cold;
    bool cooling = false;          ///< warm, and owes answers to requests made while it was hot
    RootGroup* group = nullptr;    ///< of a root; else null
    bool one_way = false;          ///< a connection that this side opens to it goes one way
    bool behind_firewall = false;  ///< never dialled: only a connection that it opened is used
    bool here = false;             ///< there is such a connection
    bool own_protocols = false;    ///< it speaks the user's own protocols
    std::size_t place = SIZE_MAX;  ///< among those that may be dialled
    Instant hot_since{};
    Instant heat_at = Instant::max();  ///< not hot before then
    Instant cool_by = Instant::max();
    Instant banned_until = Instant::max();

    // connection
    ConnectionId connection{};
    std::uint32_t failures = 0;
    std::uint32_t unreached = 0;  ///< failures in a row since the last successful handshake
    Instant retry_at = Instant::max();
    Instant not_before = Instant::min();  ///< not dialled before then for any reason
    Instant dial_deadline = Instant::max();
    Instant slow_at = Instant::max();
    bool slow = false;  ///< the dial takes long: it does not delay other dials of its group
    std::optional<Agreement> agreement;
    std::unique_ptr<frame::Side> requesting;  ///< while there is a connection
    std::optional<Duration> round_trip;
    std::unique_ptr<Point> broken_at;  ///< the header or block by which it broke a rule; null: none

    // discovery
    bool learnt = false;                ///< through peer sharing
    bool claimed = false;               ///< named by the user since then
    bool advertise = false;             ///< may be shared with others
    bool proven = false;                ///< a handshake has succeeded
    Instant asked_at = Instant::min();  ///< when it was last asked for addresses

    // chain-sync
    bool followed = false;                ///< it is the upstream of a sync
    Instant slow_until = Instant::min();  ///< without progress: followed before then only if no other peer can be

    [[nodiscard]] bool ready() const noexcept { return stage == Stage::ready; }
    [[nodiscard]] bool root() const noexcept { return group != nullptr; }
    [[nodiscard]] frame::Side& side() noexcept { return *requesting; }
    [[nodiscard]] const frame::Side& side() const noexcept { return *requesting; }
    /// The earliest deadline that does not depend on a connection.
    [[nodiscard]] Instant deadline() const noexcept {
        return std::min({retry_at, dial_deadline, slow_at, heat_at, cool_by, banned_until});
    }
};

struct Desk;
class PeerBook;
class PromotionPart;

/// The side that requests, between nodes.
struct RequestingSide {
    /// What its parts are made with.
    struct Making {
        Desk& desk;
        PeerBook& book;
        PromotionPart& promotion;
        const frame::PartList<RequestingSide>& parts;
    };
    using Peer = initiator::Peer;
    using Message = n2n::Message;
    using Command = initiator::Command;
    using Event = initiator::Event;

    static void name_era(Violation& violation, const auto& message) { detail::name_era(violation, message); }
    [[nodiscard]] static constexpr bool has_part(Channel channel) noexcept { return n2n::has_parts(channel); }
    /// Parts exist for enabled protocols only, so the agreement decides.
    [[nodiscard]] static bool spoken(Channel channel, const Agreement& agreement) noexcept {
        return n2n::agreed(channel, agreement);
    }
    [[nodiscard]] static bool speaks_own(const Peer& peer) noexcept { return peer.own_protocols; }
    [[nodiscard]] static const PeerId& id_of(const Peer& peer) noexcept { return peer.id; }
};
using Ending = frame::Ending;
using Part = frame::Part<RequestingSide>;
using Parts = frame::PartList<RequestingSide>;

/// A part's request to the frame, which carries it out after the present call.
struct PeerRequest {
    enum class What : std::uint8_t {
        replace,  ///< another peer takes its place among the hot peers
        leave     ///< disconnect: it owes answers that are not needed, and requests in flight cannot be cancelled
    };
    What what;
    PeerId peer;
};

/// Access to the frame for every part.
struct Desk {
    const Config& config;
    Out& out;
    const Visitors& visitors;
    std::uint64_t random;
    Instant now{};                                 ///< of the current call
    std::size_t connecting = 0;                    ///< peers being dialled or in the handshake
    detail::Deadlines<std::uint64_t> deadlines{};  ///< of peers, by number
    frame::Layout layout{table_of<n2n::Handshake>()};
    detail::Fifo<PeerRequest> requests{};
    detail::Fifo<PeerId> crowders{};  ///< peers whose transactions lost their places, because they held too many

    /// Schedules a look at the peer at `at`, or earlier.
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
    /// Requests the end of the connection. Disconnected follows.
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
    Errc send(Peer& peer, typename P::Message&& message, bool credited = true) {
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
