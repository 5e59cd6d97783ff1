#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ouro/protocol/chain_view.hpp>

#include "serving_part.hpp"

namespace ouro::frame {

/// The frame of a behavior that serves: its connections, its parts and its queue of events. `Derived` adds the parts,
/// and replaces the hooks that it needs.
template <class Derived, class S>
class ServingFrame {
  public:
    using Peer = typename S::Peer;
    using Message = typename S::Message;
    using Command = typename S::Command;
    using Event = typename S::Event;
    using Config = typename S::Config;
    using Counters = typename S::Counters;

    ServingFrame(const ServingFrame&) = delete;
    ServingFrame& operator=(const ServingFrame&) = delete;

    void handle_io(InterfaceEvent<Message>& event, Instant now) {
        desk_.now = now;
        std::visit([&](auto& fact) { self().handle(fact); }, event);
        self().conclude();
    }
    Result<CommandId> execute(Command& command, Instant now) {
        if (stopping_) return Errc::stopped;
        desk_.now = now;
        const Errc error = std::visit([&](auto& wish) { return self().carry_out(wish, command); }, command);
        self().conclude();
        if (error != Errc::none) return error;
        return CommandId{ids_++};
    }
    void tick(Instant now) {
        desk_.now = now;
        while (const auto due = desk_.deadlines.pop_due(now)) {
            Peer* peer = find(due->second);
            if (!peer || peer->scheduled != due->first) continue;
            peer->scheduled = Instant::max();
            if (!peer->closing) self().look_at(*peer);
        }
        self().pass();
        parts_.each([](P& part) { part.tick(); });
        parts_.each([](P& part) {
            if (part.wants_more()) part.resume();
        });
        self().conclude();
    }
    void stop(Instant now) {
        desk_.now = now;
        if (std::exchange(stopping_, true)) return;
        for (auto& [id, peer] : peers_)
            if (!peer->closing) desk_.close(*peer, io::Close::orderly, Errc::stopped);
    }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        if (!stopping_ && parts_.wants_more()) return Instant::min();
        const Instant next = std::min(
            {self().next_of_its_own(), desk_.deadlines.next().value_or(Instant::max()), parts_.next_deadline()});
        return next == Instant::max() ? std::nullopt : std::optional(next);
    }
    /// The next command, or null. Call `drop_command` next.
    InterfaceCommand<Message>* front_command() { return out_.front_command(); }
    void drop_command() { out_.drop_command(); }
    std::optional<Event> poll_event() {
        auto event = out_.poll_event();
        if (event) parts_.taken(*event);
        return event;
    }
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return peers_.empty(); }

  protected:
    using P = Part<S>;

    /// `ids`: numbers the commands, also those of the other side of a node. It outlives the frame.
    ServingFrame(Config config, std::uint64_t& ids)
        : config_(std::move(config)), desk_{config_, out_, counters_}, ids_(ids) {}
    ~ServingFrame() = default;

    // Hooks.

    /// The reason to reject a peer that connects; Errc::none: it is served.
    Errc refusal(const PeerId&) {
        // Requests are events, which remain when their connection ends: short connections would add more without end.
        return out_.events() >= config_.max_events ? Errc::queue_full : Errc::none;
    }
    void connected(Peer&) {}
    void initialized(Peer&) {}
    /// The handshake with the peer is over.
    void negotiated(Peer&) {}
    void receiving(Peer&, const io::Recv<Message>&) {}
    void received(Peer&, const Endpoint&) {}
    void sent(Peer&, const Endpoint&) {}
    /// The user has answered the peer.
    void answered(Peer&) {}
    void disconnected(const io::Disconnected&) {}
    void look_at(Peer&) {}
    /// Called at each tick.
    void pass() {}
    [[nodiscard]] Instant next_of_its_own() const noexcept { return Instant::max(); }
    /// Called at the end of each call from outside.
    void conclude() {}

    // Facts.

    void handle(io::Connected& event) {
        // A rejected connection is counted, not reported: its events would displace those of other peers.
        if (const Errc reason = self().refusal(event.peer); reason != Errc::none)
            return reject(event.connection, reason);
        Peer& peer = add(event.connection, event.peer);
        if (stopping_) return desk_.close(peer, io::Close::reset, Errc::stopped);
        desk_.report(typename S::Connected{event.connection, event.peer});
        Endpoint& handshake = *peer.side().handshake;
        handshake.machine.resume(desk_.now);  // a peer that connects has to begin at once
        give_credit(handshake, peer.side(), out_);
        self().connected(peer);
    }
    void handle(io::Disconnected& event) {
        const auto it = peers_.find(event.connection);
        if (it == peers_.end()) return;
        Peer& peer = *it->second;
        if (event.violation.rule != Errc::none) ++counters_.violations;
        peer.side().locate(event.violation);
        const Ending ending{event.reason, event.violation};
        if (!peer.closing) desk_.census.leave(peer);
        parts_.each([&](P& part) { part.gone(peer, ending); });
        self().disconnected(event);
        desk_.report(
            typename S::Disconnected{event.connection, event.peer, event.reason, event.system, event.violation});
        peers_.erase(it);
    }
    void handle(io::Recv<Message>& event) {
        Peer* peer = find(event.connection);
        if (!peer || peer->closing || event.role != Role::responder) return;
        self().receiving(*peer, event);
        if (auto* proposal = event.message.template as<typename S::Handshake>())
            return receive(*peer, *proposal, event.bytes);
        if (P* part = parts_.speaker(event.message.channel())) receive(*peer, *part, event.message, event.bytes);
    }
    void handle(io::Sent& event) {
        Peer* peer = find(event.connection);
        P* part = parts_.speaker(event.channel);
        if (!peer || peer->closing || event.role != Role::responder || !part) return;
        Endpoint& endpoint = peer->side().endpoint(part->endpoint());
        endpoint.queued = event.queued;
        part->sent(*peer);
        self().sent(*peer, endpoint);
    }

    // Commands.

    /// A command about one peer that a part carries out.
    template <class C>
    Errc carry_out(C& wish, Command& command) {
        return answer_for(wish.connection, [&](Peer& peer) { return parts_.carry_out(peer, command); });
    }
    template <class F>
    Errc answer_for(ConnectionId connection, F&& answer) {
        Peer* peer = find(connection);
        if (!peer || peer->closing) return Errc::unknown_peer;
        const Errc error = answer(*peer);
        self().answered(*peer);
        return error;
    }
    Errc answer(ConnectionId connection, Message& message) {
        return answer_for(connection, [&](Peer& peer) {
            P* part = parts_.speaker(message.channel());
            return part ? part->answer(peer, message) : Errc::not_our_turn;
        });
    }
    void chain_changed(ChainView::Position common) {
        std::vector<Peer*> all;
        for (const auto& [id, peer] : peers_) all.push_back(peer.get());
        parts_.each([&](P& part) { part.changed(all, common); });
        for (Peer* peer : all) self().answered(*peer);
    }

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept {
        const auto it = peers_.find(connection);
        return it == peers_.end() ? nullptr : it->second.get();
    }
    void reject(ConnectionId connection, Errc reason) {
        ++counters_.rejected;
        out_.command(io::Disconnect{connection, io::Close::reset, reason, {}, 5s});
    }
    Peer& add(ConnectionId connection, const PeerId& remote) {
        auto owned = self().make_peer(connection, remote);
        Peer& peer = *owned;
        desk_.census.enter(peer);
        peers_.emplace(connection, std::move(owned));
        ++counters_.connections;
        return peer;
    }
    /// There is an agreement.
    void welcome(Peer& peer, const Agreement& agreement) {
        ++counters_.handshakes;
        peer.agreement = agreement;
        desk_.report(typename S::Initialized{peer.connection(), peer.peer, agreement});
        self().initialized(peer);
        // All at once: what the peer may send now is registered before anything more is read.
        parts_.each([&](P& part) {
            if (!part.spoken(peer, agreement)) return;
            part.credit(peer);
            part.ready(peer);
        });
    }

    Config config_;
    typename ServingDesk<S>::Out out_;
    Counters counters_;
    ServingDesk<S> desk_;
    PartList<S> parts_;
    std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
    std::uint64_t& ids_;
    bool stopping_ = false;

  private:
    [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }
    [[nodiscard]] const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }

    void receive(Peer& peer, P& part, Message& message, std::size_t bytes) {
        Endpoint& endpoint = peer.side().endpoint(part.endpoint());
        const Violation violation = deliver(part, peer, message, bytes, desk_.now);
        if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
        // An orderly end: what the peer sent ahead belongs to the next run.
        if (endpoint.machine.done()) restart(endpoint);
        if (peer.closing) return;
        part.credit(peer);
        self().received(peer, endpoint);
    }
    void receive(Peer& peer, Handshake::Message& message, std::size_t bytes) {
        const Violation violation = deliver(peer, message, bytes, desk_.now);
        if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
        const auto agreement = accept(peer, std::get<Handshake::ProposeVersions>(message));
        if (!agreement) return;
        welcome(peer, *agreement);
        self().negotiated(peer);
    }
    /// Answers a proposal of versions. Returns the agreement; without one the connection is closing, and the reason is
    /// reported.
    std::optional<Agreement> accept(Peer& peer, const Handshake::ProposeVersions& proposal) {
        const auto send = [&](Handshake::Message message) {
            (void)peer.side().handshake->machine.send(message.index(), desk_.now);  // it is our turn
            queue_message<Message, typename S::Handshake>(peer.side(), std::move(message), out_);
        };
        auto outcome = choose(config_.offer, proposal.versions);
        if (auto* failed = std::get_if<Disagreement>(&outcome)) {
            ++counters_.refusals;
            send(Handshake::Refuse{failed->reason});
            desk_.report(typename S::Refused{peer.connection(), peer.peer, failed->error, std::move(failed->reason),
                                             std::move(failed->offered)});
            desk_.close(peer, io::Close::orderly, failed->error);
            return std::nullopt;
        }
        const auto& agreement = std::get<Agreement>(outcome);
        if (agreement.data.query) {
            send(Handshake::QueryReply{config_.offer.table()});
            desk_.close(peer, io::Close::orderly, Errc::query_answered, {}, config_.query_linger);
            return std::nullopt;
        }
        send(Handshake::AcceptVersion{agreement.version, encode(agreement.version, agreement.data)});
        peer.side().handshake.reset();
        return agreement;
    }
};

}  // namespace ouro::frame
