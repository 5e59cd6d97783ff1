#include "local_responder_impl.hpp"

namespace ouro {

using namespace local_responder;

std::string local_responder::to_string(const PeerRefused& event) {
    return ouro::to_string(event.reason, event.offered_versions);
}

void LocalResponderBehavior::Impl::handle_io(InterfaceEvent<n2c::Message>& event, Instant now) {
    now_ = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
}

void LocalResponderBehavior::Impl::handle(io::Connected& event) {
    // Its requests would be events, which stay when it is gone: connections that come and go would add them without
    // end.
    if (out_.events() >= config_.max_events) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{event.connection, io::Close::reset, Errc::queue_full, {}, 5s});
    }
    auto owned = std::make_unique<Peer>(event.connection, event.peer);
    Peer& peer = *owned;
    peers_.emplace(event.connection, std::move(owned));
    ++counters_.connections;
    if (stopping_) return close(peer, io::Close::reset, Errc::stopped);
    tell(PeerConnected{event.connection, event.peer});
    peer.link.give_credit<n2c::Handshake>(out_);
    deadlines_.push(now_ + config_.handshake_timeout, event.connection);
}

void LocalResponderBehavior::Impl::handle(io::Disconnected& event) {
    const auto it = peers_.find(event.connection);
    if (it == peers_.end()) return;
    if (event.violation.rule != Errc::none) ++counters_.violations;
    it->second->link.locate(event.violation);
    std::erase(waiting_, it->second.get());
    std::erase(reading_, it->second.get());
    tell(PeerDisconnected{event.connection, event.peer, event.reason, event.system, event.violation});
    peers_.erase(it);
}

void LocalResponderBehavior::Impl::handle(io::Recv<n2c::Message>& event) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    if (auto* follow = event.message.as<LocalChainSync>())
        receive<LocalChainSync>(*peer, *follow, event.bytes);
    else if (auto* tx = event.message.as<LocalTxSubmission>())
        receive<LocalTxSubmission>(*peer, *tx, event.bytes);
    else if (auto* state = event.message.as<LocalStateQuery>())
        receive<LocalStateQuery>(*peer, *state, event.bytes);
    else if (auto* mempool = event.message.as<LocalTxMonitor>())
        receive<LocalTxMonitor>(*peer, *mempool, event.bytes);
    else if (auto* proposal = event.message.as<n2c::Handshake>())
        receive<n2c::Handshake>(*peer, *proposal, event.bytes);
}

void LocalResponderBehavior::Impl::handle(io::Sent& event) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    const auto left = [&]<class P>(std::type_identity<P>) {
        if (event.channel != P::channel) return;
        peer->queued<P>() = event.queued;
        credit<P>(*peer);
    };
    left(std::type_identity<LocalChainSync>{});
    left(std::type_identity<LocalTxSubmission>{});
    left(std::type_identity<LocalStateQuery>{});
    left(std::type_identity<LocalTxMonitor>{});
}

template <class P>
void LocalResponderBehavior::Impl::receive(Peer& peer, typename P::Message& message, std::size_t bytes) {
    const auto& machine = peer.link.machine<P>();
    Violation violation = machine.violation(Errc::none, message.index());
    violation.rule = peer.link.receive<P>(message, bytes, now_);
    if (violation.rule != Errc::none) return close(peer, io::Close::reset, violation.rule, violation);
    if constexpr (std::is_same_v<P, n2c::Handshake>) {
        apply(peer, message);
    } else {
        if constexpr (std::is_same_v<P, LocalChainSync>)
            apply(peer, message);
        else
            ask<P>(peer, message);
        // A polite end: what the client sent ahead belongs to the next run.
        if (machine.done()) peer.link.restart<P>();
        credit<P>(peer);
    }
}

void LocalResponderBehavior::Impl::apply(Peer& peer, n2c::Handshake::Message& message) {
    peer.link.settle<n2c::Handshake>();
    const auto& proposal = std::get<Handshake::ProposeVersions>(message);
    auto outcome = choose(config_.offer, proposal.versions);
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        ++counters_.refusals;
        peer.link.send<n2c::Handshake>(Handshake::Refuse{failed->reason}, now_, out_);
        tell(PeerRefused{peer.connection(), peer.peer, failed->error, std::move(failed->reason),
                         std::move(failed->offered)});
        return close(peer, io::Close::orderly, failed->error);
    }
    const auto& agreement = std::get<Agreement>(outcome);
    if (agreement.data.query) {
        peer.link.send<n2c::Handshake>(Handshake::QueryReply{config_.offer.table()}, now_, out_);
        return close(peer, io::Close::orderly, Errc::query_answered, {}, config_.query_linger);
    }
    ++counters_.handshakes;
    peer.agreement = agreement;
    peer.link.send<n2c::Handshake>(
        Handshake::AcceptVersion{agreement.version, encode(agreement.version, agreement.data)}, now_, out_);
    tell(PeerInitialized{peer.connection(), peer.peer, agreement});
    // All at once: what the client may send now is registered before anything more is read.
    credit<LocalChainSync>(peer);
    credit<LocalTxSubmission>(peer);
    credit<LocalStateQuery>(peer);
    credit<LocalTxMonitor>(peer);
}

void LocalResponderBehavior::Impl::apply(Peer& peer, LocalChainSync::Message& message) {
    if (!source_) return ask<LocalChainSync>(peer, message);
    if (const auto* find = std::get_if<LocalChainSync::FindIntersect>(&message)) {
        auto answer = source_->intersect(peer.follower, find->points);
        if (const auto* found = std::get_if<ChainSync::IntersectFound>(&answer))
            send<LocalChainSync>(peer, *found);
        else
            send<LocalChainSync>(peer, std::get<ChainSync::IntersectNotFound>(answer));
    } else if (std::holds_alternative<LocalChainSync::RequestNext>(message)) {
        const Served served = serve(peer);
        if (served == Served::pending) reading_.push_back(&peer);
        if (served != Served::at_tip) return;
        send<LocalChainSync>(peer, LocalChainSync::AwaitReply{});
        waiting_.push_back(&peer);
    } else {
        peer.follower = {};  // after Done the next run begins where every run does
    }
}

LocalResponderBehavior::Impl::Served LocalResponderBehavior::Impl::serve(Peer& peer) {
    const ChainView& chain = source_->chain();
    auto& follower = peer.follower;
    if (std::exchange(follower.roll_back, false)) {
        const auto point = source_->point(follower.position);
        if (point)
            send<LocalChainSync>(peer, LocalChainSync::RollBackward{*point, chain.tip()});
        else
            close(peer, io::Close::reset, point.error());
        return Served::yes;
    }
    if (follower.position >= chain.size()) return Served::at_tip;
    auto block = chain.block(follower.position + 1);
    if (block.error() == Errc::pending) return Served::pending;
    if (!block) {
        close(peer, io::Close::reset, block.error());
        return Served::yes;
    }
    ++follower.position;
    ++peer.blocks;
    ++counters_.blocks;
    send<LocalChainSync>(peer, LocalChainSync::RollForward{*std::move(block), chain.tip()});
    return Served::yes;
}

void LocalResponderBehavior::Impl::serve(std::vector<Peer*>& peers) {
    std::vector<Peer*> stay;
    for (Peer* const peer : std::exchange(peers, {})) {
        if (peer->closing) continue;
        const Served served = serve(*peer);
        if (served == Served::pending) reading_.push_back(peer);
        // The block was taken back while it was read, and the follower has not got AwaitReply yet.
        if (served == Served::at_tip && &peers == &reading_) send<LocalChainSync>(*peer, LocalChainSync::AwaitReply{});
        if (served == Served::at_tip) stay.push_back(peer);
    }
    waiting_.insert(waiting_.end(), stay.begin(), stay.end());
}

template <class P>
void LocalResponderBehavior::Impl::ask(Peer& peer, typename P::Message& message) {
    ++counters_.requests;
    out_.event(Requested{peer.connection(), peer.peer, n2c::Message::of<P>(std::move(message))});
}

Result<CommandId> LocalResponderBehavior::Impl::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    now_ = now;
    const Errc error = std::visit([&](auto& wish) { return carry_out(wish); }, command);
    if (error != Errc::none) return error;
    return CommandId{next_command_++};
}

Errc LocalResponderBehavior::Impl::carry_out(Answer& answer) {
    Peer* peer = find(answer.connection);
    if (!peer || peer->closing) return Errc::unknown_peer;
    if (auto* follow = answer.message.as<LocalChainSync>())
        return source_ ? Errc::not_our_turn : send<LocalChainSync>(*peer, std::move(*follow));
    if (auto* tx = answer.message.as<LocalTxSubmission>()) return send<LocalTxSubmission>(*peer, std::move(*tx));
    if (auto* state = answer.message.as<LocalStateQuery>()) return send<LocalStateQuery>(*peer, std::move(*state));
    if (auto* mempool = answer.message.as<LocalTxMonitor>()) return send<LocalTxMonitor>(*peer, std::move(*mempool));
    return Errc::not_our_turn;  // the handshake is not the user's
}

Errc LocalResponderBehavior::Impl::carry_out(ChainChanged& change) {
    for (const auto& [id, peer] : peers_) ChainSource::changed(peer->follower, change.common);
    serve(waiting_);
    serve(reading_);
    return Errc::none;
}

Errc LocalResponderBehavior::Impl::carry_out(Housekeeping&) {
    serve(reading_);
    return Errc::none;
}

Errc LocalResponderBehavior::Impl::carry_out(DisconnectPeer& wish) {
    Peer* peer = find(wish.connection);
    if (!peer) return Errc::unknown_peer;
    if (!peer->closing) close(*peer, io::Close::orderly, Errc::disconnected);
    return Errc::none;
}

void LocalResponderBehavior::Impl::tick(Instant now) {
    now_ = now;
    while (const auto due = deadlines_.pop_due(now)) {
        Peer* peer = find(due->second);
        if (!peer || peer->closing || peer->agreement) continue;
        close(*peer, io::Close::reset, Errc::state_timeout,
              peer->link.machine<n2c::Handshake>().violation(Errc::state_timeout));
    }
    serve(reading_);
}

void LocalResponderBehavior::Impl::stop() {
    if (std::exchange(stopping_, true)) return;
    for (auto& [id, peer] : peers_)
        if (!peer->closing) close(*peer, io::Close::orderly, Errc::stopped);
}

std::vector<PeerState> LocalResponderBehavior::Impl::peers() const {
    std::vector<PeerState> all;
    all.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) all.push_back({id, peer->peer, peer->agreement, peer->blocks});
    return all;
}

LocalResponderBehavior::Impl::Peer* LocalResponderBehavior::Impl::find(ConnectionId connection) const noexcept {
    const auto it = peers_.find(connection);
    return it == peers_.end() ? nullptr : it->second.get();
}

// The next request is read only while there is room for its answer: whoever does not read is not served more.
template <class P>
Errc LocalResponderBehavior::Impl::send(Peer& peer, typename P::Message message) {
    const std::size_t bytes = encoded_bytes(message);
    const Errc error = peer.link.send<P>(std::move(message), now_, out_, false);
    if (error != Errc::none) return error;
    peer.queued<P>() += bytes;
    credit<P>(peer);
    return Errc::none;
}

template <class P>
void LocalResponderBehavior::Impl::credit(Peer& peer) {
    if (!peer.closing && peer.queued<P>() < config_.bytes_ahead) peer.link.give_credit<P>(out_, config_.message_bytes);
}

void LocalResponderBehavior::Impl::tell(Event event) {
    if (out_.events() < config_.max_events)
        out_.event(std::move(event));
    else
        ++counters_.events_dropped;
}

void LocalResponderBehavior::Impl::close(Peer& peer, io::Close how, Errc reason, const Violation& violation,
                                         Duration linger) {
    peer.closing = true;
    out_.command(io::Disconnect{peer.connection(), how, reason, violation, linger});
}

LocalResponderBehavior::LocalResponderBehavior(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
LocalResponderBehavior::LocalResponderBehavior(LocalResponderBehavior&&) noexcept = default;
LocalResponderBehavior& LocalResponderBehavior::operator=(LocalResponderBehavior&&) noexcept = default;
LocalResponderBehavior::~LocalResponderBehavior() = default;

void LocalResponderBehavior::handle_io(InterfaceEvent<Message>&& event, Instant now) { impl_->handle_io(event, now); }
Result<CommandId> LocalResponderBehavior::execute(Command& command, Instant now) {
    return impl_->execute(command, now);
}
void LocalResponderBehavior::tick(Instant now) { impl_->tick(now); }
void LocalResponderBehavior::stop(Instant) { impl_->stop(); }
std::optional<Instant> LocalResponderBehavior::next_deadline() const noexcept { return impl_->next_deadline(); }
std::optional<InterfaceCommand<LocalResponderBehavior::Message>> LocalResponderBehavior::poll_command() {
    return impl_->poll_command();
}
std::optional<local_responder::Event> LocalResponderBehavior::poll_event() { return impl_->poll_event(); }
bool LocalResponderBehavior::has_event() const noexcept { return impl_->has_event(); }
bool LocalResponderBehavior::idle() const noexcept { return impl_->idle(); }
std::vector<local_responder::PeerState> LocalResponderBehavior::peers() const { return impl_->peers(); }
const local_responder::Counters& LocalResponderBehavior::counters() const noexcept { return impl_->counters(); }

static_assert(Behavior<LocalResponderBehavior>);

}  // namespace ouro
