#include <algorithm>

#include "../protocol/unknown_era.hpp"
#include "local_initiator_impl.hpp"

namespace ouro {

using namespace local_initiator;

namespace {

Errc error_of(const RefuseReason& reason) {
    if (std::holds_alternative<VersionMismatch>(reason)) return Errc::version_mismatch;
    if (std::holds_alternative<HandshakeDecodeError>(reason)) return Errc::version_data;
    return Errc::handshake_refused;
}

/// Whether the limit that was passed is the user's own, of an answer, and not the protocol's.
bool answer_too_large(const Violation& violation) {
    return violation.rule == Errc::message_too_large &&
           (violation.protocol == LocalStateQuery::name || violation.protocol == LocalTxMonitor::name);
}

}  // namespace

LocalInitiatorBehavior::Impl::Impl(Config config)
    : config_(std::move(config)),
      desk_{config_, out_},
      chain_sync_(desk_),
      tx_submission_(desk_),
      state_query_(desk_),
      tx_monitor_(desk_) {}

void LocalInitiatorBehavior::Impl::handle_io(InterfaceEvent<n2c::Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
}

void LocalInitiatorBehavior::Impl::handle(io::Connected& event) {
    if (event.connection != connection_ || stage_ != Stage::dialling) return;
    stage_ = Stage::handshaking;
    due_ = desk_.now + config_.handshake_timeout;
    desk_.link =
        std::make_unique<local_initiator::Link>(connection_, 1);  // nothing is drawn: these protocols know no times
    desk_.link->send<n2c::Handshake>(n2c::Handshake::ProposeVersions{config_.offer.table()}, desk_.now, out_);
}

void LocalInitiatorBehavior::Impl::handle(io::Recv<n2c::Message>& event) {
    if (event.connection != connection_ || !desk_.link || stage_ == Stage::closing || event.role != Role::initiator)
        return;
    if (auto* block = event.message.as<LocalChainSync>())
        receive<LocalChainSync>(*block, event.bytes);
    else if (auto* verdict = event.message.as<LocalTxSubmission>())
        receive<LocalTxSubmission>(*verdict, event.bytes);
    else if (auto* state = event.message.as<LocalStateQuery>())
        receive<LocalStateQuery>(*state, event.bytes);
    else if (auto* mempool = event.message.as<LocalTxMonitor>())
        receive<LocalTxMonitor>(*mempool, event.bytes);
    else if (auto* answer = event.message.as<n2c::Handshake>())
        receive<n2c::Handshake>(*answer, event.bytes);
}

template <class P>
void LocalInitiatorBehavior::Impl::receive(typename P::Message& message, std::size_t bytes) {
    const auto& machine = desk_.link->machine<P>();
    const auto before = machine.state();
    Violation violation = machine.violation(Errc::none, message.index());
    violation.rule = desk_.link->receive<P>(message, bytes, desk_.now);
    if (violation.rule == Errc::none) violation.rule = apply(message, before);
    detail::name_era(violation, message);
    if (violation.rule != Errc::none) close(io::Close::reset, violation.rule, violation);
}

Errc LocalInitiatorBehavior::Impl::apply(LocalChainSync::Message& message, LocalChainSync::State before) {
    return chain_sync_.received(message, before);
}
Errc LocalInitiatorBehavior::Impl::apply(LocalTxSubmission::Message& message, LocalTxSubmission::State) {
    tx_submission_.received(message);
    return Errc::none;
}
Errc LocalInitiatorBehavior::Impl::apply(LocalStateQuery::Message& message, LocalStateQuery::State) {
    state_query_.received(message);
    return Errc::none;
}
Errc LocalInitiatorBehavior::Impl::apply(LocalTxMonitor::Message& message, LocalTxMonitor::State) {
    tx_monitor_.received(message);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::apply(n2c::Handshake::Message& message, n2c::Handshake::State) {
    const auto& offer = config_.offer;
    if (const auto* accept = std::get_if<Handshake::AcceptVersion>(&message)) {
        if (!offer.data.query) return settle(confirm(offer, *accept));
        // A node that does not know the query flag accepts: that answers the query, too.
        out_.event(VersionsAnswered{connect_, node_, VersionTable({{accept->version, accept->data}})});
        close(io::Close::reset, Errc::query_answered);
    } else if (auto* reply = std::get_if<Handshake::QueryReply>(&message)) {
        if (!offer.data.query) return Errc::out_of_turn;
        out_.event(VersionsAnswered{connect_, node_, std::move(reply->versions)});
        close(io::Close::reset, Errc::query_answered);
    } else if (auto* refuse = std::get_if<Handshake::Refuse>(&message)) {
        const Errc error = error_of(refuse->reason);
        refusal_ = std::move(refuse->reason);
        close(io::Close::reset, error);
    } else {
        return Errc::out_of_turn;  // a node does not dial its clients
    }
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::settle(std::variant<Agreement, Disagreement> outcome) {
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        refusal_ = std::move(failed->reason);
        return failed->error;
    }
    desk_.agreement = std::get<Agreement>(outcome);
    stage_ = Stage::ready;
    failures_ = 0;
    due_ = connect_by_ = Instant::max();
    out_.event(Connected{connect_, node_, *desk_.agreement});
    // A credit for nothing ends the handshake: from now on it is noticed when the node leaves, and when it speaks
    // without being asked.
    out_.command(io::Receive{connection_, LocalStateQuery::channel, Role::initiator, 0, 0});
    advance();
    return Errc::none;
}

void LocalInitiatorBehavior::Impl::handle(io::Disconnected& event) {
    if (event.connection != connection_) return;
    if (desk_.link) desk_.link->locate(event.violation);
    const bool again = tries_again(event.reason);
    if (answer_too_large(event.violation)) {
        event.reason = Errc::answer_too_large;
        event.violation = {};
    }
    connection_ = {};
    reason_ = event.reason;
    Disconnected told{connect_, node_, event.reason, event.system, event.violation, std::move(refusal_), {}};
    refusal_.reset();
    if (event.violation.rule != Errc::none) told.point = chain_sync_.broken_at();
    if (again) {
        stage_ = Stage::waiting;
        told.retry_at = due_ = schedule();
    } else {
        stage_ = Stage::idle;
        due_ = connect_by_ = Instant::max();
    }
    out_.event(std::move(told));  // before what ends with it, so that whoever hears of an end can ask for the reason
    lose(event.reason, again);
}

void LocalInitiatorBehavior::Impl::lose(Errc reason, bool again) {
    desk_.agreement.reset();
    chain_sync_.lost(reason, again);
    tx_submission_.lost(reason, again);
    state_query_.lost(reason, again);
    tx_monitor_.lost(reason, again);
    desk_.link.reset();
}

bool LocalInitiatorBehavior::Impl::tries_again(Errc reason) const noexcept {
    if (!config_.reconnect || !wanted_ || refusal_) return false;
    if (config_.reconnect->tries != 0 && failures_ >= config_.reconnect->tries) return false;
    return fault(reason) == Fault::wire || fault(reason) == Fault::theirs || reason == Errc::answer_too_large;
}

Instant LocalInitiatorBehavior::Impl::schedule() {
    const Reconnect& policy = *config_.reconnect;
    Duration wait = policy.first;
    for (std::uint32_t i = 0; i < failures_ && wait < policy.most; ++i) wait *= 2;
    ++failures_;
    return desk_.now + std::min(wait, policy.most);
}

void LocalInitiatorBehavior::Impl::dial() {
    connection_ = make_connection_id(Direction::outbound, ++dialled_);
    stage_ = Stage::dialling;
    due_ = desk_.now + config_.dial_timeout;
    out_.command(io::Connect{connection_, node_});
}

void LocalInitiatorBehavior::Impl::close(io::Close how, Errc reason, const Violation& violation) {
    stage_ = Stage::closing;
    due_ = Instant::max();
    closing_for_ = reason;
    desk_.agreement.reset();
    out_.command(io::Disconnect{connection_, how, reason, violation});
}

// What is not legal now is not sent: nothing was held that could be released, or an answer is still to come.
template <class P>
void LocalInitiatorBehavior::Impl::say_goodbye(typename P::Message message) {
    if (desk_.link->begun<P>()) desk_.link->send<P>(std::move(message), desk_.now, out_);
}

void LocalInitiatorBehavior::Impl::leave(Errc reason) {
    wanted_ = false;
    connect_by_ = Instant::max();
    if (stage_ == Stage::waiting) {
        stage_ = Stage::idle;
        due_ = Instant::max();
        reason_ = reason;
        lose(reason, false);
        out_.event(Disconnected{connect_, node_, reason, {}, {}, {}, {}});
    }
    if (stage_ == Stage::idle || stage_ == Stage::closing) return;
    if (stage_ != Stage::ready) {
        close(io::Close::reset, reason);
        return lose(reason, false);
    }
    say_goodbye<LocalChainSync>(LocalChainSync::Done{});
    say_goodbye<LocalTxSubmission>(LocalTxSubmission::Done{});
    say_goodbye<LocalStateQuery>(LocalStateQuery::Release{});
    say_goodbye<LocalStateQuery>(LocalStateQuery::Done{});
    say_goodbye<LocalTxMonitor>(LocalTxMonitor::Release{});
    say_goodbye<LocalTxMonitor>(LocalTxMonitor::Done{});
    close(io::Close::orderly, reason);
    lose(reason, false);  // the node may take its time to close its side
}

void LocalInitiatorBehavior::Impl::advance() {
    chain_sync_.advance();
    tx_submission_.advance();
    state_query_.advance();
    tx_monitor_.advance();
}

void LocalInitiatorBehavior::Impl::give_up(CommandId command, Errc reason) {
    (void)(chain_sync_.give_up(command, reason) || tx_submission_.give_up(command, reason) ||
           state_query_.give_up(command, reason) || tx_monitor_.give_up(command, reason));
}

void LocalInitiatorBehavior::Impl::tick(Instant now) {
    desk_.now = now;
    while (!desk_.deadlines.empty() && desk_.deadlines.begin()->first <= now)
        give_up(desk_.deadlines.begin()->second, Errc::deadline_passed);  // which takes it out of these
    if (connect_by_ <= now) leave(Errc::deadline_passed);
    if (due_ <= now) {
        if (stage_ == Stage::waiting)
            dial();
        else if (stage_ == Stage::dialling)
            close(io::Close::reset, Errc::connect_timeout);
        else
            close(io::Close::reset, Errc::state_timeout,
                  desk_.link->machine<n2c::Handshake>().violation(Errc::state_timeout));
    }
    chain_sync_.top_up();
}

void LocalInitiatorBehavior::Impl::stop(Instant now) {
    desk_.now = now;
    if (std::exchange(stopping_, true)) return;
    leave(Errc::stopped);
}

std::optional<Instant> LocalInitiatorBehavior::Impl::next_deadline() const noexcept {
    if (config_.automatic && chain_sync_.wants_more()) return Instant::min();
    Instant next = std::min(due_, connect_by_);
    if (!desk_.deadlines.empty()) next = std::min(next, desk_.deadlines.begin()->first);
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

std::optional<Event> LocalInitiatorBehavior::Impl::poll_event() {
    auto event = out_.poll_event();
    if (!event) return event;
    if (const auto* forward = std::get_if<RollForward>(&*event))
        chain_sync_.taken(forward->command, forward->block.size());
    else if (const auto* back = std::get_if<RollBackward>(&*event))
        chain_sync_.taken(back->command, 0);
    return event;
}

NodeState LocalInitiatorBehavior::Impl::node() const {
    return {node_,           stage_,     reason_, stage_ == Stage::waiting ? std::optional(due_) : std::nullopt,
            desk_.agreement, desk_.calls};
}

LocalInitiatorBehavior::LocalInitiatorBehavior(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
LocalInitiatorBehavior::LocalInitiatorBehavior(LocalInitiatorBehavior&&) noexcept = default;
LocalInitiatorBehavior& LocalInitiatorBehavior::operator=(LocalInitiatorBehavior&&) noexcept = default;
LocalInitiatorBehavior::~LocalInitiatorBehavior() = default;

void LocalInitiatorBehavior::handle_io(InterfaceEvent<Message>&& event, Instant now) { impl_->handle_io(event, now); }
Result<CommandId> LocalInitiatorBehavior::execute(Command& command, Instant now) {
    return impl_->execute(command, now);
}
void LocalInitiatorBehavior::tick(Instant now) { impl_->tick(now); }
void LocalInitiatorBehavior::stop(Instant now) { impl_->stop(now); }
std::optional<Instant> LocalInitiatorBehavior::next_deadline() const noexcept { return impl_->next_deadline(); }
std::optional<InterfaceCommand<LocalInitiatorBehavior::Message>> LocalInitiatorBehavior::poll_command() {
    return impl_->poll_command();
}
std::optional<local_initiator::Event> LocalInitiatorBehavior::poll_event() { return impl_->poll_event(); }
bool LocalInitiatorBehavior::has_event() const noexcept { return impl_->has_event(); }
bool LocalInitiatorBehavior::idle() const noexcept { return impl_->idle(); }
local_initiator::NodeState LocalInitiatorBehavior::node() const { return impl_->node(); }

static_assert(Behavior<LocalInitiatorBehavior>);

}  // namespace ouro
