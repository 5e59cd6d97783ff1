#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>

namespace ouro {

/// The side that may send in a state.
enum class Agency : std::uint8_t { initiator, responder, nobody };

/// How long the side without agency waits in a state: a fixed time, or one drawn from [min, max] for each visit.
struct Limit {
    Duration min{};
    Duration max{};
    bool waived_for_trusted = false;

    constexpr Limit() noexcept = default;
    template <class Rep, class Period>
    constexpr Limit(std::chrono::duration<Rep, Period> fixed) noexcept : min(fixed), max(fixed) {}
    constexpr Limit(Duration from, Duration to, bool waived = false) noexcept
        : min(from), max(to), waived_for_trusted(waived) {}

    [[nodiscard]] constexpr bool none() const noexcept { return max == Duration::zero(); }
};

inline constexpr Limit no_limit{};

inline constexpr std::uint32_t small_message = 65'535;     // Protocol/Limits.hs, smallByteLimit
inline constexpr std::uint32_t large_message = 2'500'000;  // Protocol/Limits.hs, largeByteLimit

// Node-to-client, the reference limits neither time nor bytes: the credit of the receiving side bounds the
// memory.
inline constexpr std::uint32_t unbounded_message = UINT32_MAX;
inline constexpr std::size_t unbounded_ingress = 0xffffffff;  // cardano-diffusion, NodeToClient.hs

/// One row of a protocol's table: agency, time limit of the other side, and maximum message size.
template <class State>
struct StateSpec {
    State state;
    std::string_view name;
    Agency agency;
    Limit time;
    std::uint32_t size;  ///< bytes of one message
};

template <class State>
struct Transition {
    std::string_view message;  // identifies the message's type
    State from;
    State to;
    bool may_pipeline = false;

    /// The message may also be sent ahead, before earlier answers arrive.
    [[nodiscard]] constexpr Transition pipelined() const noexcept { return {message, from, to, true}; }
};

namespace detail {
// Identifies a type. Not an address, because g++ 12 cannot compare addresses in constant expressions under
// -fsanitize=null.
template <class M>
[[nodiscard]] constexpr std::string_view message_identity() noexcept {
    return __PRETTY_FUNCTION__;
}
}  // namespace detail

/// The message `M` is legal in `from` and leads to `to`.
template <class M, class State>
[[nodiscard]] constexpr Transition<State> on(State from, State to) noexcept {
    return {detail::message_identity<M>(), from, to, false};
}

/// A protocol's table without types, for compiled code, logs and printed documentation.
struct ProtocolTable {
    static constexpr std::uint8_t illegal = 255;
    struct Row {
        std::string_view name;
        Agency agency;
        Limit time;
        std::uint32_t size;
    };

    std::string_view protocol;
    Channel channel;
    std::span<const Row> states;
    std::span<const std::string_view> messages;
    std::span<const std::uint8_t> next;  // states x messages: the next state, or `illegal`
    std::span<const Agency> ahead;       // per message: the side that may send it ahead

    [[nodiscard]] std::uint8_t after(std::size_t state, std::size_t message) const noexcept {
        return next[state * messages.size() + message];
    }
};

namespace detail {

template <class Variant>
struct MessageList;
template <class... M>
struct MessageList<std::variant<M...>> {
    static constexpr std::array<std::string_view, sizeof...(M)> names{M::name...};
    static constexpr std::array<std::string_view, sizeof...(M)> identities{message_identity<M>()...};
};

template <class P>
struct TableStorage {
    using List = MessageList<typename P::Message>;
    static constexpr std::size_t state_count = P::states.size();
    static constexpr std::size_t message_count = List::names.size();

    static constexpr std::size_t index_of(std::string_view identity) noexcept {
        std::size_t i = 0;
        while (i < message_count && List::identities[i] != identity) ++i;
        return i;
    }

    static constexpr auto rows = [] {
        std::array<ProtocolTable::Row, state_count> result{};
        for (std::size_t i = 0; i < state_count; ++i) {
            const auto& spec = P::states[i];
            result[i] = {spec.name, spec.agency, spec.time, spec.size};
        }
        return result;
    }();
    static constexpr auto next = [] {
        std::array<std::uint8_t, state_count * message_count> result{};
        for (auto& target : result) target = ProtocolTable::illegal;
        for (const auto& t : P::transitions)
            result[static_cast<std::size_t>(t.from) * message_count + index_of(t.message)] =
                static_cast<std::uint8_t>(t.to);
        return result;
    }();
    static constexpr auto ahead = [] {
        std::array<Agency, message_count> result{};
        for (auto& agency : result) agency = Agency::nobody;
        for (const auto& t : P::transitions)
            if (t.may_pipeline) result[index_of(t.message)] = P::states[static_cast<std::size_t>(t.from)].agency;
        return result;
    }();

    // Compile-time checks of a table.
    static constexpr bool states_in_order() {
        for (std::size_t i = 0; i < state_count; ++i)
            if (static_cast<std::size_t>(P::states[i].state) != i) return false;
        return true;
    }
    static constexpr bool messages_known() {
        for (const auto& t : P::transitions)
            if (index_of(t.message) == message_count) return false;
        return true;
    }
    static constexpr bool transitions_unique() {
        for (const auto& a : P::transitions)
            for (const auto& b : P::transitions)
                if (&a != &b && a.message == b.message && a.from == b.from) return false;
        return true;
    }
    static constexpr bool messages_used() {
        for (std::string_view identity : List::identities) {
            bool used = false;
            for (const auto& t : P::transitions) used = used || t.message == identity;
            if (!used) return false;
        }
        return true;
    }
    static constexpr bool all_reachable() {
        std::array<bool, state_count> seen{};
        seen[0] = true;
        for (std::size_t round = 0; round < state_count; ++round)
            for (const auto& t : P::transitions)
                if (seen[static_cast<std::size_t>(t.from)]) seen[static_cast<std::size_t>(t.to)] = true;
        for (bool reached : seen)
            if (!reached) return false;
        return true;
    }
    static constexpr bool terminal_states_end() {
        for (std::size_t i = 0; i < state_count; ++i) {
            bool leaves = false;
            for (const auto& t : P::transitions) leaves = leaves || static_cast<std::size_t>(t.from) == i;
            if (leaves == (P::states[i].agency == Agency::nobody)) return false;
        }
        return true;
    }
};

}  // namespace detail

/// The table of `P`, checked at compile time.
template <class P>
[[nodiscard]] const ProtocolTable& table_of() noexcept {
    using Storage = detail::TableStorage<P>;
    static_assert(Storage::states_in_order(), "a protocol's states stand in the order of their enumeration");
    static_assert(Storage::messages_known(), "a transition names a message the protocol does not have");
    static_assert(Storage::transitions_unique(), "a message leads from one state to two");
    static_assert(Storage::messages_used(), "a message is legal in no state");
    static_assert(Storage::all_reachable(), "a state cannot be reached from the first");
    static_assert(Storage::terminal_states_end(), "a state has nobody's agency exactly if nothing leads out of it");
    static constexpr ProtocolTable table{P::name,       P::channel,
                                         Storage::rows, detail::MessageList<typename P::Message>::names,
                                         Storage::next, Storage::ahead};
    return table;
}

/// One side of one instance of a mini-protocol: the messages legal now, and the time limit.
///
/// The state moves when a send is decided, not when it is written. A pipelined send whose turn has not come waits in a
/// ledger: after each answer has moved the state, the next send of the ledger applies.
class AnyMachine {
  public:
    struct Options {
        std::uint64_t seed = 1;  ///< for time limits drawn from a range
        bool trusted = false;    ///< removes the limits that are waived for trusted peers
    };

    AnyMachine(const ProtocolTable& table, Role role, Options options) noexcept
        : table_(&table), random_(options.seed), role_(role), trusted_(options.trusted) {}

    /// Whether the message is legal now, or may be sent ahead.
    [[nodiscard]] bool may_send(std::size_t message) const noexcept;
    /// Errors  Errc::not_our_turn  the message is not legal now, and may not be sent ahead; nothing has changed
    Errc send(std::size_t message, Instant now);
    /// Errors  Errc::out_of_turn, Errc::message_too_large
    Errc receive(std::size_t message, std::size_t bytes, Instant now);

    [[nodiscard]] std::size_t state() const noexcept { return state_; }
    [[nodiscard]] std::string_view state_name() const noexcept { return row().name; }
    /// Whether we have agency: we may send without pipelining.
    [[nodiscard]] bool ours() const noexcept { return row().agency == own_agency(); }
    /// Whether the peer has agency: its message is awaited and needs a credit.
    [[nodiscard]] bool theirs() const noexcept { return !ours() && !done(); }
    [[nodiscard]] bool done() const noexcept { return row().agency == Agency::nobody; }
    /// Number of sends whose turn has not come.
    [[nodiscard]] std::size_t pending() const noexcept { return pending_; }
    /// Maximum size in bytes of the peer's next message.
    [[nodiscard]] std::size_t receive_limit() const noexcept { return row().size; }

    /// When the peer's message is due; empty if none is awaited or there is no limit. A machine waits from its first
    /// send or receive on: a responder's peer may begin at any time.
    [[nodiscard]] std::optional<Instant> deadline() const noexcept {
        return deadline_ == Instant::max() ? std::nullopt : std::optional(deadline_);
    }
    /// The same; `Instant::max()` if none is awaited or there is no limit.
    [[nodiscard]] Instant expires_at() const noexcept { return deadline_; }
    /// When the unreported wait for the peer's message is half over and becomes a stall; `Instant::max()` if there is
    /// none.
    [[nodiscard]] Instant stalls_at() const noexcept { return stalls_at_; }
    /// The earlier of both; `Instant::max()` if there is none.
    [[nodiscard]] Instant due() const noexcept { return std::min(deadline_, stalls_at_); }
    /// Start of the current wait.
    [[nodiscard]] Instant waiting_since() const noexcept { return waiting_since_; }
    /// Marks the stall as reported.
    void stall_told() noexcept { stalls_at_ = Instant::max(); }
    /// Pauses the time limits while the user takes nothing: unread data is not the peer's fault.
    void pause() noexcept { deadline_ = stalls_at_ = Instant::max(); }
    /// Starts a new wait at `now`.
    void resume(Instant now) noexcept { arm(now); }

    /// Returns to the first state. Messages that the peer sent ahead stay unread and belong to the next run.
    void restart() noexcept;

    /// The violation for a peer that broke `rule` with `message` (empty: not recognised).
    [[nodiscard]] Violation violation(Errc rule, std::optional<std::size_t> message = {}) const noexcept;
    [[nodiscard]] const ProtocolTable& table() const noexcept { return *table_; }

  private:
    struct Run {
        std::uint8_t message;
        std::uint32_t count;
    };
    /// Sends ahead of more than one kind, which are rare.
    struct Mixed {
        std::uint32_t oldest;    // how many of the oldest kind
        std::vector<Run> later;  // runs of equal sends after them
    };

    [[nodiscard]] const ProtocolTable::Row& row() const noexcept { return table_->states[state_]; }
    [[nodiscard]] Agency own_agency() const noexcept {
        return role_ == Role::initiator ? Agency::initiator : Agency::responder;
    }
    void arm(Instant now) noexcept;
    void record(std::uint8_t message);
    void count_down();

    const ProtocolTable* table_;
    Instant deadline_ = Instant::max();
    Instant stalls_at_ = Instant::max();
    Instant waiting_since_{};
    std::uint64_t random_;
    std::unique_ptr<Mixed> mixed_;  // null: all pending sends are equal
    std::uint32_t pending_ = 0;
    std::uint8_t oldest_ = 0;  // message of the first pending send
    std::uint8_t state_ = 0;
    Role role_;
    bool trusted_;
};

/// `AnyMachine` with the types of `P`.
template <class P, Role role>
class Machine : public AnyMachine {
  public:
    using State = typename P::State;
    using Message = typename P::Message;

    explicit Machine(Options options) noexcept : AnyMachine(table_of<P>(), role, options) {}

    Errc send(const Message& message, Instant now) { return AnyMachine::send(message.index(), now); }
    Errc receive(const Message& message, std::size_t bytes, Instant now) {
        return AnyMachine::receive(message.index(), bytes, now);
    }
    [[nodiscard]] State state() const noexcept { return static_cast<State>(AnyMachine::state()); }
};

}  // namespace ouro
