#include <algorithm>

#include "responder_impl.hpp"

namespace ouro {

using namespace responder;

namespace {

Config sane(Config config) {
    config.tx_ids = std::clamp(config.tx_ids, std::uint16_t{1}, TxSubmission::window);
    config.tx_bytes = std::max(config.tx_bytes, std::size_t{2} * largest_tx);  // half of it has room for any
    return config;
}

}  // namespace

std::string responder::to_string(const PeerRefused& event) {
    return ouro::to_string(event.reason, event.offered_versions);
}

ResponderBehavior::Impl::Impl(Config config)
    : config_(sane(std::move(config))),
      visitors_(config_.visitors),
      desk_{config_, out_, counters_, {}},
      chain_sync_(desk_, source_),
      block_fetch_(desk_, source_),
      peer_sharing_(desk_),
      tx_submission_(desk_),
      bans_(config_.max_bans),
      pruning_(config_),
      leios_notify_(desk_),
      leios_fetch_(desk_),
      random_(config_.seed) {
    if (config_.chain) source_.emplace(config_.chain);
}

void ResponderBehavior::Impl::handle_io(InterfaceEvent<n2n::Message>& event, Instant now) {
    now_ = now;
    std::visit([&](auto& fact) { handle(fact, now); }, event);
    carry_out_wishes();
}

void ResponderBehavior::Impl::handle(io::Connected& event, Instant now) {
    // Nothing is told of who is not wanted: who comes again and again must not drown the news of others.
    if (bans_.reject(event.peer, now)) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{event.connection, io::Close::reset, Errc::banned, {}, 5s});
    }
    // Its requests would be events, which stay when it is gone: connections that come and go would add them without
    // end.
    if (out_.events() >= config_.max_events) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{event.connection, io::Close::reset, Errc::queue_full, {}, 5s});
    }
    auto owned = std::make_unique<Peer>(event.connection, event.peer, detail::next_random(random_));
    Peer& peer = *owned;
    Pruning::place(peer);
    peer.since = now;
    peers_.emplace(event.connection, std::move(owned));
    ++counters_.connections;
    if (stopping_) return desk_.close(peer, io::Close::reset, Errc::stopped);
    desk_.tell(PeerConnected{event.connection, event.peer});
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({event.peer, event.connection}, now); });
    peer.link.machine<Handshake>().resume(now);  // whoever connects has to begin at once
    peer.link.give_credit<Handshake>(out_);
    watch(peer);
    if (config_.soft_limit > 0 && peers_.size() >= config_.soft_limit) prune(event.connection);
}

void ResponderBehavior::Impl::prune(ConnectionId newcomer) {
    std::vector<const Peer*> inbound;
    for (const auto& [id, peer] : peers_)
        if (!peer->closing && direction(id) == Direction::inbound) inbound.push_back(peer.get());
    if (inbound.size() < config_.soft_limit) return;
    std::erase_if(inbound, [&](const Peer* peer) {
        return peer->connection() == newcomer || (spared_ && spared_(peer->connection()));
    });
    const auto victim = pruning_.least_useful(inbound, now_);
    if (!victim) return;
    ++counters_.pruned;
    desk_.close(*find(*victim), io::Close::reset, Errc::pruned);
}

void ResponderBehavior::Impl::send_away(const PeerId& remote, Errc reason) {
    for (auto& [id, peer] : peers_)
        if (!peer->closing && peer->peer == remote) desk_.close(*peer, io::Close::reset, reason);
}

void ResponderBehavior::Impl::expect_ping(Peer& peer, Instant now) {
    auto& machine = peer.link.machine<KeepAlive>();
    if (peer.agreement && peer.link.active() && machine.theirs() && !machine.deadline()) machine.resume(now);
}

void ResponderBehavior::Impl::adopt(ConnectionId connection, const PeerId& remote, const Agreement& agreement,
                                    Instant now) {
    now_ = now;
    if (bans_.reject(remote, now)) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{connection, io::Close::reset, Errc::banned, {}, 5s});
    }
    auto owned = std::make_unique<Peer>(connection, remote, detail::next_random(random_));
    Peer& peer = *owned;
    Pruning::place(peer);
    peers_.emplace(connection, std::move(owned));
    ++counters_.connections;
    desk_.tell(PeerConnected{connection, remote});
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({remote, connection}, now); });
    welcome(peer, agreement, now);
    arm_idle(peer, now);
    watch(peer);
    carry_out_wishes();
}

void ResponderBehavior::Impl::handle(io::Disconnected& event, Instant now) {
    const auto it = peers_.find(event.connection);
    if (it == peers_.end()) return;
    if (event.violation.rule != Errc::none) ++counters_.violations;
    it->second->link.locate(event.violation);
    chain_sync_.gone(*it->second);
    block_fetch_.gone(*it->second);
    tx_submission_.gone(*it->second, now);
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.disconnected({event.peer, event.connection}, event.reason, event.violation, now);
    });
    desk_.tell(PeerDisconnected{event.connection, event.peer, event.reason, event.system, event.violation});
    peers_.erase(it);
}

void ResponderBehavior::Impl::handle(io::Recv<n2n::Message>& event, Instant now) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.received({peer->peer, event.connection}, event.role, event.message, event.bytes, now);
    });
    if (auto* follow = event.message.as<ChainSync>())
        receive<ChainSync>(*peer, *follow, event.bytes, now);
    else if (auto* fetch = event.message.as<BlockFetch>())
        receive<BlockFetch>(*peer, *fetch, event.bytes, now);
    else if (auto* ping = event.message.as<KeepAlive>())
        receive<KeepAlive>(*peer, *ping, event.bytes, now);
    else if (auto* txs = event.message.as<TxSubmission>())
        receive<TxSubmission>(*peer, *txs, event.bytes, now);
    else if (auto* sharing = event.message.as<PeerSharing>())
        receive<PeerSharing>(*peer, *sharing, event.bytes, now);
    else if (auto* next = event.message.as<LeiosNotify>())
        receive<LeiosNotify>(*peer, *next, event.bytes, now);
    else if (auto* eb = event.message.as<LeiosFetch>())
        receive<LeiosFetch>(*peer, *eb, event.bytes, now);
    else if (auto* proposal = event.message.as<Handshake>())
        receive<Handshake>(*peer, *proposal, event.bytes, now);
    watch(*peer);
}

void ResponderBehavior::Impl::handle(io::Sent& event, Instant now) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    if (event.channel == BlockFetch::channel) {
        peer->queued_blocks = event.queued;
        block_fetch_.pull(*peer, now);
        pruning_.note(*peer, false, now);
        credit<BlockFetch>(*peer);
    } else if (event.channel == ChainSync::channel) {
        peer->queued_headers = event.queued;
        credit<ChainSync>(*peer);
    } else if (event.channel == LeiosNotify::channel) {
        peer->queued_notifications = event.queued;
        credit<LeiosNotify>(*peer);
    } else if (event.channel == LeiosFetch::channel) {
        peer->queued_ebs = event.queued;
        credit<LeiosFetch>(*peer);
    } else if (event.channel == KeepAlive::channel) {
        peer->queued_answers = event.queued;
        credit<KeepAlive>(*peer);
    } else if (event.channel == TxSubmission::channel) {
        peer->queued_tx_requests = event.queued;
        credit<TxSubmission>(*peer);
    } else if (event.channel == PeerSharing::channel) {
        peer->queued_peers = event.queued;
        credit<PeerSharing>(*peer);
    }
    watch(*peer);
}

void ResponderBehavior::Impl::tick(Instant now) {
    now_ = now;
    bans_.expire(now);
    while (const auto due = desk_.deadlines.pop_due(now)) {
        Peer* peer = find(due->second);
        if (!peer || peer->scheduled != due->first) continue;
        peer->scheduled = Instant::max();
        if (!peer->closing) {
            if (const auto violation = peer->link.overdue(now))
                desk_.close(*peer, io::Close::reset, violation->rule, *violation);
            else if (peer->idle_at <= now)
                desk_.close(*peer, io::Close::orderly, Errc::idle);
            else
                tx_submission_.look_at(*peer, now);
        }
        watch(*peer);
    }
    visitors_.each([&](PeerVisitor& visitor) { visitor.tick(now); });
    tx_submission_.tick(now);
    chain_sync_.look_again(now);
    block_fetch_.look_again(now);
    carry_out_wishes();
}

std::optional<Event> ResponderBehavior::Impl::poll_event() {
    auto event = out_.poll_event();
    if (!event) return event;
    if (const auto* tx = std::get_if<TxReceived>(&*event)) tx_submission_.taken(*tx);
    return event;
}

std::optional<InterfaceCommand<n2n::Message>> ResponderBehavior::Impl::poll_command() {
    auto command = out_.poll_command();
    if (!command || visitors_.none()) return command;
    if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
        if (const Peer* peer = find(send->connection)) {
            visitors_.each([&](PeerVisitor& visitor) {
                visitor.sending({peer->peer, send->connection}, send->role, send->message, now_);
            });
            carry_out_wishes();
        }
    }
    return command;
}

void ResponderBehavior::Impl::stop() {
    if (std::exchange(stopping_, true)) return;
    for (auto& [id, peer] : peers_)
        if (!peer->closing) desk_.close(*peer, io::Close::orderly, Errc::stopped);
}

std::vector<PeerState> ResponderBehavior::Impl::peers() const {
    std::vector<PeerState> all;
    all.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) all.push_back({id, peer->peer, peer->agreement, peer->headers, peer->blocks});
    return all;
}

std::optional<Instant> ResponderBehavior::Impl::next_deadline() const noexcept {
    if (!stopping_ && tx_submission_.wants_more()) return Instant::min();
    const Instant next =
        std::min({bans_.next_deadline().value_or(Instant::max()), desk_.deadlines.next().value_or(Instant::max()),
                  tx_submission_.next_deadline().value_or(Instant::max()), visitors_.next_deadline()});
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

template <class P>
void ResponderBehavior::Impl::receive(Peer& peer, typename P::Message& message, std::size_t bytes, Instant now) {
    const auto& machine = peer.link.machine<P>();
    Violation violation = machine.violation(Errc::none, message.index());
    violation.rule = peer.link.receive<P>(message, bytes, now);
    if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    peer.idle_at = Instant::max();
    const std::uint64_t txs = counters_.txs;
    if constexpr (std::is_same_v<P, TxSubmission>) {
        violation.rule = tx_submission_.received(peer, message, now);
        if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    } else {
        apply(peer, message, now);
    }
    // A polite end: what the peer sent ahead belongs to the next run.
    if constexpr (!std::is_same_v<P, Handshake>) {
        if (machine.done()) peer.link.restart<P>();
    }
    if (peer.closing) return;
    pruning_.note(peer, counters_.txs != txs, now);
    expect_ping(peer, now);
    credit<P>(peer);
    // Nothing of its transactions will ever be requested, so nothing that comes all the same will ever be read.
    if constexpr (std::is_same_v<P, TxSubmission>) {
        if (!config_.pull_txs && machine.ours()) {
            out_.command(io::Receive{peer.connection(), P::channel, Role::responder, 0, 0});
        }
    }
    if (peer.agreement && !peer.link.active()) arm_idle(peer, now);
}

template <class P>
void ResponderBehavior::Impl::credit(Peer& peer) {
    if (!peer.closing && peer.queued<P>() < egress_soft_limit) peer.link.give_credit<P>(out_);
}

void ResponderBehavior::Impl::apply(Peer& peer, Handshake::Message& message, Instant now) {
    peer.link.settle<Handshake>();
    const auto& proposal = std::get<Handshake::ProposeVersions>(message);
    auto outcome = choose(config_.offer, proposal.versions);
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        ++counters_.refusals;
        desk_.send<Handshake>(peer, Handshake::Refuse{failed->reason}, now);
        desk_.tell(PeerRefused{peer.connection(), peer.peer, failed->error, std::move(failed->reason),
                               std::move(failed->offered)});
        return desk_.close(peer, io::Close::orderly, failed->error);
    }
    const auto& agreement = std::get<Agreement>(outcome);
    if (agreement.data.query) {
        desk_.send<Handshake>(peer, Handshake::QueryReply{config_.offer.table()}, now);
        return desk_.close(peer, io::Close::orderly, Errc::query_answered, {}, config_.query_linger);
    }
    desk_.send<Handshake>(peer, Handshake::AcceptVersion{agreement.version, encode(agreement.version, agreement.data)},
                          now);
    welcome(peer, agreement, now);
}

void ResponderBehavior::Impl::welcome(Peer& peer, const Agreement& agreement, Instant now) {
    ++counters_.handshakes;
    peer.agreement = agreement;
    desk_.tell(PeerInitialized{peer.connection(), peer.peer, agreement});
    visitors_.each([&](PeerVisitor& visitor) { visitor.initialized({peer.peer, peer.connection()}, agreement, now); });
    // All at once: what the peer may send now is registered before anything more is read.
    peer.link.give_credit<ChainSync>(out_);
    peer.link.give_credit<BlockFetch>(out_);
    peer.link.give_credit<TxSubmission>(out_);
    peer.link.give_credit<KeepAlive>(out_);
    if (agreement.data.peer_sharing) peer.link.give_credit<PeerSharing>(out_);
    if (!config_.leios) return;
    peer.link.give_credit<LeiosNotify>(out_);
    peer.link.give_credit<LeiosFetch>(out_);
}

void ResponderBehavior::Impl::apply(Peer& peer, KeepAlive::Message& message, Instant now) {
    if (const auto* ping = std::get_if<KeepAlive::Ping>(&message)) {
        ++counters_.keep_alives;
        desk_.send<KeepAlive>(peer, KeepAlive::Pong{ping->cookie}, now);
    }
}

ResponderBehavior::ResponderBehavior(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
ResponderBehavior::ResponderBehavior(ResponderBehavior&&) noexcept = default;
ResponderBehavior& ResponderBehavior::operator=(ResponderBehavior&&) noexcept = default;
ResponderBehavior::~ResponderBehavior() = default;

void ResponderBehavior::handle_io(InterfaceEvent<Message>&& event, Instant now) { impl_->handle_io(event, now); }
Result<CommandId> ResponderBehavior::execute(Command& command, Instant now) { return impl_->execute(command, now); }
void ResponderBehavior::tick(Instant now) { impl_->tick(now); }
void ResponderBehavior::stop(Instant) { impl_->stop(); }
std::optional<Instant> ResponderBehavior::next_deadline() const noexcept { return impl_->next_deadline(); }
std::optional<InterfaceCommand<ResponderBehavior::Message>> ResponderBehavior::poll_command() {
    return impl_->poll_command();
}
std::optional<responder::Event> ResponderBehavior::poll_event() { return impl_->poll_event(); }
bool ResponderBehavior::has_event() const noexcept { return impl_->has_event(); }
bool ResponderBehavior::idle() const noexcept { return impl_->idle(); }
std::vector<responder::PeerState> ResponderBehavior::peers() const { return impl_->peers(); }
std::vector<responder::Ban> ResponderBehavior::bans() const { return impl_->bans(); }
const responder::Counters& ResponderBehavior::counters() const noexcept { return impl_->counters(); }

static_assert(Behavior<ResponderBehavior>);

}  // namespace ouro
