#include <algorithm>
#include <stdexcept>

#include "../protocol/unknown_era.hpp"
#include "initiator_impl.hpp"

namespace ouro {

using namespace initiator;

namespace {

constexpr std::uint32_t most_headers_ahead = 300;        // what a peer's queue for chain-sync is made for
constexpr std::uint32_t most_notifications_ahead = 100;  // the prototype's pipelining depth
constexpr std::uint32_t most_ebs_ahead = 20;             // answers of 2,500,000 bytes in a queue of 57,671,680

Config sane(Config config) {
    if (check(config.targets) != Errc::none) throw std::invalid_argument("targets of peers that make no sense");
    config.sync_window = std::min(config.sync_window, most_headers_ahead);
    config.events_bytes = std::max<std::size_t>(config.events_bytes, 1);  // else there is never room for a block
    config.notify_window = std::min(config.notify_window, most_notifications_ahead);
    config.eb_requests_in_flight = std::clamp(config.eb_requests_in_flight, 1U, most_ebs_ahead);
    config.history = std::max<std::size_t>(config.history, 1);  // the next header follows the newest one
    return config;
}

}  // namespace

std::string initiator::to_string(const PeerRefused& event) {
    return event.by_peer ? ouro::to_string(event.reason) : ouro::to_string(event.reason, event.offered_versions);
}

InitiatorBehavior::Impl::Impl(Config config)
    : config_(sane(std::move(config))),
      visitors_(config_.visitors),
      desk_{config_, out_, visitors_, config_.seed},
      book_(desk_),
      promotion_(desk_, book_),
      churn_(desk_, book_, promotion_),
      discovery_(desk_, book_, promotion_),
      connection_(desk_, book_),
      handshake_(desk_),
      keep_alive_(desk_),
      chain_sync_(desk_, book_.hot()),
      block_fetch_(desk_, book_.hot()),
      tx_submission_(desk_, book_.hot()),
      leios_notify_(desk_, book_.hot()),
      leios_fetch_(desk_, book_.hot()) {}

void InitiatorBehavior::Impl::handle_io(InterfaceEvent<Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
    settle();
}

void InitiatorBehavior::Impl::handle(io::Connected& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer || peer->stage != Stage::dialling) return;
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({peer->id, event.connection}, desk_.now); });
    handshake_.connected(*peer);
}

void InitiatorBehavior::Impl::handle(io::Disconnected& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer) return;
    if (peer->link) peer->link->locate(event.violation);
    if (peer->paused && event.reason == Errc::ingress_overflow) {
        event.reason = Errc::queue_full;  // it sent what we had asked for: the user has not taken it
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
    desk_.watch(*peer);
}

void InitiatorBehavior::Impl::handle(io::Recv<n2n::Message>& event) {
    Peer* peer = connection_.find(event.connection);
    if (!peer || !peer->link || event.role != Role::initiator) return;
    if (peer->stage == Stage::closing && peer->parting == Errc::none) return;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.received({peer->id, event.connection}, event.role, event.message, event.bytes, desk_.now);
    });
    if (auto* header = event.message.as<ChainSync>())
        receive<ChainSync>(*peer, *header, event.bytes);
    else if (auto* block = event.message.as<BlockFetch>())
        receive<BlockFetch>(*peer, *block, event.bytes);
    else if (auto* pong = event.message.as<KeepAlive>())
        receive<KeepAlive>(*peer, *pong, event.bytes);
    else if (auto* shared = event.message.as<PeerSharing>())
        receive<PeerSharing>(*peer, *shared, event.bytes);
    else if (auto* wish = event.message.as<TxSubmission>())
        receive<TxSubmission>(*peer, *wish, event.bytes);
    else if (auto* told = event.message.as<LeiosNotify>())
        receive<LeiosNotify>(*peer, *told, event.bytes);
    else if (auto* eb = event.message.as<LeiosFetch>())
        receive<LeiosFetch>(*peer, *eb, event.bytes);
    else if (auto* answer = event.message.as<Handshake>())
        receive<Handshake>(*peer, *answer, event.bytes);
    desk_.watch(*peer);
}

void InitiatorBehavior::Impl::handle(io::Sent& event) {
    if (event.channel != TxSubmission::channel || event.role != Role::initiator) return;
    Peer* peer = connection_.find(event.connection);
    if (peer && peer->ready()) tx_submission_.sent(*peer, event.queued);
}

template <class P>
void InitiatorBehavior::Impl::receive(Peer& peer, typename P::Message& message, std::size_t bytes) {
    const auto& machine = peer.link->machine<P>();
    const auto before = machine.state();
    Violation violation = machine.violation(Errc::none, message.index());
    violation.rule = peer.link->receive<P>(message, bytes, desk_.now);
    const bool parting = peer.parting != Errc::none;
    const bool wanted = !parting || std::is_same_v<P, KeepAlive>;
    if (violation.rule == Errc::none && wanted) violation.rule = apply(peer, message, before);
    detail::name_era(violation, message);
    if (violation.rule != Errc::none) return drop(peer, io::Close::reset, violation.rule, violation);
    if (parting) return part_further(peer);
    if (peer.stage == Stage::closing) return;
    credit<P>(peer);
    cooled(peer);
}

template <class P>
void InitiatorBehavior::Impl::credit(Peer& peer) {
    if constexpr (std::is_same_v<P, BlockFetch>) {
        if (block_fetch_.full()) return block_fetch_.pause(peer);
    }
    if constexpr (std::is_same_v<P, LeiosFetch>) {
        if (leios_fetch_.paused(peer)) return;
    }
    if constexpr (std::is_same_v<P, TxSubmission>) return tx_submission_.credit(peer);
    peer.link->give_credit<P>(out_);
}

Errc InitiatorBehavior::Impl::apply(Peer& peer, Handshake::Message& message, Handshake::State) {
    const Errc error = handshake_.received(peer, message);
    if (!peer.ready()) {
        promotion_.stir(peer);
        return error;
    }
    initialized(peer);
    return Errc::none;
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, KeepAlive::Message& message, KeepAlive::State) {
    return keep_alive_.received(peer, message);
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, ChainSync::Message& message, ChainSync::State before) {
    const Errc error = chain_sync_.received(peer, message, before);
    if (Peer* debtor = chain_sync_.take_debtor()) leave_debtor(*debtor);
    if (error == Errc::none) chain_sync_.give_up(book_.known());
    if (!peer.root() && chain_sync_.passed_over(peer)) {
        // Somebody else shall have its place.
        peer.heat_at = desk_.now + config_.passed_over_delay;
        cool(peer);
    }
    return error;
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, BlockFetch::Message& message, BlockFetch::State) {
    const Errc error = block_fetch_.received(peer, message);
    if (error == Errc::none) block_fetch_.assign();
    return error;
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, TxSubmission::Message& message, TxSubmission::State) {
    return tx_submission_.received(peer, message);
}

Errc InitiatorBehavior::Impl::apply(Peer& peer, PeerSharing::Message& message, PeerSharing::State) {
    return discovery_.received(peer, message);
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State) {
    leios_fetch_.offered(peer, message);
    leios_notify_.received(peer, message);
    return Errc::none;
}
Errc InitiatorBehavior::Impl::apply(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State) {
    const Errc error = leios_fetch_.received(peer, message);
    if (error == Errc::none) leios_fetch_.assign();
    return error;
}

void InitiatorBehavior::Impl::tick(Instant now) {
    desk_.now = now;
    while (const auto due = desk_.deadlines.pop_due(now)) {
        Peer* peer = book_.find(due->second);
        if (!peer || peer->scheduled != due->first) continue;
        peer->scheduled = Instant::max();
        look_at(*peer);
    }
    visitors_.each([&](PeerVisitor& visitor) { visitor.tick(now); });
    promotion_.unblock();
    discovery_.tick();
    block_fetch_.tick();
    tx_submission_.tick();
    leios_fetch_.tick();
    chain_sync_.tick();
    settle();
    chain_sync_.top_up();
    resume_blocks();
    resume_leios();
    resume_txs();
}

void InitiatorBehavior::Impl::look_at(Peer& peer) {
    const Instant now = desk_.now;
    if (peer.link && peer.stage != Stage::closing) {
        peer.link->tell_stalls(now, [&](const AnyMachine& machine) {
            out_.event(Stalled{peer.id, machine.table().protocol, machine.state_name(), machine.waiting_since()});
            if (machine.table().channel == ChainSync::channel) chain_sync_.stalled(peer);
        });
        if (const auto violation = peer.link->overdue(now)) drop(peer, io::Close::reset, violation->rule, *violation);
    }
    if (peer.ready() || peer.parting != Errc::none) keep_alive_.tick(peer);
    if (peer.ready()) discovery_.tick(peer);
    block_fetch_.late(peer);
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
    desk_.watch(peer);
}

void InitiatorBehavior::Impl::settle() {
    carry_out_wishes();
    if (stopping_) return;
    do {
        discovery_.decide();  // whom it comes to know may be dialled at once
        while (const auto decision = promotion_.decide()) carry_out(*decision);
        for (Peer* peer : discovery_.surplus()) forget(*peer);
    } while (churn_.advance());
}

void InitiatorBehavior::Impl::carry_out(const PromotionPart::Decision& decision) {
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
    desk_.watch(peer);
}

void InitiatorBehavior::Impl::stop(Instant now) {
    desk_.now = now;
    if (std::exchange(stopping_, true)) return;
    chain_sync_.end(Errc::stopped);
    discovery_.stop();
    block_fetch_.stop();
    book_.each_established([&](Peer& peer) { leios_fetch_.stop(peer); });
    leios_fetch_.stop();
    tx_submission_.stop();
    book_.each([&](Peer& peer) {
        if (peer.stage != Stage::waiting) leave(peer, Errc::stopped, false);
    });
}

std::optional<Instant> InitiatorBehavior::Impl::next_deadline() const noexcept {
    if (attention()) return Instant::min();
    Instant next = std::min(desk_.deadlines.next().value_or(Instant::max()), chain_sync_.next_deadline());
    next = std::min(next, block_fetch_.next_deadline().value_or(Instant::max()));
    next = std::min(next, tx_submission_.next_deadline().value_or(Instant::max()));
    next = std::min(next, leios_fetch_.next_deadline().value_or(Instant::max()));
    if (!stopping_)
        next = std::min({next, churn_.next_deadline(), discovery_.next_deadline().value_or(Instant::max())});
    next = std::min(next, visitors_.next_deadline());
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

std::optional<InterfaceCommand<n2n::Message>> InitiatorBehavior::Impl::poll_command() {
    auto command = out_.poll_command();
    if (!command || visitors_.none()) return command;
    if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
        if (const Peer* peer = connection_.find(send->connection)) {
            visitors_.each([&](PeerVisitor& visitor) {
                visitor.sending({peer->id, send->connection}, send->role, send->message, desk_.now);
            });
            settle();
        }
    }
    return command;
}

std::optional<Event> InitiatorBehavior::Impl::poll_event() {
    auto event = out_.poll_event();
    if (!event) return event;
    if (const auto* forward = std::get_if<RollForward>(&*event))
        chain_sync_.taken(forward->command);
    else if (const auto* back = std::get_if<RollBackward>(&*event))
        chain_sync_.taken(back->command);
    else if (const auto* block = std::get_if<BlockReceived>(&*event))
        block_fetch_.taken(block->block);
    else if (const auto* eb = std::get_if<EbFetched>(&*event))
        leios_fetch_.taken(*eb);
    else if (const auto* txs = std::get_if<EbTxsFetched>(&*event))
        leios_fetch_.taken(*txs);
    else if (const auto* told = std::get_if<EbNotification>(&*event))
        if (Peer* peer = book_.find(told->peer)) leios_notify_.taken(*peer);
    return event;
}

std::vector<PeerState> InitiatorBehavior::Impl::peers() const {
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

std::vector<PeerId> InitiatorBehavior::Impl::shareable() const {
    std::vector<PeerId> some;
    book_.each([&](const Peer& peer) {
        if (peer.advertise && peer.proven && peer.failures == 0 && peer.temperature != Temperature::banned)
            some.push_back(peer.id);
    });
    return some;
}

void InitiatorBehavior::Impl::resume_blocks() {
    if (!block_fetch_.drained()) return;
    const auto resume = [&](Peer& peer) {
        if (!peer.paused) return;
        block_fetch_.resume(peer);
        credit<BlockFetch>(peer);
        desk_.watch(peer);
    };
    if (block_fetch_.paused()) book_.each_established(resume);
    block_fetch_.go_on();
}

void InitiatorBehavior::Impl::resume_leios() {
    leios_notify_.tick();
    if (!leios_fetch_.wants_more()) return;
    book_.each_established([&](Peer& peer) { leios_fetch_.resume(peer); });
    leios_fetch_.assign();
}

void InitiatorBehavior::Impl::resume_txs() {
    if (!tx_submission_.wants_more()) return;
    book_.each_established([&](Peer& peer) { tx_submission_.credit(peer); });
}

// Something can go on because the user took events.
bool InitiatorBehavior::Impl::attention() const noexcept {
    if (stopping_) return false;
    if (chain_sync_.wants_more() || leios_notify_.wants_more() || leios_fetch_.wants_more()) return true;
    if (tx_submission_.wants_more()) return true;
    if (promotion_.blocked() && out_.events() < config_.max_events) return true;
    return block_fetch_.wants_more();
}

InitiatorBehavior::InitiatorBehavior(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
InitiatorBehavior::InitiatorBehavior(InitiatorBehavior&&) noexcept = default;
InitiatorBehavior& InitiatorBehavior::operator=(InitiatorBehavior&&) noexcept = default;
InitiatorBehavior::~InitiatorBehavior() = default;

void InitiatorBehavior::handle_io(InterfaceEvent<Message>&& event, Instant now) { impl_->handle_io(event, now); }
Result<CommandId> InitiatorBehavior::execute(Command& command, Instant now) { return impl_->execute(command, now); }
void InitiatorBehavior::tick(Instant now) { impl_->tick(now); }
void InitiatorBehavior::stop(Instant now) { impl_->stop(now); }
std::optional<Instant> InitiatorBehavior::next_deadline() const noexcept { return impl_->next_deadline(); }
std::optional<InterfaceCommand<InitiatorBehavior::Message>> InitiatorBehavior::poll_command() {
    return impl_->poll_command();
}
std::optional<initiator::Event> InitiatorBehavior::poll_event() { return impl_->poll_event(); }
bool InitiatorBehavior::has_event() const noexcept { return impl_->has_event(); }
bool InitiatorBehavior::idle() const noexcept { return impl_->idle(); }
std::vector<initiator::PeerState> InitiatorBehavior::peers() const { return impl_->peers(); }
initiator::Counters InitiatorBehavior::counters() const noexcept { return impl_->counters(); }
std::vector<PeerId> InitiatorBehavior::shareable() const { return impl_->shareable(); }

static_assert(Behavior<InitiatorBehavior>);

}  // namespace ouro
