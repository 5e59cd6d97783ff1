#pragma once

#include <concepts>
#include <optional>
#include <system_error>

#include <ouro/detail/asio.hpp>
#include <ouro/message.hpp>
#include <ouro/time.hpp>
#include <ouro/vocabulary.hpp>

namespace ouro {

namespace detail {

/// The plainest completion token `async_wait_ready` has to take.
struct WaitProbe {
    void operator()(std::error_code) const noexcept {}
};

}  // namespace detail

/// Where IO happens. Commands go in and events come out by plain call, on one executor; only the wait is asynchronous.
///
/// - `dispatch` never blocks and never throws for a peer's sake. A command for a connection that is gone is dropped.
/// - `try_poll` gives the next event, in turn over the connections, or nothing. What it gives shares nothing with the
///   interface that the next call would end. A loop over it has to wait now and then, as a manager does after 64
///   events: only a wait finds the sockets that have become readable, and some peers always have more.
/// - `now` is the only clock of whoever drives the interface; an emulation may jump it.
/// - `async_wait_ready` ends when an event can be taken, when `until` has passed, or when `wake` is called. It carries
///   no data, so that cancelling it loses nothing; it may end early, and never inside the call that starts it. One wait
///   at a time: a second ends with `Errc::busy`.
/// - `wake` is remembered while nobody waits, once.
///
/// A connection begins with `Connected` or fails to; it ends with exactly one `Disconnected`, and nothing follows that.
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
