#pragma once

#include <concepts>
#include <optional>
#include <variant>

#include <ouro/base/fifo.hpp>
#include <ouro/base/result.hpp>
#include <ouro/protocol/vocabulary.hpp>

namespace ouro {

/// Logic without IO, clock or Asio. Inputs enter through calls, each with the time; commands and events leave through
/// calls.
///
/// Call `handle_io`, `execute` or `tick`, then `poll_command` until it is empty, then read `next_deadline`. `now` never
/// goes back, and an extra `tick` does nothing. Every outcome of a command repeats the id that `execute` returned.
/// Events wait in a bounded queue of the behavior; `poll_event` takes one.
template <class B>
concept Behavior =
    Message<typename B::Message> && std::movable<typename B::Event> &&
    requires(B& b, const B& cb, InterfaceEvent<typename B::Message> e, typename B::Command& c, Instant now) {
        { b.handle_io(std::move(e), now) } -> std::same_as<void>;
        { b.execute(c, now) } -> std::same_as<Result<CommandId>>;  // moves from `c` only on success
        { b.tick(now) } -> std::same_as<void>;
        { b.stop(now) } -> std::same_as<void>;  // no more commands; pending requests end; connections close
        { cb.next_deadline() } noexcept -> std::same_as<std::optional<Instant>>;
        { b.poll_command() } -> std::same_as<std::optional<InterfaceCommand<typename B::Message>>>;
        { cb.has_event() } noexcept -> std::same_as<bool>;  // poll_event would return one
        { b.poll_event() } -> std::same_as<std::optional<typename B::Event>>;
        { cb.idle() } noexcept -> std::same_as<bool>;  // no connection is left
    };

namespace detail {
/// Bytes of a queue of commands that it keeps: a responder queues a mebibyte of blocks at once, again and again.
inline constexpr std::size_t kept_commands = 512 * 1024;
}  // namespace detail

/// The outputs of a behavior, each kind first in, first out, in the order of the decisions.
template <class M, class E>
class OutboundQueue {
  public:
    /// Queues a command.
    template <class C>
        requires std::constructible_from<InterfaceCommand<M>, C>
    void command(C&& command) {
        commands_.emplace_back(std::forward<C>(command));
    }
    /// Queues a command of type `C`, constructed in place.
    template <class C, class... Args>
    void make_command(Args&&... args) {
        commands_.emplace_back(std::in_place_type<C>, std::forward<Args>(args)...);
    }
    /// Queues an event.
    template <class X = E>
        requires std::constructible_from<E, X>
    void event(X&& event) {
        events_.emplace_back(std::forward<X>(event));
    }

    /// The next command in its place, or null. `drop_command` removes it.
    [[nodiscard]] InterfaceCommand<M>* front_command() noexcept {
        return commands_.empty() ? nullptr : &commands_.front();
    }
    /// Removes the next command.
    void drop_command() noexcept { commands_.drop_front(); }
    /// Takes the next command.
    std::optional<InterfaceCommand<M>> poll_command() { return commands_.try_pop_front(); }
    /// Takes the next event.
    std::optional<E> poll_event() { return events_.try_pop_front(); }
    /// Number of queued events.
    [[nodiscard]] std::size_t events() const noexcept { return events_.size(); }

  private:
    detail::Fifo<InterfaceCommand<M>, detail::kept_commands> commands_;
    detail::Fifo<E> events_;
};

}  // namespace ouro
