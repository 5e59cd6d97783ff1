#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/local_responder_types.hpp>

#include "behavior/frame/serving_part.hpp"

namespace ouro::local_responder {

/// One connected client.
class Peer : public frame::Served {
  public:
    using Served::Served;

    std::uint64_t blocks = 0;  ///< served
};

/// The side of a node that serves clients.
struct ServerSide {
    /// What its parts are made with.
    struct Making {
        frame::ServingDesk<ServerSide>& desk;
        const std::optional<ChainSource>& source;
    };
    using Peer = local_responder::Peer;
    using Message = n2c::Message;
    using Command = local_responder::Command;
    using Event = local_responder::Event;
    using Config = local_responder::Config;
    using Counters = local_responder::Counters;
    using Handshake = n2c::Handshake;
    /// Clients of a node are not pruned.
    struct Census {
        void enter(const Peer&) noexcept {}
        void leave(const Peer&) noexcept {}
    };
    using Connected = PeerConnected;
    using Initialized = PeerInitialized;
    using Refused = PeerRefused;
    using Disconnected = PeerDisconnected;
    using Requested = local_responder::Requested;

    static constexpr bool reports_endings = true;
    [[nodiscard]] static std::size_t bytes_ahead(const Config& config) noexcept { return config.bytes_ahead; }
    [[nodiscard]] static std::size_t message_bytes(const Config& config) noexcept { return config.message_bytes; }
    static void count_request(Counters& counters) noexcept { ++counters.requests; }
    static void forwarded(Counters& counters, Peer& peer, ChainView::Position) noexcept {
        ++counters.blocks;
        ++peer.blocks;
    }
    static void waits_at_tip(Peer&, bool) noexcept {}
    static void name_era(Violation&, const auto&) noexcept {}
    [[nodiscard]] static constexpr bool has_part(Channel) noexcept { return true; }
    [[nodiscard]] static bool spoken(Channel, const Agreement&) noexcept { return true; }
};
using Ending = frame::Ending;
using Part = frame::Part<ServerSide>;
using Desk = frame::ServingDesk<ServerSide>;
template <class P, class State = frame::Stateless>
class Speaker : public frame::ServingSpeaker<ServerSide, P, State> {
  public:
    using frame::ServingSpeaker<ServerSide, P, State>::ServingSpeaker;
};

}  // namespace ouro::local_responder
