#include "requesting.hpp"

#include <algorithm>
#include <stdexcept>

#include "frame/config.hpp"
#include "frame/own_part.hpp"

namespace ouro::initiator {

namespace {

constexpr std::size_t most_syncs = 64;                   // a tick visits each of them
constexpr std::uint32_t most_headers_ahead = 300;        // the reference's, for which a peer's queue is made
constexpr std::uint32_t most_notifications_ahead = 100;  // the prototype's pipelining depth
constexpr std::uint32_t most_ebs_ahead = 20;             // answers of 2,500,000 bytes in a queue of 57,671,680

Config checked(Config config) {
    if (check(config.targets) != Errc::none)
        throw std::invalid_argument("initiator::Config::targets: known, established and active must not ascend");
    if (config.offer.data.peras)
        throw std::invalid_argument("initiator::Config::offer: Peras is not spoken by this library yet");
    frame::require("initiator::Config::max_syncs", config.max_syncs, std::size_t{1}, most_syncs);
    frame::require("initiator::Config::sync_window", config.sync_window, 1U, most_headers_ahead);
    frame::require("initiator::Config::events_bytes", config.events_bytes, std::size_t{1});
    frame::require("initiator::Config::notify_window", config.notify_window, 0U, most_notifications_ahead);
    frame::require("initiator::Config::eb_requests_in_flight", config.eb_requests_in_flight, 1U, most_ebs_ahead);
    frame::require("initiator::Config::history", config.history, std::size_t{1});
    return config;
}

DiscoveryPart& add_parts(Parts& parts, RequestingSide::Making with) {
    frame::add_parts(parts, with);
    frame::add_own_parts(parts, with.desk, Role::initiator);
    return parts.speaker<DiscoveryPart>(PeerSharing::channel);
}

}  // namespace

std::string to_string(const PeerRefused& event) {
    return event.by_peer ? ouro::to_string(event.reason) : ouro::to_string(event.reason, event.offered_versions);
}

Frame::Frame(Config config, std::uint64_t& ids)
    : config_(checked(std::move(config))),
      visitors_(config_.visitors),
      desk_{config_, out_, visitors_, config_.seed},
      book_(desk_),
      promotion_(desk_, book_),
      churn_(desk_, book_, promotion_),
      connection_(desk_, book_),
      handshakes_(desk_),
      discovery_(add_parts(parts_, {desk_, book_, promotion_, parts_})),
      ids_(ids) {}

void Frame::handle_io(InterfaceEvent<n2n::Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
    conclude();
}

void Frame::handle(io::Connected& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer || peer->stage != Stage::dialling) return;
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({peer->id, event.connection}, desk_.now); });
    handshakes_.connected(*peer);
}

void Frame::handle(io::Disconnected& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer) return;
    bool paused = false;
    if (peer->requesting) {
        peer->side().locate(event.violation);
        parts_.each([&](Part& part) { paused = paused || part.paused(*peer); });
    }
    if (paused && event.reason == Errc::ingress_overflow) {
        event.reason = Errc::queue_full;  // the user has not taken what was requested, and the peer is not at fault
        event.violation = {};
    }
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.disconnected({peer->id, event.connection}, event.reason, event.violation, desk_.now);
    });
    retire(*peer, event.reason, event.violation);
    if (event.reason == Errc::self_connection && peer->stage == Stage::dialling) book_.own().found(peer->id);
    connection_.disconnected(*peer, event);
    discovery_.stir();
    if (peer->leaving && peer->temperature != Temperature::banned) return forget(*peer);
    promotion_.stir(*peer);
    watch(*peer);
}

void Frame::handle(io::Recv<n2n::Message>& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer || !in_use(*peer) || event.role != Role::initiator) return;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.received({peer->id, event.connection}, event.role, event.message, event.bytes, desk_.now);
    });
    if (auto* answer = event.message.as<Handshake>()) return receive(*peer, *answer, event.bytes);
    if (Part* part = parts_.speaker(event.message.channel())) receive(*peer, *part, event.message, event.bytes);
}

void Frame::handle(io::Sent& event) {
    if (event.role != Role::initiator) return;
    Peer* peer = connection_.find(event.connection);
    Part* part = parts_.speaker(event.channel);
    if (!peer || !part || !peer->ready()) return;
    peer->side().endpoint(part->endpoint()).queued = event.queued;
    part->sent(*peer);
}

void Frame::receive(Peer& peer, Part& part, n2n::Message& message, std::size_t bytes) {
    frame::Endpoint& endpoint = peer.side().endpoint(part.endpoint());
    const bool parting = peer.parting != Errc::none;
    const Violation violation = frame::deliver(part, peer, message, bytes, desk_.now, !parting || part.while_parting());
    if (violation.rule != Errc::none) return drop(peer, io::Close::reset, violation.rule, violation);
    carry_out_requests();
    if (parting) return part_further(peer);
    if (peer.stage == Stage::closing) return;
    part.credit(peer);
    finish_cooling(peer);
    desk_.watch(peer, std::min(peer.deadline(), endpoint.machine.due()));
}

void Frame::receive(Peer& peer, Handshake::Message& message, std::size_t bytes) {
    Violation violation = frame::deliver(peer, message, bytes, desk_.now);
    if (peer.ready()) return drop(peer, io::Close::reset, violation.rule, violation);
    if (violation.rule == Errc::none) violation.rule = handshakes_.received(peer, message);
    if (peer.ready())
        initialized(peer);
    else
        promotion_.stir(peer);
    if (violation.rule != Errc::none) drop(peer, io::Close::reset, violation.rule, violation);
    if (peer.stage != Stage::closing) watch(peer);
}

void Frame::watch(Peer& peer) {
    Instant at = peer.deadline();
    if (in_use(peer)) {
        if (peer.stage != Stage::closing) at = std::min(at, peer.side().due());
        if (peer.agreement) at = std::min(at, parts_.due(peer));
    }
    desk_.watch(peer, at);
}

void Frame::tick(Instant now) {
    desk_.now = now;
    while (const auto due = desk_.deadlines.pop_due(now)) {
        Peer* peer = book_.find(due->second);
        if (!peer || peer->scheduled != due->first) continue;
        peer->scheduled = Instant::max();
        look_at(*peer);
    }
    visitors_.each([&](PeerVisitor& visitor) { visitor.tick(now); });
    promotion_.unblock();
    parts_.each_back([](Part& part) { part.tick(); });
    conclude();
    parts_.each([](Part& part) {
        if (part.wants_more()) part.resume();
    });
}

void Frame::look_at(Peer& peer) {
    const Instant now = desk_.now;
    if (peer.requesting && peer.stage != Stage::closing) {
        peer.side().report_stalls(now, [&](const AnyMachine& machine) {
            out_.event(Stalled{peer.id, machine.table().protocol, machine.state_name(), machine.waiting_since()});
            if (Part* part = parts_.speaker(machine.table().channel)) part->stalled(peer);
        });
        if (const auto violation = peer.side().overdue(now)) drop(peer, io::Close::reset, violation->rule, *violation);
    }
    if (in_use(peer) && peer.agreement) {
        const bool parting = peer.parting != Errc::none;
        parts_.each([&](Part& part) {
            if (!parting || part.while_parting()) part.look_at(peer);
        });
    }
    connection_.tick(peer);
    if (peer.cool_by <= now)
        drop(peer, io::Close::reset, peer.parting != Errc::none ? peer.parting : Errc::disconnected);
    if (peer.slow_at <= now) {
        peer.slow_at = Instant::max();
        peer.slow = true;
        if (peer.stage == Stage::dialling) promotion_.stir(peer);
    }
    if (peer.heat_at <= now) {
        peer.heat_at = Instant::max();
        promotion_.stir(peer);
    }
    if (peer.retry_at <= now) {
        peer.retry_at = Instant::max();
        book_.offer(peer, !peer.root());
        promotion_.stir(peer);
    }
    if (peer.banned_until <= now) return pardon(peer);
    watch(peer);
}

void Frame::conclude() {
    if (!visitors_.none()) carry_out_wishes();
    if (stopping_) return;
    do {
        discovery_.decide();  // a new peer may be dialled at once
        while (const auto decision = promotion_.decide()) carry_out(*decision);
        for (Peer* peer : discovery_.surplus()) forget(*peer);
    } while (churn_.advance());
}

void Frame::carry_out(const PromotionPart::Decision& decision) {
    using What = PromotionPart::Decision::What;
    Peer& peer = *decision.peer;
    switch (decision.what) {
        case What::dial:
            book_.offer(peer, false);
            connection_.dial(peer);
            break;
        case What::heat: heat(peer); break;
        case What::cool: cool(peer); break;
        case What::close: leave(peer, Errc::disconnected, true); break;
    }
    promotion_.stir(peer);
    watch(peer);
}

void Frame::stop(Instant now) {
    desk_.now = now;
    if (std::exchange(stopping_, true)) return;
    parts_.each([](Part& part) { part.stop(); });
    book_.each([&](Peer& peer) {
        if (peer.stage != Stage::waiting) leave(peer, Errc::stopped, false);
    });
}

std::optional<Instant> Frame::next_deadline() const noexcept {
    if (attention()) return Instant::min();
    Instant next =
        std::min({desk_.deadlines.next().value_or(Instant::max()), parts_.next_deadline(), visitors_.next_deadline()});
    if (!stopping_) next = std::min(next, churn_.next_deadline());
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

InterfaceCommand<n2n::Message>* Frame::front_command() {
    auto* const command = out_.front_command();
    if (!command || visitors_.none()) return command;
    const auto* send = std::get_if<io::Send<n2n::Message>>(command);
    const Peer* peer = send ? connection_.find(send->connection) : nullptr;
    if (!peer) return command;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.sending({peer->id, send->connection}, send->role, send->message, desk_.now);
    });
    conclude();
    return out_.front_command();  // further commands may have moved it
}

std::optional<Event> Frame::poll_event() {
    auto event = out_.poll_event();
    if (event) parts_.taken(*event);
    return event;
}

std::vector<PeerState> Frame::peers() const {
    std::vector<PeerState> all;
    all.reserve(book_.size());
    book_.each([&](const Peer& peer) {
        const Instant retry_at = std::min(peer.retry_at, peer.banned_until);
        all.push_back({peer.id, peer.stage, peer.temperature, peer.root(), peer.reason, peer.failures,
                       retry_at == Instant::max() ? std::nullopt : std::optional(retry_at), peer.agreement,
                       peer.round_trip});
    });
    return all;
}

std::vector<PeerId> Frame::shareable() const {
    std::vector<PeerId> some;
    book_.each([&](const Peer& peer) {
        if (peer.advertise && peer.proven && peer.failures == 0 && peer.temperature != Temperature::banned)
            some.push_back(peer.id);
    });
    return some;
}

bool Frame::attention() const noexcept {
    if (stopping_) return false;
    return parts_.wants_more() || (promotion_.blocked() && out_.events() < config_.max_events);
}

}  // namespace ouro::initiator
