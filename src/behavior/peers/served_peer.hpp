#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/responder_types.hpp>
#include <ouro/n2n/protocols.hpp>

#include "behavior/frame/encoded_bytes.hpp"
#include "behavior/frame/part.hpp"

namespace ouro::responder {

using Out = OutboundQueue<n2n::Message, Event>;

/// What a connection was given over one mini-protocol.
struct Progress {
    std::uint64_t count = 0;         ///< headers or blocks
    ChainView::Position latest = 0;  ///< position of the last one
};

/// One connection that we serve. What a part knows of it is in that part's slice of the side.
class Peer {
  public:
    Peer(const frame::Layout& layout, ConnectionId connection, PeerId remote, std::uint64_t seed)
        : peer(std::move(remote)), side_(layout, connection, Role::responder, seed) {}

    PeerId peer;
    std::string site;     ///< of its address, as `site_of` has it
    std::string network;  ///< of its address: /24, /48, or the host itself
    bool closing = false;
    Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines
    Instant idle_at = Instant::max();
    std::optional<Agreement> agreement;

    // Chain-sync and block-fetch: what the peer was given.
    Progress headers, blocks;
    bool at_tip = false;  ///< it has every header, and waits for the next one

    // pruning
    Instant since = Instant::min();      ///< when it was opened
    Instant useful_at = Instant::min();  ///< when the connection was last of use
    Progress seen_headers, seen_blocks;  ///< at that time, with the highest positions

    [[nodiscard]] frame::Side& side() noexcept { return side_; }
    [[nodiscard]] const frame::Side& side() const noexcept { return side_; }
    [[nodiscard]] ConnectionId connection() const noexcept { return side_.connection(); }

  private:
    frame::Side side_;
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
    using Peer = responder::Peer;
    using Message = n2n::Message;
    using Command = responder::Command;
    using Event = responder::Event;
    using HandshakeOfSet = Handshake;
    using Refused = PeerRefused;

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
using Parts = frame::PartList<ServingSide>;

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    Counters& counters;
    Instant now{};  ///< of the current call
    detail::Deadlines<ConnectionId> deadlines{};
    frame::Layout layout{table_of<Handshake>()};
    Neighbours neighbours{};

    /// Looks at the peer at `at`, or earlier.
    void watch(Peer& peer, Instant at) {
        if (at >= peer.scheduled) return;
        peer.scheduled = at;
        deadlines.push(at, peer.connection());
    }
    /// Reports an event that nothing depends on: dropped while too many are not taken.
    void report(Event event) {
        if (out.events() < config.max_events)
            out.event(std::move(event));
        else
            ++counters.events_dropped;
    }
    /// Ends the connection; Disconnected does the rest.
    void close(Peer& peer, io::Close how, Errc reason, Violation violation = {}, Duration linger = 5s) {
        if (!std::exchange(peer.closing, true)) neighbours.leave(peer);
        out.command(io::Disconnect{peer.connection(), how, reason, violation, linger});
    }
};

/// A part that serves over the mini-protocol `P`.
template <class P, class State = frame::Stateless>
class Speaker : public frame::Speaker<ServingSide, P, State> {
  public:
    /// Credits the next request only while there is room for its answer: a peer that does not read is not served more.
    void credit(Peer& peer) override {
        if (!peer.closing && this->own(peer).queued < frame::egress_soft_limit) this->give_credit(peer, desk_.out);
    }
    void sent(Peer& peer) override { credit(peer); }

  protected:
    explicit Speaker(Desk& desk) : frame::Speaker<ServingSide, P, State>(desk.layout), desk_(desk) {}

    /// Errors  Errc::not_our_turn  nothing was sent
    Errc send(Peer& peer, typename P::Message message) {
        // Small messages take more memory than their bytes.
        const std::size_t bytes = std::max<std::size_t>(8, encoded_bytes(message));
        return send(peer, std::move(message), bytes);
    }
    /// `bytes`: of the message, estimated.
    Errc send(Peer& peer, typename P::Message message, std::size_t bytes) {
        const Errc error = this->queue(peer, std::move(message), desk_.now, desk_.out);
        if (error != Errc::none) return error;
        this->own(peer).queued += bytes;
        credit(peer);
        return Errc::none;
    }

    Desk& desk_;
};

}  // namespace ouro::responder
