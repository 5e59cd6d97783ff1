#pragma once

#include <optional>
#include <utility>

#include <ouro/base/deadlines.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/local_responder_types.hpp>

#include "behavior/frame/encoded_bytes.hpp"
#include "behavior/frame/part.hpp"

namespace ouro::local_responder {

using Out = OutboundQueue<n2c::Message, Event>;

/// One client that is connected. What a part knows of it is in that part's slice of the side.
class Peer {
  public:
    // Nothing is drawn with the seed: these protocols have no time limits.
    Peer(const frame::Layout& layout, ConnectionId connection, PeerId remote)
        : peer(std::move(remote)), side_(layout, connection, Role::responder, 1) {}

    PeerId peer;
    bool closing = false;
    std::optional<Agreement> agreement;
    std::uint64_t blocks = 0;  ///< that it was given

    [[nodiscard]] frame::Side& side() noexcept { return side_; }
    [[nodiscard]] const frame::Side& side() const noexcept { return side_; }
    [[nodiscard]] ConnectionId connection() const noexcept { return side_.connection(); }

  private:
    frame::Side side_;
};

/// The side of a node that serves clients.
struct ServerSide {
    using Peer = local_responder::Peer;
    using Message = n2c::Message;
    using Command = local_responder::Command;
    using Event = local_responder::Event;
    using HandshakeOfSet = n2c::Handshake;
    using Refused = PeerRefused;

    static void name_era(Violation&, const auto&) noexcept {}
    [[nodiscard]] static bool spoken(Channel, const Agreement&) noexcept { return true; }
};
using Ending = frame::Ending;
using Part = frame::Part<ServerSide>;
using Parts = frame::PartList<ServerSide>;

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    Counters& counters;
    Instant now{};  ///< of the current call
    frame::Layout layout{table_of<n2c::Handshake>()};

    /// Reports an event that nothing depends on: dropped while too many are not taken.
    void report(Event event) {
        if (out.events() < config.max_events)
            out.event(std::move(event));
        else
            ++counters.events_dropped;
    }
    void close(Peer& peer, io::Close how, Errc reason, const Violation& violation = {}, Duration linger = 5s) {
        peer.closing = true;
        out.command(io::Disconnect{peer.connection(), how, reason, violation, linger});
    }
};

/// A part that serves over the mini-protocol `P`: every request is an event, and the user answers.
template <class P, class State = frame::Stateless>
class Speaker : public frame::Speaker<ServerSide, P, State> {
  public:
    explicit Speaker(Desk& desk) : frame::Speaker<ServerSide, P, State>(desk.layout), desk_(desk) {}

    /// Credits the next request only while there is room for its answer: a client that does not read is not served
    /// more.
    void credit(Peer& peer) override {
        if (!peer.closing && this->own(peer).queued < desk_.config.bytes_ahead)
            this->give_credit(peer, desk_.out, desk_.config.message_bytes);
    }
    void sent(Peer& peer) override { credit(peer); }

  protected:
    Errc received(Peer& peer, typename P::Message& message, typename P::State) override {
        ++desk_.counters.requests;
        desk_.out.event(Requested{peer.connection(), peer.peer, n2c::Message::of<P>(std::move(message))});
        return Errc::none;
    }
    Errc answered(Peer& peer, typename P::Message& message) override { return send(peer, std::move(message)); }

    /// Errors  Errc::not_our_turn  nothing was sent
    Errc send(Peer& peer, typename P::Message message) {
        const std::size_t bytes = encoded_bytes(message);
        const Errc error = this->queue(peer, std::move(message), desk_.now, desk_.out);
        if (error != Errc::none) return error;
        this->own(peer).queued += bytes;
        credit(peer);
        return Errc::none;
    }

    Desk& desk_;
};

}  // namespace ouro::local_responder
