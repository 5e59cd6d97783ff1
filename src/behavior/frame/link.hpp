#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ouro/behavior/concept.hpp>
#include <ouro/n2n/message.hpp>

namespace ouro {

/// A mini-protocol takes no further request while this many bytes of its answers have not left.
inline constexpr std::size_t egress_soft_limit = 0x3ffff;  // network-mux, egressSoftBufferLimit

/// One connection seen by one role: a machine for each mini-protocol, and the credits given to it.
///
/// A credit is given for one message at a time, with the limit of the state it comes in, when a message is awaited and
/// none is credited yet.
template <Role role, class... Protocols>
class Link {
  public:
    Link(ConnectionId connection, std::uint64_t seed, bool trusted = false)
        : connection_(connection), machines_(Machine<Protocols, role>({seed ^ index_of<Protocols>, trusted})...) {}

    [[nodiscard]] ConnectionId connection() const noexcept { return connection_; }

    template <class P>
    [[nodiscard]] Machine<P, role>& machine() noexcept {
        return std::get<index_of<P>>(machines_);
    }
    template <class P>
    [[nodiscard]] const Machine<P, role>& machine() const noexcept {
        return std::get<index_of<P>>(machines_);
    }

    /// Takes the step and sends the message; the answer is credited at once unless `credit` is false.
    /// Errors  Errc::not_our_turn  nothing was sent
    template <class P, class M, class E>
    Errc send(typename P::Message message, Instant now, OutboundQueue<M, E>& out, bool credit = true) {
        if (const Errc error = machine<P>().send(message, now); error != Errc::none) return error;
        out.command(io::Send<M>{connection_, role, M::template of<P>(std::move(message))});
        if (credit) give_credit<P>(out);
        return Errc::none;
    }

    /// Errors  Errc::out_of_turn, Errc::message_too_large
    template <class P>
    Errc receive(const typename P::Message& message, std::size_t bytes, Instant now) {
        credited_[index_of<P>] = false;
        started_[index_of<P>] = true;
        return machine<P>().receive(message, bytes, now);
    }

    /// A credit for the next message of `P`, where one is awaited; for one of at most `bytes`, where that is less than
    /// the limit of the state.
    template <class P, class Out>
    void give_credit(Out& out, std::size_t bytes = SIZE_MAX) {
        if (credited_[index_of<P>] || !machine<P>().theirs()) return;
        credited_[index_of<P>] = true;
        out.command(io::Receive{connection_, P::channel, role, 1, std::min(bytes, machine<P>().receive_limit())});
    }

    /// Whether nobody is owed a message. What is, is credited: it is read, whoever wants it.
    template <class Out>
    [[nodiscard]] bool settled(Out& out) {
        (give_credit<Protocols>(out), ...);
        return (... && (machine<Protocols>().ours() || machine<Protocols>().done()));
    }

    /// The protocol ended in good order and may begin again.
    template <class P>
    void restart() {
        machine<P>().restart();
        started_[index_of<P>] = false;
    }
    /// Whether the peer has said anything of a protocol that has not ended.
    template <class P>
    [[nodiscard]] bool begun() const noexcept {
        return started_[index_of<P>];
    }
    /// Whether the peer has begun anything that has not ended.
    [[nodiscard]] bool active() const noexcept {
        return std::any_of(started_.begin(), started_.end(), [](bool started) { return started; });
    }
    /// A protocol that is over for good keeps nobody active.
    template <class P>
    void settle() noexcept {
        started_[index_of<P>] = false;
    }

    /// The earliest deadline of all machines; `Instant::max()` where nobody is awaited.
    [[nodiscard]] Instant deadline() const noexcept {
        Instant earliest = Instant::max();
        std::apply(
            [&](const auto&... machine) {
                ((earliest = std::min(earliest, machine.deadline().value_or(Instant::max()))), ...);
            },
            machines_);
        return earliest;
    }
    /// What to say of the first machine whose deadline has passed.
    [[nodiscard]] std::optional<Violation> overdue(Instant now) const {
        std::optional<Violation> found;
        std::apply(
            [&](const auto&... machine) {
                ((found = !found && machine.deadline().value_or(Instant::max()) <= now
                              ? machine.violation(Errc::state_timeout)
                              : found),
                 ...);
            },
            machines_);
        return found;
    }
    /// Adds the state to what an interface says of an item that it refused: it knows the protocol and no states.
    void locate(Violation& violation) const noexcept {
        if (!violation.offset || !violation.state.empty()) return;
        const auto add = [&](std::string_view name, const AnyMachine& machine) {
            if (name == violation.protocol) violation.state = machine.state_name();
        };
        (add(Protocols::name, machine<Protocols>()), ...);
    }

    /// When the first wait is over, or has lasted half its time and nobody was told; `Instant::max()` where there is
    /// none.
    [[nodiscard]] Instant due() const noexcept {
        Instant earliest = Instant::max();
        std::apply([&](const auto&... machine) { ((earliest = std::min(earliest, machine.due())), ...); }, machines_);
        return earliest;
    }
    /// Calls `tell(machine)` for each wait that has lasted half its time, once a wait.
    template <class F>
    void tell_stalls(Instant now, F&& tell) {
        const auto look = [&](auto& machine) {
            if (machine.stalls_at() > now) return;
            machine.stall_told();
            tell(machine);
        };
        std::apply([&](auto&... machine) { (look(machine), ...); }, machines_);
    }

  private:
    template <class P>
    static constexpr std::size_t index_of = [] {
        std::size_t index = 0;
        (void)(... || (std::is_same_v<P, Protocols> ? true : (++index, false)));
        return index;
    }();

    ConnectionId connection_;
    std::tuple<Machine<Protocols, role>...> machines_;
    std::array<bool, sizeof...(Protocols)> credited_{};
    std::array<bool, sizeof...(Protocols)> started_{};
};

}  // namespace ouro
