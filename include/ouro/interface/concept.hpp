#pragma once

#include <concepts>
#include <optional>
#include <system_error>

#include <ouro/async/asio.hpp>
#include <ouro/base/time.hpp>
#include <ouro/protocol/message.hpp>
#include <ouro/protocol/vocabulary.hpp>

namespace ouro {

namespace detail {

/// The simplest completion token that `async_wait_ready` must accept.
struct WaitProbe {
    void operator()(std::error_code) const noexcept {}
};

}  // namespace detail

/// Performs IO. Commands and events pass through plain calls, on one executor; only the wait is asynchronous.
///
/// - `dispatch` never blocks and never throws because of a peer. A command for a connection that is gone is dropped.
/// - `try_poll` returns the next event or nothing, and takes connections in turn. The event remains valid after the
/// next
///   call. A loop over it must wait from time to time, as a manager does after 64 events, because only a wait finds the
///   sockets that have become readable, and some peers always have more to send.
/// - An interface that may read much without an event has `bool gave_way()`. It is true if the last `try_poll` returned
///   nothing although there is more to read, to let other handlers run. A wait then ends at once.
/// - `now` is the only clock of the interface's driver; an emulation may advance it in jumps.
/// - `async_wait_ready` ends when an event can be taken, when `until` has passed, or when `wake` is called. It carries
///   no data, so cancelling it loses nothing. It may end early, but never inside the call that starts it. Only one wait
///   can be pending: a second one ends with `Errc::busy`.
/// - `wake` without a pending wait is remembered, once.
///
/// A connection begins with `Connected`, unless it fails. It ends with exactly one `Disconnected`, its last event.
template <class I>
concept Interface =
    Message<typename I::Message> && requires(I& io, const I& view, InterfaceCommand<typename I::Message> command,
                                             Instant until, detail::WaitProbe token) {
        { view.get_executor() } noexcept -> std::convertible_to<asio::any_io_executor>;
        { view.now() } noexcept -> std::same_as<Instant>;
        { io.dispatch(std::move(command)) } -> std::same_as<void>;
        { io.try_poll() } -> std::same_as<std::optional<InterfaceEvent<typename I::Message>>>;
        { io.wake() } noexcept -> std::same_as<void>;
        io.async_wait_ready(until, token);  // void(std::error_code)
    };

}  // namespace ouro
