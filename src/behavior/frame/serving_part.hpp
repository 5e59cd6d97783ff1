#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include <ouro/base/deadlines.hpp>
#include <ouro/behavior/concept.hpp>

#include "encoded_bytes.hpp"
#include "part.hpp"

namespace ouro::frame {

/// One connection that a behavior serves. The state of each part is in its slice of the side.
class Served {
  public:
    Served(const Layout& layout, ConnectionId connection, PeerId remote, std::uint64_t seed)
        : peer(std::move(remote)), side_(layout, connection, Role::responder, seed) {}

    PeerId peer;
    bool closing = false;
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines
    std::optional<Agreement> agreement;

    [[nodiscard]] Side& side() noexcept { return side_; }
    [[nodiscard]] const Side& side() const noexcept { return side_; }
    [[nodiscard]] ConnectionId connection() const noexcept { return side_.connection(); }

  private:
    Side side_;
};

/// What every part of the serving side `S` works with.
///
/// Besides the names that `Part` reads, `S` names its `Config`, `Counters`, `Handshake`, `Census`, and the events
/// `Connected`, `Initialized`, `Refused`, `Disconnected` and `Requested`.
template <class S>
struct ServingDesk {
    using Out = OutboundQueue<typename S::Message, typename S::Event>;

    const typename S::Config& config;
    Out& out;
    typename S::Counters& counters;
    Instant now{};  ///< of the current call
    detail::Deadlines<ConnectionId> deadlines{};
    Layout layout{table_of<typename S::Handshake>()};
    typename S::Census census{};  ///< counts the connections that are not closing

    /// Looks at the peer at `at`, or earlier.
    void watch(Served& peer, Instant at) {
        if (at >= peer.scheduled) return;
        peer.scheduled = at;
        deadlines.push(at, peer.connection());
    }
    /// Reports an event that nothing depends on: dropped while too many are not taken.
    void report(typename S::Event event) {
        if (out.events() < config.max_events)
            out.event(std::move(event));
        else
            ++counters.events_dropped;
    }
    /// Ends the connection. Disconnected follows.
    void close(Served& peer, io::Close how, Errc reason, const Violation& violation = {}, Duration linger = 5s) {
        if (!std::exchange(peer.closing, true)) census.leave(static_cast<typename S::Peer&>(peer));
        out.command(io::Disconnect{peer.connection(), how, reason, violation, linger});
    }
};

/// A part that serves over the mini-protocol `P`. By default it reports each request, and sends the user's answers.
///
/// `S` also has `bytes_ahead(config)`, the bytes of unsent answers above which no request is credited,
/// `message_bytes(config)`, the limit of a request, and `reports_endings`: whether a Done is reported, too.
template <class S, class P, class State = Stateless>
class ServingSpeaker : public Speaker<S, P, State> {
  public:
    using typename Speaker<S, P, State>::Peer;
    using typename Speaker<S, P, State>::Message;
    using Protocol = P;

    explicit ServingSpeaker(ServingDesk<S>& desk) : Speaker<S, P, State>(desk.layout), desk_(desk) {}

    /// Credits the next request only while there is room for its answer, in case the peer does not read.
    void credit(Peer& peer) override {
        if (!peer.closing && this->own(peer).queued < S::bytes_ahead(desk_.config))
            this->give_credit(peer, desk_.out, S::message_bytes(desk_.config));
    }
    void sent(Peer& peer) override { credit(peer); }

  protected:
    Errc received(Peer& peer, Message& message, typename P::State) override {
        if (S::reports_endings || !this->machine(peer).done()) request(peer, std::move(message));
        return Errc::none;
    }
    Errc answered(Peer& peer, Message& message) override {
        if (!fits<P>(message, this->state(peer))) return Errc::bad_argument;
        return send(peer, std::move(message));
    }

    /// Reports a request, which the user answers.
    void request(Peer& peer, Message&& message) {
        S::count_request(desk_.counters);
        desk_.out.event(
            typename S::Requested{peer.connection(), peer.peer, S::Message::template of<P>(std::move(message))});
    }
    /// Errors  Errc::not_our_turn  nothing was sent
    Errc send(Peer& peer, Message&& message) {
        // Small messages take more memory than their bytes.
        const std::size_t bytes = std::max<std::size_t>(8, encoded_bytes(message));
        return send(peer, std::move(message), bytes);
    }
    /// `bytes`: of the message, estimated.
    Errc send(Peer& peer, Message&& message, std::size_t bytes) {
        const Errc error = this->queue(peer, std::move(message), desk_.now, desk_.out);
        if (error != Errc::none) return error;
        this->own(peer).queued += bytes;
        credit(peer);
        return Errc::none;
    }

    ServingDesk<S>& desk_;
};

}  // namespace ouro::frame
