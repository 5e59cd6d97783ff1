#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include <ouro/async/wait_op.hpp>
#include <ouro/interface/concept.hpp>
#include <ouro/interface/connected_socket.hpp>
#include <ouro/interface/listening.hpp>
#include <ouro/mux/ingress.hpp>

namespace ouro {

struct TcpOptions;
struct UnixOptions;

/// Limits on the number and the rate of accepted connections. Further ones wait in the system's queue.
///
/// Below `soft` connections, the next one is accepted at once. From `soft` on there is a pause before it, which grows
/// with the number n of connections: `delay` x (n - soft) / (hard - soft). At `hard` none is accepted until a place is
/// free and `delay` has passed.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Server/RateLimiting.hs; its defaults.
struct AcceptLimits {
    std::size_t hard = 512;  ///< connections above which none is accepted
    std::size_t soft = 384;  ///< connections from which on each one is delayed
    Duration delay = 5s;     ///< the longest pause before a connection is accepted
};

/// Present figures of an interface, and counts since its start.
struct StreamFigures {
    std::size_t connections = 0;  ///< open ones
    std::size_t inbound = 0;      ///< open and accepted
    std::size_t dials = 0;        ///< in progress
    std::size_t held = 0;         ///< bytes of memory counted against the budget
    std::size_t queued = 0;       ///< bytes that wait to be sent; they lower the budget
    /// Bytes in the system's send buffers of connections that have more to write.
    std::size_t unacknowledged = 0;
    std::uint64_t received = 0;     ///< bytes read from all sockets since the start
    std::uint64_t turned_away = 0;  ///< connections closed at once because of `TcpOptions::max_per_address`
};

namespace detail {

class Pool;

/// One whole item of one endpoint. The bytes are valid until the next poll.
struct Arrived {
    ConnectionId connection{};
    const PeerId* peer = nullptr;
    Channel channel{};
    Role role{};
    BytesView bytes;
    const Bytes* owner = nullptr;
};

using StreamEvent = std::variant<std::monostate, io::Connected, io::Disconnected, io::Sent, io::Trouble, Arrived>;

/// The part of a `StreamInterface` that does not depend on the type of its messages.
class StreamCore {
  public:
    using Encode = void (*)(const void* message, ByteQueue& out);

    StreamCore(asio::any_io_executor executor, TcpOptions options, mux::IngressLimit limit, mux::ProtocolName name);
    StreamCore(asio::any_io_executor executor, const UnixOptions& options, mux::IngressLimit limit,
               mux::ProtocolName name);
    StreamCore(StreamCore&&) noexcept;
    StreamCore& operator=(StreamCore&&) noexcept;
    ~StreamCore();

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept;
    void dispatch(const io::Connect& command);
    void dispatch(const io::Receive& command);
    void dispatch(const io::Disconnect& command);
    void send(ConnectionId connection, Channel channel, Role role, Encode encode, const void* message);
    bool poll(StreamEvent& event);
    [[nodiscard]] bool gave_way() const noexcept;
    /// Ends a connection because `item` could not be decoded from `offset` on.
    void fail(ConnectionId connection, Channel channel, Errc rule, std::size_t offset, BytesView item);
    void wake() noexcept;
    Listening listen(const PeerId& where);
    void stop_listening() noexcept;
    void connect_with(ConnectedSocket socket);
    std::error_code accept(ConnectedSocket socket);
    [[nodiscard]] StreamFigures figures() const noexcept;

    /// Starts the wait.
    struct Initiation {
        using executor_type = asio::any_io_executor;
        Pool* pool;

        [[nodiscard]] executor_type get_executor() const noexcept;
        template <class Handler>
        void operator()(Handler&& handler, Instant until) const {
            start(until, HandlerWaitOp<std::decay_t<Handler>>::make(std::forward<Handler>(handler), get_executor()));
        }
        void start(Instant until, WaitOp* op) const;
    };
    [[nodiscard]] Initiation wait() const noexcept { return {pool_.get()}; }

  private:
    std::unique_ptr<Pool> pool_;
};

}  // namespace detail

/// An interface for one message set over sockets, which it dials, or accepts after `listen`. `TcpInterface` and
/// `UnixInterface` choose the kind of socket.
///
/// It uses one executor that runs one handler at a time, and all calls must come from there. Moving it moves a handle.
/// The destructor resets every connection and ends a pending wait with `operation_aborted`.
template <Message M>
class StreamInterface {
  public:
    using Message = M;
    using executor_type = asio::any_io_executor;

    [[nodiscard]] executor_type get_executor() const noexcept { return core_.get_executor(); }
    [[nodiscard]] Instant now() const noexcept { return std::chrono::steady_clock::now(); }

    void dispatch(const InterfaceCommand<M>& command) {
        if (const auto* send = std::get_if<io::Send<M>>(&command)) {
            core_.send(send->connection, send->message.channel(), send->role, &encode, &send->message);
        } else if (const auto* receive = std::get_if<io::Receive>(&command)) {
            core_.dispatch(*receive);
        } else if (const auto* connect = std::get_if<io::Connect>(&command)) {
            core_.dispatch(*connect);
        } else {
            core_.dispatch(std::get<io::Disconnect>(command));
        }
    }

    std::optional<InterfaceEvent<M>> try_poll() {
        detail::StreamEvent event;
        while (core_.poll(event)) {
            if (auto* item = std::get_if<detail::Arrived>(&event)) {
                auto message = M::decode(item->channel, Item{item->bytes, item->owner});
                if (message) {
                    return std::optional<InterfaceEvent<M>>(std::in_place, std::in_place_type<io::Recv<M>>,
                                                            item->connection, *item->peer, item->role,
                                                            *std::move(message), item->bytes.size());
                }
                core_.fail(item->connection, item->channel, message.error(), message.offset(), item->bytes);
            } else if (auto* sent = std::get_if<io::Sent>(&event)) {
                return std::move(*sent);
            } else if (auto* connected = std::get_if<io::Connected>(&event)) {
                return std::move(*connected);
            } else if (auto* disconnected = std::get_if<io::Disconnected>(&event)) {
                return std::move(*disconnected);
            } else if (auto* trouble = std::get_if<io::Trouble>(&event)) {
                return std::move(*trouble);
            }
        }
        return std::nullopt;
    }

    /// See `Interface`.
    [[nodiscard]] bool gave_way() const noexcept { return core_.gave_way(); }

    /// Ends a pending wait, or the next one.
    void wake() noexcept { core_.wake(); }

    /// Waits until an event can be taken, `until` has passed, or `wake` is called. Takes no event.
    ///
    /// Shape         void(std::error_code)
    /// Cancellation  All types end the wait with `operation_aborted`; nothing is lost.
    /// Errors        Errc::busy  another wait is pending
    /// Lifetimes     The interface must exist when the operation starts. Its destructor ends the wait.
    template <class Token>
    auto async_wait_ready(Instant until, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code)>(core_.wait(), token, until);
    }

    /// Accepts connections at `where` from now on. Over TCP this is an address, not a name; port 0 takes a free port.
    /// May be called for several addresses.
    Listening listen(const PeerId& where) { return core_.listen(where); }
    /// Accepts no more connections; open ones stay.
    void stop_listening() noexcept { core_.stop_listening(); }
    /// The next dial of `socket.peer()` uses this socket. A later dial of that peer fails with Errc::not_connected.
    void connect_with(ConnectedSocket socket) { core_.connect_with(std::move(socket)); }
    /// Uses a connection that the program has accepted like one that this interface has accepted. A TCP connection
    /// counts for `TcpOptions::max_per_address`; the rate of `AcceptLimits` does not hold it back.
    ///
    /// Errors  those of the system when the socket is registered with its event loop
    std::error_code accept(ConnectedSocket socket) { return core_.accept(std::move(socket)); }
    [[nodiscard]] StreamFigures figures() const noexcept { return core_.figures(); }

  protected:
    template <class Options>
    StreamInterface(asio::any_io_executor executor, Options&& options)
        : core_(std::move(executor), std::forward<Options>(options), &M::ingress_limit, &M::protocol_name) {}

  private:
    static void encode(const void* message, ByteQueue& out) {
        cbor::Writer writer(out);
        static_cast<const M*>(message)->encode(writer);
    }

    detail::StreamCore core_;
};

}  // namespace ouro
