#include "duplex.hpp"

#include <type_traits>

#include "frame/take_command.hpp"

namespace ouro::node {

namespace {

template <class T, class Variant>
inline constexpr bool is_one_of = false;
template <class T, class... All>
inline constexpr bool is_one_of<T, std::variant<All...>> = (... || std::is_same_v<T, All>);

initiator::Config initiating(const Config& config, std::function<std::vector<initiator::InboundPeer>()> inbound) {
    initiator::Config result = config.initiator;
    result.offer = config.offer;
    result.protocols.insert(result.protocols.end(), config.protocols.begin(), config.protocols.end());
    if (config.offer.data.peer_sharing && !result.discovery.inbound) result.discovery.inbound = std::move(inbound);
    return result;
}

responder::Config responding(const Config& config, std::function<std::vector<PeerId>()> shareable) {
    responder::Config result = config.responder;
    result.offer = config.offer;
    result.protocols.insert(result.protocols.end(), config.protocols.begin(), config.protocols.end());
    if (config.offer.data.peer_sharing && !result.shareable) result.shareable = std::move(shareable);
    result.idle_timeout = {};  // one side alone cannot see that a connection is idle
    return result;
}

}  // namespace

Frame::Frame(Config config)
    : config_(std::move(config)),
      initiator_(initiating(config_, [this] { return inbound_peers(); }), ids_),
      responder_(responding(config_, [this] { return initiator_.shareable(); }), ids_),
      random_(config_.seed) {
    initiator_.share_connections();
    if (config_.responder.own_address) initiator_.share_address(config_.responder.own_address);
    responder_.spare([this](ConnectionId id) {
        const Connection* c = find(id);
        return c != nullptr && c->state == State::duplex;
    });
}

void Frame::handle_io(InterfaceEvent<n2n::Message>& event, Instant now) {
    now_ = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
    carry_out_commands();
}

void Frame::handle(io::Connected& event) {
    if (direction(event.connection) == Direction::outbound) {
        Connection* c = find(event.connection);
        if (c == nullptr) return;  // the dial was cancelled meanwhile
        move(*c, Call::connected);
        return to_initiator(std::move(event));
    }
    Connection* there = at(event.peer);
    std::optional<ConnectionId> suitor;
    if (there != nullptr && (there->state == State::reserved || !there->open)) {
        // It replaces a dial, which waits now, or an address that rests.
        suitor = there->suitor;
        if (there->state == State::reserved) {
            suitor = there->id;
            commands_.push_back(io::Disconnect{there->id, io::Close::reset, Errc::connection_exists});
        } else {
            --rests_;
        }
        erase(*there);
    }
    Connection& c = add(event.connection, event.peer, State::unnegotiated_in);
    c.suitor = suitor;
    if (suitor) suitors_[*suitor] = c.id;
    to_responder(std::move(event));
}

void Frame::handle(io::Disconnected& event) {
    Connection* c = find(event.connection);
    if (c == nullptr || !c->open) return;
    io::Disconnected for_initiator = event;
    if (c->sent_away && event.reason == Errc::demoted) for_initiator.reason = Errc::disconnected;
    if (c->indexed) initiator_.went(c->peer);
    if (must_rest(*c)) initiator_.rest(c->peer, now_ + config_.time_wait, now_);
    to_initiator(std::move(for_initiator));
    to_responder(std::move(event));
    move(*c, Call::closed);
    rest(*c);
}

void Frame::handle(io::Recv<n2n::Message>& event) {
    Connection* c = find(event.connection);
    if (c == nullptr || c->state == State::terminating) return;
    if (event.role == Role::initiator) {
        to_initiator(std::move(event));
        if (c->state == State::unnegotiated_out) negotiated(*c, initiator_.agreement(c->id));
        return;
    }
    to_responder(std::move(event));
    carry_out_commands();  // the answer to the handshake precedes all other messages
    if (c->state == State::unnegotiated_in) return negotiated(*c, responder_.agreement(c->id));
    move(*c, responder_.active(c->id) ? Call::promoted_to_warm_remote : Call::demoted_to_cold_remote);
}

void Frame::handle(io::Sent& event) {
    if (event.role == Role::initiator)
        to_initiator(std::move(event));
    else
        to_responder(std::move(event));
}

void Frame::negotiated(Connection& c, const std::optional<Agreement>& agreement) {
    if (!agreement) return;
    c.agreement = agreement;
    const bool both_ways = !agreement->data.initiator_only;
    move(c, both_ways ? Call::negotiated_dup : Call::negotiated_uni);
    if (both_ways && direction(c.id) == Direction::outbound) responder_.adopt(c.id, c.peer, *agreement, now_);
    if (c.suitor) ask_again(c);
    report_inbound(c);
}

void Frame::carry_out_commands() {
    for (bool any = true; any;) {
        any = false;
        while (auto command = frame::take_command(initiator_)) {
            pass_on(*command);
            any = true;
        }
        while (const auto released = initiator_.poll_released()) {
            release(*released);
            any = true;
        }
        while (const auto crowder = initiator_.poll_crowder()) {
            responder_.send_away(*crowder, Errc::over_budget);
            any = true;
        }
        while (auto command = frame::take_command(responder_)) {
            if (const auto* end = std::get_if<io::Disconnect>(&*command))
                if (Connection* c = find(end->connection)) c->sent_away = true;
            pass_on(*command);
            any = true;
        }
    }
}

void Frame::pass_on(InterfaceCommand<n2n::Message>& command) {
    if (const auto* dial = std::get_if<io::Connect>(&command)) return acquire(dial->connection, dial->peer);
    if (auto* end = std::get_if<io::Disconnect>(&command)) return pass_on(*end);
    commands_.push_back(std::move(command));
}

void Frame::pass_on(io::Disconnect& command) {
    if (const auto waiting = suitors_.find(command.connection); waiting != suitors_.end())
        return cancel(waiting, command.reason);
    Connection* c = find(command.connection);
    if (c == nullptr || !c->open) return;
    // A second disconnect may only end the connection sooner.
    const bool closing = c->state == State::terminating || c->state == State::outbound_idle_uni;
    if (closing && command.how == io::Close::orderly) return;
    if (c->state == State::outbound_uni && command.how == io::Close::orderly)
        move(*c, Call::release_outbound);
    else if (c->state != State::reserved)
        enter(*c, State::terminating);
    c->released = command.how == io::Close::orderly;
    commands_.push_back(std::move(command));
}

// Cancels a dial that waits.
void Frame::cancel(std::unordered_map<ConnectionId, ConnectionId>::iterator waiting, Errc reason) {
    const ConnectionId dial = waiting->first;
    Connection& c = *find(waiting->second);
    suitors_.erase(waiting);
    c.suitor.reset();
    refuse(dial, c.peer, reason);
}

template <class SideCommand, class Side, class C>
Result<CommandId> Frame::give(Side& side, C& command) {
    SideCommand wrapped(std::move(command));
    auto result = side.execute(wrapped, now_);
    if (!result) command = std::get<C>(std::move(wrapped));
    return result;
}

Result<CommandId> Frame::execute(Command& command, Instant now) {
    now_ = now;
    auto result = std::visit(
        [&]<class C>(C& given) {
            if constexpr (is_one_of<C, initiator::Command>)
                return give<initiator::Command>(initiator_, given);
            else
                return give<responder::Command>(responder_, given);
        },
        command);
    // A new root may be connected already.
    if (std::holds_alternative<initiator::SetLocalRoots>(command))
        for (auto& [id, c] : connections_) report_inbound(c);
    carry_out_commands();
    return result;
}

void Frame::tick(Instant now) {
    now_ = now;
    while (const auto due = deadlines_.pop_due(now)) {
        Connection* c = find(due->second);
        if (c == nullptr || c->scheduled != due->first) continue;
        c->scheduled = Instant::max();
        if (c->due <= now)
            time_out(*c);
        else
            watch(*c);
    }
    initiator_.tick(now);
    responder_.tick(now);
    carry_out_commands();
}

void Frame::stop(Instant now) {
    now_ = now;
    initiator_.stop(now);
    responder_.stop(now);
    carry_out_commands();
}

std::optional<Instant> Frame::next_deadline() const noexcept {
    const auto or_never = [](std::optional<Instant> at) { return at.value_or(Instant::max()); };
    const Instant next = std::min(
        {or_never(initiator_.next_deadline()), or_never(responder_.next_deadline()), or_never(deadlines_.next())});
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

InterfaceCommand<n2n::Message>* Frame::front_command() {
    // A taken event may have made room for a command.
    if (commands_.empty()) carry_out_commands();
    return commands_.empty() ? nullptr : &commands_.front();
}

// The sides take turns, so that none waits for ever.
std::optional<Event> Frame::poll_event() {
    responders_turn_ = !responders_turn_;
    for (int side = 0; side < 2; ++side, responders_turn_ = !responders_turn_) {
        std::optional<Event> event;
        const auto take = [&](auto& news) { event.emplace(std::move(news)); };
        if (responders_turn_) {
            if (auto polled = responder_.poll_event()) std::visit(take, *polled);
        } else {
            if (auto polled = initiator_.poll_event()) std::visit(take, *polled);
        }
        if (event) return event;
    }
    return std::nullopt;
}

bool Frame::idle() const noexcept { return connections_.size() == rests_ && initiator_.idle() && responder_.idle(); }

std::vector<PeerState> Frame::peers() const {
    std::vector<PeerState> all;
    all.reserve(connections_.size());
    for (const auto& [id, c] : connections_) all.push_back({id, c.peer, c.state, c.agreement});
    return all;
}

Counters Frame::counters() const noexcept {
    Counters counters;
    for (const auto& [id, c] : connections_) count(c.state, counters);
    counters.reused = reused_;
    counters.pruned = pruned_;
    return counters;
}

}  // namespace ouro::node
