#pragma once

#include <memory>
#include <set>
#include <utility>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

#include "behavior/frame/part.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::local_initiator {

using Out = OutboundQueue<n2c::Message, Event>;

/// The node.
struct Node {
    PeerId id;
    std::unique_ptr<frame::Side> requesting;  ///< while there is a connection

    [[nodiscard]] frame::Side& side() noexcept { return *requesting; }
    [[nodiscard]] const frame::Side& side() const noexcept { return *requesting; }
};

struct Desk;

/// The side of a client. Its parts are made with the desk.
struct ClientSide {
    using Peer = Node;
    using Making = Desk;
    using Message = n2c::Message;
    using Command = local_initiator::Command;
    using Event = local_initiator::Event;

    static void name_era(Violation& violation, const auto& message) { detail::name_era(violation, message); }
    [[nodiscard]] static constexpr bool has_part(Channel) noexcept { return true; }
    [[nodiscard]] static bool spoken(Channel, const Agreement&) noexcept { return true; }
};
using Ending = frame::Ending;
using Part = frame::Part<ClientSide>;
using Parts = frame::PartList<ClientSide>;

/// A call that has not ended.
struct Call {
    CommandId command{};  ///< none: the call has ended, and its answer is still owed
    Instant give_up = Instant::max();

    [[nodiscard]] explicit operator bool() const noexcept { return command != CommandId{}; }
};

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    frame::Layout layout{table_of<n2c::Handshake>()};  ///< outlives the node's side
    Instant now{};                                     ///< of the current call
    Node node{};
    std::optional<Agreement> agreement{};                 ///< while calls can be made
    std::set<std::pair<Instant, CommandId>> deadlines{};  ///< of calls that have not ended
    std::size_t calls = 0;                                ///< pending

    /// The time of a call, and the end of that time from now.
    [[nodiscard]] Duration span(std::optional<Duration> time) const { return time.value_or(config.call_timeout); }
    [[nodiscard]] Instant end_of(Duration span) const {
        return span >= Instant::max() - now ? Instant::max() : now + span;
    }
    [[nodiscard]] Call begin(CommandId command, std::optional<Duration> time) {
        const Call call{command, end_of(span(time))};
        if (call.give_up != Instant::max()) deadlines.emplace(call.give_up, command);
        ++calls;
        return call;
    }
    /// Gives the call another `span` from now.
    void extend(Call& call, Duration span) {
        deadlines.erase({call.give_up, call.command});
        call.give_up = end_of(span);
        deadlines.emplace(call.give_up, call.command);
    }
    /// Ends the call with its outcome.
    void end(Call& call, Event outcome) {
        if (call.give_up != Instant::max()) deadlines.erase({call.give_up, call.command});
        --calls;
        call = {};
        out.event(std::move(outcome));
    }
    void fail(Call& call, Errc reason) {
        const CommandId command = call.command;
        end(call, Failed{command, reason});
    }
    [[nodiscard]] bool has(n2c::Feature feature) const noexcept {
        return !agreement || n2c::has(agreement->version, feature);
    }
};

/// Carries out the command if it is one of `Cs`: `carry_out` returns an error, or none.
template <class... Cs, class F>
std::optional<Result<CommandId>> execute_any(CommandId id, Command& command, F&& carry_out) {
    return frame::execute_any<Cs...>(command, [&](auto& wish) -> Result<CommandId> {
        const Errc error = carry_out(wish);
        return error == Errc::none ? Result<CommandId>(id) : error;
    });
}

/// A part that sends requests over the mini-protocol `P`.
template <class P>
class Speaker : public frame::Speaker<ClientSide, P> {
  public:
    void ready(Node&) override { advance(); }
    void say_goodbye(Node&) override { end(typename P::Done{}); }

  protected:
    explicit Speaker(Desk& desk) : frame::Speaker<ClientSide, P>(desk.layout), desk_(desk) {}

    /// Sends the messages that may be sent now.
    virtual void advance() = 0;

    using frame::Speaker<ClientSide, P>::machine;
    using frame::Speaker<ClientSide, P>::state;
    [[nodiscard]] AnyMachine& machine() const noexcept { return machine(desk_.node); }
    [[nodiscard]] typename P::State state() const noexcept { return state(desk_.node); }
    /// Sends the message, and credits an answer of at most `bytes` bytes.
    void send(typename P::Message message, std::size_t bytes, std::shared_ptr<cbor::ItemWatch> watch = {}) {
        (void)this->queue(desk_.node, std::move(message), desk_.now, desk_.out);
        credit(bytes, std::move(watch));
    }
    void credit(std::size_t bytes, std::shared_ptr<cbor::ItemWatch> watch = {}) {
        this->give_credit(desk_.node, desk_.out, bytes, std::move(watch));
    }
    using frame::Speaker<ClientSide, P>::credit;
    /// Sends a last message if the protocol has begun. A message that is not legal now is not sent: nothing is held, or
    /// an answer is still owed.
    void end(typename P::Message message) {
        if (this->own(desk_.node).begun) (void)this->queue(desk_.node, std::move(message), desk_.now, desk_.out);
    }

    Desk& desk_;
};

}  // namespace ouro::local_initiator
