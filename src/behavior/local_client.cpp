#include "local_client.hpp"

#include <algorithm>

#include "behavior/chain_sync/local_follow.hpp"

namespace ouro::local_initiator {

namespace {

/// Whether the exceeded limit is the user's own limit of an answer, and not one of the protocol.
bool answer_too_large(const Violation& violation) {
    return violation.rule == Errc::message_too_large &&
           (violation.protocol == LocalStateQuery::name || violation.protocol == LocalTxMonitor::name);
}

}  // namespace

Frame::Frame(Config config) : config_(std::move(config)), visitors_(config_.visitors), desk_{config_, out_} {
    frame::add_parts(parts_, desk_);
}

void Frame::handle_io(InterfaceEvent<n2c::Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
}

void Frame::handle(io::Connected& event) {
    if (event.connection != connection_ || stage_ != Stage::dialling) return;
    stage_ = Stage::handshaking;
    due_ = desk_.now + config_.handshake_timeout;
    visitors_.each([&](LocalVisitor& visitor) { visitor.connected(visited(), desk_.now); });
    // Nothing is drawn with the seed: these protocols have no time limits.
    desk_.node.requesting = std::make_unique<frame::Side>(desk_.layout, connection_, Role::initiator, 1);
    frame::Endpoint& endpoint = *desk_.node.side().handshake;
    Handshake::Message proposal = Handshake::ProposeVersions{config_.offer.table()};
    (void)endpoint.machine.send(proposal.index(), desk_.now);  // it is the first message
    out_.command(
        io::Send<n2c::Message>{connection_, Role::initiator, n2c::Message::of<n2c::Handshake>(std::move(proposal))});
    frame::give_credit(endpoint, desk_.node.side(), out_);
}

void Frame::handle(io::Recv<n2c::Message>& event) {
    if (event.connection != connection_ || !desk_.node.requesting || stage_ == Stage::closing ||
        event.role != Role::initiator)
        return;
    visitors_.each(
        [&](LocalVisitor& visitor) { visitor.received(visited(), event.role, event.message, event.bytes, desk_.now); });
    if (auto* answer = event.message.as<n2c::Handshake>()) return receive(*answer, event.bytes);
    if (Part* part = parts_.speaker(event.message.channel())) receive(*part, event.message, event.bytes);
}

void Frame::receive(Part& part, n2c::Message& message, std::size_t bytes) {
    const Violation violation = frame::deliver(part, desk_.node, message, bytes, desk_.now);
    if (violation.rule != Errc::none) close(io::Close::reset, violation.rule, violation);
}

void Frame::receive(n2c::Handshake::Message& message, std::size_t bytes) {
    Violation violation = frame::deliver(desk_.node, message, bytes, desk_.now);
    if (violation.rule == Errc::none) violation.rule = answered(message);
    if (violation.rule != Errc::none) close(io::Close::reset, violation.rule, violation);
}

Errc Frame::answered(n2c::Handshake::Message& message) {
    const auto& offer = config_.offer;
    if (const auto* accept = std::get_if<Handshake::AcceptVersion>(&message)) {
        if (!offer.data.query) return settle(confirm(offer, *accept));
        // A node that does not know the query flag accepts: that answers the query, too.
        out_.event(VersionsAnswered{connect_, desk_.node.id, VersionTable({{accept->version, accept->data}})});
        close(io::Close::reset, Errc::query_answered);
    } else if (auto* reply = std::get_if<Handshake::QueryReply>(&message)) {
        if (!offer.data.query) return Errc::out_of_turn;
        out_.event(VersionsAnswered{connect_, desk_.node.id, std::move(reply->versions)});
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

Errc Frame::settle(std::variant<Agreement, Disagreement> outcome) {
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        refusal_ = std::move(failed->reason);
        return failed->error;
    }
    desk_.agreement = std::get<Agreement>(outcome);
    stage_ = Stage::ready;
    desk_.node.side().handshake.reset();
    failures_ = 0;
    due_ = connect_by_ = Instant::max();
    visitors_.each([&](LocalVisitor& visitor) { visitor.initialized(visited(), *desk_.agreement, desk_.now); });
    out_.event(Connected{connect_, desk_.node.id, *desk_.agreement});
    // A credit of nothing ends the handshake: from now on the interface notices the end of the connection, and messages
    // that were not requested.
    out_.command(io::Receive{connection_, LocalStateQuery::channel, Role::initiator, 0, 0});
    parts_.each([&](Part& part) { part.ready(desk_.node); });
    return Errc::none;
}

void Frame::handle(io::Disconnected& event) {
    if (event.connection != connection_) return;
    if (desk_.node.requesting) desk_.node.side().locate(event.violation);
    const bool again = tries_again(event.reason);
    if (answer_too_large(event.violation)) {
        event.reason = Errc::answer_too_large;
        event.violation = {};
    }
    visitors_.each(
        [&](LocalVisitor& visitor) { visitor.disconnected(visited(), event.reason, event.violation, desk_.now); });
    connection_ = {};
    reason_ = event.reason;
    Disconnected report{connect_, desk_.node.id, event.reason, event.system, event.violation, std::move(refusal_), {}};
    refusal_.reset();
    if (event.violation.rule != Errc::none)
        report.point = parts_.speaker<ChainSyncPart>(LocalChainSync::channel).broken_at();
    if (again) {
        stage_ = Stage::waiting;
        report.retry_at = due_ = schedule();
    } else {
        stage_ = Stage::idle;
        due_ = connect_by_ = Instant::max();
    }
    out_.event(std::move(report));  // before the calls that end with it
    lose(event.reason, again);
}

void Frame::lose(Errc reason, bool again) {
    desk_.agreement.reset();
    Ending ending{reason};
    ending.again = again;
    parts_.each([&](Part& part) { part.gone(desk_.node, ending); });
    desk_.node.requesting.reset();
}

bool Frame::tries_again(Errc reason) const noexcept {
    if (!config_.reconnect || !wanted_ || refusal_) return false;
    if (config_.reconnect->tries != 0 && failures_ >= config_.reconnect->tries) return false;
    return fault(reason) == Fault::wire || fault(reason) == Fault::theirs || reason == Errc::answer_too_large;
}

Instant Frame::schedule() {
    const Reconnect& policy = *config_.reconnect;
    Duration wait = policy.first;
    for (std::uint32_t i = 0; i < failures_ && wait < policy.most; ++i) wait *= 2;
    ++failures_;
    return desk_.now + std::min(wait, policy.most);
}

void Frame::dial() {
    connection_ = make_connection_id(Direction::outbound, ++dialled_);
    stage_ = Stage::dialling;
    due_ = desk_.now + config_.dial_timeout;
    out_.command(io::Connect{connection_, desk_.node.id});
}

void Frame::close(io::Close how, Errc reason, const Violation& violation) {
    stage_ = Stage::closing;
    due_ = Instant::max();
    closing_for_ = reason;
    desk_.agreement.reset();
    out_.command(io::Disconnect{connection_, how, reason, violation});
}

void Frame::leave(Errc reason) {
    wanted_ = false;
    connect_by_ = Instant::max();
    if (stage_ == Stage::waiting) {
        stage_ = Stage::idle;
        due_ = Instant::max();
        reason_ = reason;
        lose(reason, false);
        out_.event(Disconnected{connect_, desk_.node.id, reason, {}, {}, {}, {}});
    }
    if (stage_ == Stage::idle || stage_ == Stage::closing) return;
    if (stage_ != Stage::ready) {
        close(io::Close::reset, reason);
        return lose(reason, false);
    }
    parts_.each([&](Part& part) { part.say_goodbye(desk_.node); });
    close(io::Close::orderly, reason);
    lose(reason, false);  // the node may close its side later
}

void Frame::tick(Instant now) {
    desk_.now = now;
    while (!desk_.deadlines.empty() && desk_.deadlines.begin()->first <= now)
        (void)parts_.cancel(desk_.deadlines.begin()->second, Errc::deadline_passed);  // which removes it from them
    if (connect_by_ <= now) leave(Errc::deadline_passed);
    if (due_ <= now) {
        if (stage_ == Stage::waiting)
            dial();
        else if (stage_ == Stage::dialling)
            close(io::Close::reset, Errc::connect_timeout);
        else
            close(io::Close::reset, Errc::state_timeout,
                  desk_.node.side().handshake->machine.violation(Errc::state_timeout));
    }
    parts_.each([](Part& part) {
        if (part.wants_more()) part.resume();
    });
}

void Frame::stop(Instant now) {
    desk_.now = now;
    if (std::exchange(stopping_, true)) return;
    leave(Errc::stopped);
}

std::optional<Instant> Frame::next_deadline() const noexcept {
    if (parts_.wants_more()) return Instant::min();
    Instant next = std::min(due_, connect_by_);
    if (!desk_.deadlines.empty()) next = std::min(next, desk_.deadlines.begin()->first);
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

InterfaceCommand<n2c::Message>* Frame::front_command() {
    auto* const command = out_.front_command();
    if (const auto* send = command ? std::get_if<io::Send<n2c::Message>>(command) : nullptr)
        visitors_.each([&](LocalVisitor& visitor) {
            visitor.sending({desk_.node.id, send->connection}, send->role, send->message, desk_.now);
        });
    return command;
}

std::optional<Event> Frame::poll_event() {
    auto event = out_.poll_event();
    if (event) parts_.taken(*event);
    return event;
}

NodeState Frame::node() const {
    return {desk_.node.id,   stage_,     reason_, stage_ == Stage::waiting ? std::optional(due_) : std::nullopt,
            desk_.agreement, desk_.calls};
}

}  // namespace ouro::local_initiator
