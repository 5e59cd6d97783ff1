#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/responder_types.hpp>
#include <ouro/n2n/message.hpp>

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

using Peers = std::unordered_map<ConnectionId, std::unique_ptr<Peer>>;

/// Counts the open inbound connections of each site and of each network.
class Neighbours {
  public:
    void enter(const Peer& peer) { count(peer, 1); }
    void leave(const Peer& peer) { count(peer, -1); }
    [[nodiscard]] std::size_t all() const noexcept { return all_; }
    [[nodiscard]] std::size_t of_site(const Peer& peer) const { return number(sites_, peer.site); }
    [[nodiscard]] std::size_t of_network(const Peer& peer) const { return number(networks_, peer.network); }

  private:
    using Numbers = std::unordered_map<std::string, std::size_t>;

    void count(const Peer& peer, int by) {
        if (direction(peer.connection()) != Direction::inbound) return;
        all_ += static_cast<std::size_t>(by);
        add(sites_, peer.site, by);
        add(networks_, peer.network, by);
    }
    static void add(Numbers& numbers, const std::string& key, int by) {
        const auto it = numbers.try_emplace(key).first;
        it->second += static_cast<std::size_t>(by);
        if (it->second == 0) numbers.erase(it);
    }
    static std::size_t number(const Numbers& numbers, const std::string& key) {
        const auto it = numbers.find(key);
        return it == numbers.end() ? 0 : it->second;
    }

    Numbers sites_, networks_;
    std::size_t all_ = 0;
};

/// The side that serves, between nodes.
struct ServingSide {
    /// What its parts are made with.
    struct Making {
        frame::ServingDesk<ServingSide>& desk;
        const std::optional<ChainSource>& source;
    };
    using Peer = responder::Peer;
    using Message = n2n::Message;
    using Command = responder::Command;
    using Event = responder::Event;
    using Config = responder::Config;
    using Counters = responder::Counters;
    using Handshake = n2n::Handshake;
    using Census = Neighbours;
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
    [[nodiscard]] static constexpr bool has_part(Channel channel) noexcept { return n2n::has_parts(channel); }
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
