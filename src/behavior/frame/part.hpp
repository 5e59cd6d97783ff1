#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/message.hpp>

#include "side.hpp"

namespace ouro::frame {

/// A mini-protocol takes no further request while this many bytes of its answers have not left.
inline constexpr std::size_t egress_soft_limit = 0x3ffff;  // network-mux, egressSoftBufferLimit

/// Credits the next message of an endpoint if one is awaited: at most `bytes` bytes, and at most those of its state.
/// `watch` sees it while it arrives.
template <class Out>
void give_credit(Endpoint& endpoint, const Side& side, Out& out, std::size_t bytes = SIZE_MAX,
                 std::shared_ptr<cbor::ItemWatch> watch = {}) {
    if (endpoint.credited || !endpoint.machine.theirs()) return;
    endpoint.credited = true;
    out.template make_command<io::Receive>(side.connection(), endpoint.machine.table().channel, side.role(), 1U,
                                           std::min(bytes, endpoint.machine.receive_limit()), endpoint.queue,
                                           std::move(watch));
}

/// Queues a message of `P`, constructed in place.
template <class Set, class P, class Out>
void queue_message(const Side& side, typename P::Message&& message, Out& out) {
    struct InPlace {
        typename P::Message& message;
        operator Set() const { return Set(std::in_place_type<P>, std::move(message)); }
    };
    out.template make_command<io::Send<Set>>(side.connection(), side.role(), InPlace{message});
}

/// Takes a step for a received message. Returns the rule that the message breaks.
inline Errc take_step(Endpoint& endpoint, std::size_t message, std::size_t bytes, Instant now) {
    endpoint.credited = false;
    endpoint.begun = true;
    return endpoint.machine.receive(message, bytes, now);
}
/// Adds the state, and the message unless it is named already, to a violation, if a rule was broken.
inline void locate(Violation& violation, const Endpoint& endpoint, std::size_t state, std::size_t message) noexcept {
    if (violation.rule == Errc::none) return;
    const ProtocolTable& table = endpoint.machine.table();
    violation.protocol = table.protocol;
    violation.state = table.states[state].name;
    if (violation.message.empty()) violation.message = table.messages[message];
}

/// The mini-protocol has ended and may begin again on the same connection. Messages that the peer sent ahead belong to
/// the next run.
inline void restart(Endpoint& endpoint) noexcept {
    endpoint.machine.restart();
    endpoint.begun = false;
}

/// The end of a connection, or of its use.
struct Ending {
    Errc reason = Errc::none;
    Violation violation{};
    bool alone = false;  ///< no other peer is known
    bool again = false;  ///< another connection to the same node will follow
};

/// One job of a behavior, mostly one side of one mini-protocol. The frame calls a part; a part never calls the frame.
///
/// `S` names the side that the part is of: its `Peer`, `Message` (the set), `Command` and `Event`.
template <class S>
class Part {
  public:
    using Peer = typename S::Peer;
    using Set = typename S::Message;
    using Command = typename S::Command;
    using Event = typename S::Event;

    Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    virtual ~Part() = default;

    // The mini-protocol. Parts that speak one derive from `Speaker`.

    /// Null: the part speaks none.
    [[nodiscard]] virtual const ProtocolTable* protocol() const noexcept { return nullptr; }
    /// Its endpoint in every `Side`.
    [[nodiscard]] virtual std::size_t endpoint() const noexcept { return 0; }
    /// Index of the message in its protocol. Errors  Errc::malformed, with an offset
    [[nodiscard]] virtual Result<std::size_t> index_of(const Set& message) { return message.message_index(); }
    /// Whether the protocol is spoken with the peer.
    [[nodiscard]] virtual bool spoken(const Peer&, const Agreement& agreement) const {
        return protocol() == nullptr || S::spoken(protocol()->channel, agreement);
    }
    /// Handles a legal message, received in state `before`. Sets the rule that the message breaks in the violation. The
    /// caller adds the state and the message.
    virtual void receive(Peer&, Set&, std::size_t /*before*/, Violation&) {}
    /// Sends an answer of the user's. Moves from the message only on success.
    virtual Errc answer(Peer&, Set&) { return Errc::not_our_turn; }
    /// Credits the next message, if there is room for its consequences.
    virtual void credit(Peer&) {}
    /// Bytes of our messages have left; `Endpoint::queued` has those that have not.
    virtual void sent(Peer&) {}
    /// Ends the mini-protocol if it has begun and it is our turn.
    virtual void say_goodbye(Peer&) {}
    /// Whether it runs with hot peers only: it ends, and may begin again, when a peer has cooled down.
    [[nodiscard]] virtual bool while_hot() const noexcept { return false; }
    /// Whether it continues on a connection that is only kept for the answers that are owed.
    [[nodiscard]] virtual bool while_parting() const noexcept { return false; }

    // The life of a peer.

    /// There is an agreement.
    virtual void ready(Peer&) {}
    virtual void heat(Peer&) {}
    virtual void cool(Peer&) {}
    /// Messages of the peer stay unread because the user has not taken enough.
    [[nodiscard]] virtual bool paused(const Peer&) const { return false; }
    /// The peer is out of use.
    virtual void gone(Peer&, const Ending&) {}
    /// Fewer peers are known, or more are banned.
    virtual void fewer_known() {}
    virtual void forgotten(Peer&) {}
    /// A round trip was measured.
    virtual void measured(Peer&, Duration) {}
    /// The wait for the peer's answer has lasted half its time.
    virtual void stalled(Peer&) {}

    /// The served chain has grown, or is another one above `common`.
    virtual void changed(const std::vector<Peer*>&, std::uint64_t /*common*/) {}

    // Time.

    /// Something of the peer may be due.
    virtual void look_at(Peer&) {}
    /// When `look_at` is due for this part.
    [[nodiscard]] virtual Instant due(Peer&) { return Instant::max(); }
    /// Handles what is due apart from peers.
    virtual void tick() {}
    [[nodiscard]] virtual Instant next_deadline() const noexcept { return Instant::max(); }
    virtual void stop() {}

    // The user.

    /// Empty: the command is for another part.
    virtual std::optional<Result<CommandId>> execute(CommandId, Command&) { return std::nullopt; }
    /// Carries out a command about the peer. Empty: the command is for another part.
    virtual std::optional<Errc> carry_out(Peer&, Command&) { return std::nullopt; }
    /// Ends a request of the user's. False if it is for another part, or has ended.
    virtual bool cancel(CommandId, Errc) { return false; }
    /// The events that the part counts until they are taken, one bit for each alternative: see `event_bits`.
    [[nodiscard]] virtual std::uint64_t counts() const noexcept { return 0; }
    /// The user has taken one of them.
    virtual void taken(const Event&) {}
    /// The part can continue because the user has taken events: `resume` is due.
    [[nodiscard]] virtual bool wants_more() const noexcept { return false; }
    virtual void resume() {}
};

/// A bit for each of `Es` among the alternatives of `Event`.
template <class Event, class... Es>
[[nodiscard]] constexpr std::uint64_t event_bits() noexcept {
    static_assert(std::variant_size_v<Event> <= 64);
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
        std::uint64_t bits = 0;
        const auto add = [&]<class E>(std::type_identity<E>, std::size_t index) {
            if ((... || std::is_same_v<E, Es>)) bits |= std::uint64_t{1} << index;
        };
        (add(std::type_identity<std::variant_alternative_t<i, Event>>{}, i), ...);
        return bits;
    }(std::make_index_sequence<std::variant_size_v<Event>>{});
}

/// Takes the step for a received message and hands it to the part if `wanted`. Returns the violation, without a rule if
/// the message breaks none.
template <class S>
Violation deliver(Part<S>& part, typename S::Peer& peer, typename S::Message& message, std::size_t bytes, Instant now,
                  bool wanted = true) {
    Endpoint& endpoint = peer.side().endpoint(part.endpoint());
    const std::size_t before = endpoint.machine.state();
    const auto index = part.index_of(message);
    if (!index) {
        Violation malformed = endpoint.machine.violation(index.error());
        malformed.offset = index.offset();
        return malformed;
    }
    Violation violation;
    violation.rule = take_step(endpoint, *index, bytes, now);
    if (violation.rule == Errc::none && wanted) part.receive(peer, message, before, violation);
    locate(violation, endpoint, before, *index);
    return violation;
}

/// The same for a message of the handshake, which the caller handles.
template <class Peer>
Violation deliver(Peer& peer, const Handshake::Message& message, std::size_t bytes, Instant now) {
    if (!peer.side().handshake) return {Handshake::name, {}, {}, Errc::out_of_turn};  // the handshake has ended
    Endpoint& endpoint = *peer.side().handshake;
    Violation violation = endpoint.machine.violation(Errc::none, message.index());
    violation.rule = take_step(endpoint, message.index(), bytes, now);
    return violation;
}

/// Calls `carry_out(command)` if the command is one of `Cs`.
template <class... Cs, class Command, class F>
std::optional<Result<CommandId>> execute_any(Command& command, F&& carry_out) {
    std::optional<Result<CommandId>> result;
    const auto attempt = [&]<class C>(C* wish) {
        if (wish) result.emplace(carry_out(*wish));
        return wish != nullptr;
    };
    (void)(... || attempt(std::get_if<Cs>(&command)));
    return result;
}

/// The parts of a side, in the order of their calls.
template <class S>
class PartList {
  public:
    using P = Part<S>;

    /// Adds `part`, and returns it.
    P& add(std::unique_ptr<P> part) {
        P& added = *part;
        if (const ProtocolTable* table = added.protocol()) speakers_.emplace_back(table->channel, &added);
        for (std::size_t event = 0; event < counters_.size(); ++event)
            if ((added.counts() >> event & 1) != 0) counters_[event] = &added;
        all_.push_back(std::move(part));
        return added;
    }
    /// The part that speaks the mini-protocol of the channel; null if none does.
    [[nodiscard]] P* speaker(Channel channel) const noexcept {
        for (const auto& [spoken, part] : speakers_)
            if (spoken == channel) return part;
        return nullptr;
    }
    /// The same as a `T`, which is the type of that part.
    template <class T>
    [[nodiscard]] T& speaker(Channel channel) const noexcept {
        return static_cast<T&>(*speaker(channel));
    }

    /// The user has taken `event`.
    void taken(const typename S::Event& event) const {
        if (P* part = counters_[event.index()]) part->taken(event);
    }

    template <class F>
    void each(F&& visit) const {
        for (const auto& part : all_) visit(*part);
    }
    /// In reverse order.
    template <class F>
    void each_back(F&& visit) const {
        for (auto it = all_.rbegin(); it != all_.rend(); ++it) visit(**it);
    }
    /// Errc::bad_argument if the command is for no part.
    Result<CommandId> execute(CommandId id, typename S::Command& command) const {
        for (const auto& part : all_)
            if (auto result = part->execute(id, command)) return *result;
        return Errc::bad_argument;
    }
    /// Errc::bad_argument if the command is for no part.
    Errc carry_out(typename S::Peer& peer, typename S::Command& command) const {
        for (const auto& part : all_)
            if (const auto error = part->carry_out(peer, command)) return *error;
        return Errc::bad_argument;
    }
    /// Whether there was such a request.
    bool cancel(CommandId id, Errc reason) const {
        return std::any_of(all_.begin(), all_.end(), [&](const auto& part) { return part->cancel(id, reason); });
    }
    [[nodiscard]] Instant due(typename S::Peer& peer) const {
        Instant earliest = Instant::max();
        for (const auto& part : all_) earliest = std::min(earliest, part->due(peer));
        return earliest;
    }
    [[nodiscard]] Instant next_deadline() const noexcept {
        Instant earliest = Instant::max();
        for (const auto& part : all_) earliest = std::min(earliest, part->next_deadline());
        return earliest;
    }
    [[nodiscard]] bool wants_more() const noexcept {
        return std::any_of(all_.begin(), all_.end(), [](const auto& part) { return part->wants_more(); });
    }

  private:
    std::vector<std::unique_ptr<P>> all_;
    std::vector<std::pair<Channel, P*>> speakers_;
    std::array<P*, std::variant_size_v<typename S::Event>> counters_{};  // by event
};

/// Names the part of the side `S` that speaks the mini-protocol `P`.
///
/// The file of each such part defines a function `make_part(Speaks<S, P>, S::Making&)`, which makes it, or returns null
/// where the config does not enable it. So the list of a set's protocols is the list of the parts, too, and a protocol
/// without its part does not link.
template <class S, class P>
struct Speaks {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-template-friend"  // one function for each pair is what is meant
#endif
    friend std::unique_ptr<Part<S>> make_part(Speaks, typename S::Making& with);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
};

/// Adds the parts for the mini-protocols of the side's message set, in the order of the set.
template <class S>
void add_parts(PartList<S>& parts, typename S::Making& with) {
    const auto add = [&]<class P>(std::type_identity<P>) {
        if constexpr (!std::is_base_of_v<Handshake, P> && S::has_part(P::channel))
            if (auto part = make_part(Speaks<S, P>(), with)) parts.add(std::move(part));
    };
    [&]<class... P>(std::type_identity<MessageSet<P...>>) {
        (add(std::type_identity<P>()), ...);
    }(std::type_identity<typename S::Message>());
}

/// The state of a part that keeps none for its peers.
struct Stateless {};

/// A part that speaks `Protocol`, with a `State` of its own for each connection, which no other part can change.
template <class S, class Protocol, class State = Stateless>
class Speaker : public Part<S> {
  public:
    using typename Part<S>::Peer;
    using typename Part<S>::Set;
    using Message = typename Protocol::Message;

    [[nodiscard]] const ProtocolTable* protocol() const noexcept final { return &table_of<Protocol>(); }
    [[nodiscard]] std::size_t endpoint() const noexcept final { return endpoint_; }
    void receive(Peer& peer, Set& message, std::size_t before, Violation& violation) final {
        auto& own = *message.template as<Protocol>();
        violation.rule = received(peer, own, static_cast<typename Protocol::State>(before));
        S::name_era(violation, own);
    }
    Errc answer(Peer& peer, Set& message) final {
        auto& own = *message.template as<Protocol>();
        return machine(peer).may_send(own.index()) ? answered(peer, own) : Errc::not_our_turn;
    }

  protected:
    explicit Speaker(Layout& layout) : endpoint_(layout.add(table_of<Protocol>())), slice_(layout.add<State>()) {}

    virtual Errc received(Peer&, Message&, typename Protocol::State before) = 0;
    /// Sends a legal answer of the user's. Errors leave the request open.
    virtual Errc answered(Peer&, Message&) { return Errc::not_our_turn; }

    [[nodiscard]] Endpoint& own(Peer& peer) const noexcept { return peer.side().endpoint(endpoint_); }
    [[nodiscard]] const Endpoint& own(const Peer& peer) const noexcept { return peer.side().endpoint(endpoint_); }
    [[nodiscard]] AnyMachine& machine(Peer& peer) const noexcept { return own(peer).machine; }
    [[nodiscard]] const AnyMachine& machine(const Peer& peer) const noexcept { return own(peer).machine; }
    [[nodiscard]] typename Protocol::State state(const Peer& peer) const noexcept {
        return static_cast<typename Protocol::State>(machine(peer).state());
    }
    /// The part's own state of a connection.
    [[nodiscard]] State& mine(Peer& peer) const noexcept { return peer.side().template slice<State>(slice_); }
    [[nodiscard]] const State& mine(const Peer& peer) const noexcept {
        return const_cast<Peer&>(peer).side().template slice<State>(slice_);
    }

    /// Takes the step and queues the message.
    /// Errors  Errc::not_our_turn  nothing was sent
    template <class Out>
    Errc queue(Peer& peer, Message&& message, Instant now, Out& out) {
        if (const Errc error = machine(peer).send(message.index(), now); error != Errc::none) return error;
        queue_message<Set, Protocol>(peer.side(), std::move(message), out);
        return Errc::none;
    }
    /// Credits the next message if one is awaited: at most `bytes` bytes of it, and at most those of its state.
    template <class Out>
    void give_credit(Peer& peer, Out& out, std::size_t bytes = SIZE_MAX, std::shared_ptr<cbor::ItemWatch> watch = {}) {
        frame::give_credit(own(peer), peer.side(), out, bytes, std::move(watch));
    }
    void restart(Peer& peer) { frame::restart(own(peer)); }

  private:
    std::size_t endpoint_;
    std::size_t slice_;
};

}  // namespace ouro::frame
