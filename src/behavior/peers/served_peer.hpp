#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/responder_types.hpp>
#include <ouro/n2n/protocols.hpp>

#include "behavior/frame/serving_part.hpp"

namespace ouro::responder {

/// What a connection was given over one mini-protocol.
struct Progress {
    std::uint64_t count = 0;         ///< headers or blocks
    ChainView::Position latest = 0;  ///< position of the last one
};

/// One connection that we serve.
class Peer : public frame::Served {
  public:
    using Served::Served;

    std::string site;     ///< of its address, as `site_of` has it
    std::string network;  ///< of its address: /24, /48, or the host itself
    Instant idle_at = Instant::max();

    // What the peer was given.
    Progress headers, blocks;
    bool at_tip = false;  ///< it has every header, and waits for the next one

    // Pruning.
    Instant since = Instant::min();      ///< when it was opened
    Instant useful_at = Instant::min();  ///< when the connection was last of use
    Progress seen_headers, seen_blocks;  ///< at that time, with the highest positions
};

/// The side that serves, between nodes.
struct ServingSide {
    using Peer = responder::Peer;
    using Message = n2n::Message;
    using Command = responder::Command;
    using Event = responder::Event;
    using Config = responder::Config;
    using Counters = responder::Counters;
    using Handshake = n2n::Handshake;
    using Connected = PeerConnected;
    using Initialized = PeerInitialized;
    using Refused = PeerRefused;
    using Disconnected = PeerDisconnected;
    using Requested = responder::Requested;

    static constexpr bool reports_endings = false;
    [[nodiscard]] static std::size_t bytes_ahead(const Config&) noexcept { return frame::egress_soft_limit; }
    [[nodiscard]] static std::size_t message_bytes(const Config&) noexcept { return SIZE_MAX; }
    static void count_request(Counters&) noexcept {}
    static void forwarded(Counters& counters, Peer& peer, ChainView::Position position) noexcept {
        ++counters.headers;
        ++peer.headers.count;
        peer.headers.latest = position;
    }
    static void waits_at_tip(Peer& peer, bool waits) noexcept { peer.at_tip = waits; }
    static void name_era(Violation&, const auto&) noexcept {}
    /// A part exists only for what is spoken; the agreement says the rest.
    [[nodiscard]] static bool spoken(Channel channel, const Agreement& agreement) noexcept {
        return n2n::agreed(channel, agreement);
    }
    [[nodiscard]] static bool speaks_own(const Peer&) noexcept { return true; }
    [[nodiscard]] static const PeerId& id_of(const Peer& peer) noexcept { return peer.peer; }
};
using Ending = frame::Ending;
using Part = frame::Part<ServingSide>;
using Desk = frame::ServingDesk<ServingSide>;
template <class P, class State = frame::Stateless>
class Speaker : public frame::ServingSpeaker<ServingSide, P, State> {
  public:
    using frame::ServingSpeaker<ServingSide, P, State>::ServingSpeaker;
};

}  // namespace ouro::responder
