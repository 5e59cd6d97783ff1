#pragma once

#include <ouro/async/asio.hpp>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/write.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <ouro/interface/bearer.hpp>
#include <ouro/interface/tcp.hpp>
#include <ouro/interface/unix.hpp>

#include "support/temporary_directory.hpp"

/// Shared by the tests of sockets: an interface driven by hand, and a peer that is only a socket.
namespace ouro::test {

using Got = io::Recv<n2n::Message>;
using ByteVector = std::vector<std::uint8_t>;

inline constexpr Channel keep_alive = KeepAlive::channel;
inline constexpr std::size_t any_size = 65'535;

/// Runs handlers until `done` or for ten seconds; returns whether it was done.
template <class Done>
bool run_until(asio::io_context& context, Done done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        context.restart();
        context.run_one_for(100ms);
    }
    return true;
}

/// The transport of a test's connections.
enum class Way : std::uint8_t { tcp, path };

/// An interface and all its events; `react` receives each event first.
template <class Set>
class PlayerOf {
  public:
    using Event = InterfaceEvent<Set>;

    explicit PlayerOf(asio::io_context& context, TcpOptions options = {})
        : PlayerOf(context, TcpInterface<Set>(context.get_executor(), std::move(options))) {}
    PlayerOf(asio::io_context& context, const UnixOptions& options)
        : PlayerOf(context, UnixInterface<Set>(context.get_executor(), options)) {}
    /// Either transport, with those of `options` that both have.
    PlayerOf(asio::io_context& context, Way way, const TcpOptions& options = {})
        : PlayerOf(context, way == Way::tcp ? Sockets(TcpInterface<Set>(context.get_executor(), options))
                                            : Sockets(UnixInterface<Set>(context.get_executor(), of_path(options)))) {}
    PlayerOf(const PlayerOf&) = delete;
    PlayerOf& operator=(const PlayerOf&) = delete;

    template <class E>
    [[nodiscard]] std::vector<E> all() const {
        std::vector<E> result;
        for (const Event& event : events)
            if (const auto* e = std::get_if<E>(&event)) result.push_back(*e);
        return result;
    }
    template <class E>
    [[nodiscard]] std::size_t count() const {
        return all<E>().size();
    }
    /// Runs until there are `wanted` events of type `E`.
    template <class E>
    bool await(std::size_t wanted = 1) {
        return run_until(context_, [&] { return count<E>() >= wanted; });
    }

    /// Listens at a free port, or at a new file.
    PeerId listen(const char* host = "127.0.0.1") {
        Listening bound;
        if (auto* files = std::get_if<UnixInterface<Set>>(&sockets_)) {
            bound = files->listen((directory_.emplace().path() / "socket").string());
        } else {
            bound = io.listen(PeerId::from_parts(host, 0));
        }
        return bound ? bound.address : PeerId();
    }
    /// Dials; `number` is the number of the dial.
    ConnectionId dial(const PeerId& peer, std::uint64_t number = 1) {
        const ConnectionId id = make_connection_id(Direction::outbound, number);
        io.dispatch(io::Connect{id, peer});
        return id;
    }
    void credit(ConnectionId id, Channel channel, Role role, std::uint32_t items = 1, std::size_t bytes = any_size) {
        io.dispatch(io::Receive{id, channel, role, items, bytes});
    }
    template <class M>
    void send(ConnectionId id, Role role, M message) {
        io.dispatch(io::Send<Set>{id, role, Set(std::move(message))});
    }
    void disconnect(ConnectionId id, io::Close how, Errc reason = Errc::disconnected, Duration linger = 5s) {
        io::Disconnect command;
        command.connection = id;
        command.how = how;
        command.reason = reason;
        command.linger = linger;
        io.dispatch(command);
    }
    /// Gives every connection unlimited credit for pings, so the gate is open.
    void serve_pings() {
        react = [this](const Event& event) {
            if (const auto* up = std::get_if<io::Connected>(&event))
                credit(up->connection, keep_alive, Role::responder, 1'000'000);
        };
    }

  private:
    using Sockets = std::variant<TcpInterface<Set>, UnixInterface<Set>>;

    PlayerOf(asio::io_context& context, Sockets sockets)
        : context_(context),
          sockets_(std::move(sockets)),
          io(std::visit([](StreamInterface<Set>& either) -> StreamInterface<Set>& { return either; }, sockets_)) {
        pump();
    }
    static UnixOptions of_path(const TcpOptions& options) {
        UnixOptions result;
        result.segment_payload = options.segment_payload;
        result.segment_timeout = options.segment_timeout;
        result.write_timeout = options.write_timeout;
        result.accept = options.accept;
        result.budget = options.budget;
        result.send_buffer = options.send_buffer;
        return result;
    }
    void pump() {
        while (auto event = io.try_poll()) {
            if (react) react(*event);
            events.push_back(*std::move(event));
        }
        io.async_wait_ready(Instant::max(), [this](std::error_code error) {
            if (!error) pump();
        });
    }

    asio::io_context& context_;
    std::optional<support::TemporaryDirectory> directory_;
    Sockets sockets_;

  public:
    StreamInterface<Set>& io;
    std::vector<Event> events;
    std::function<void(const Event&)> react;
};
using Player = PlayerOf<n2n::Message>;

/// A peer that writes and reads raw bytes.
class RawPeer {
  public:
    RawPeer(asio::io_context& context, const PeerId& to, const char* from = nullptr)
        : context_(context), socket_(context) {
        const auto endpoint = endpoint_of(to);
        socket_.open(endpoint.protocol());
        if (from != nullptr) socket_.bind(asio::ip::tcp::endpoint(asio::ip::make_address(from), 0));
        socket_.connect(endpoint);
        configure();
    }

    /// An accepted peer.
    RawPeer(asio::io_context& context, Bearer::Socket accepted) : context_(context), socket_(std::move(accepted)) {
        configure();
    }

    void write(BytesView bytes) { asio::write(socket_, asio::buffer(bytes.data(), bytes.size())); }
    /// Reads the available bytes. True at the end of the stream; `end` is then its error.
    bool ended() {
        std::array<std::uint8_t, 65'536> part;
        while (!end) {
            const std::size_t size = socket_.read_some(asio::buffer(part), end);
            got.insert(got.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size));
        }
        if (end != asio::error::would_block) return true;
        end = {};
        return false;
    }
    bool await_end() {
        return run_until(context_, [this] { return ended(); });
    }
    bool await_bytes(std::size_t count) {
        return run_until(context_, [&] { return ended() || got.size() >= count; }) && got.size() >= count;
    }
    /// Ends the stream after everything that was written.
    void finish() { socket_.shutdown(Bearer::Socket::shutdown_send); }
    void close(bool reset) {
        if (reset) socket_.set_option(Bearer::Socket::linger(true, 0));
        socket_.close();
    }

    ByteVector got;
    std::error_code end;

  private:
    static asio::generic::stream_protocol::endpoint endpoint_of(const PeerId& to) {
        if (!to.path().empty()) return asio::local::stream_protocol::endpoint(to.path());
        return asio::ip::tcp::endpoint(asio::ip::make_address(std::string(to.host())), to.port());
    }
    void configure() {
        std::error_code not_tcp;
        socket_.set_option(asio::ip::tcp::no_delay(true), not_tcp);
        socket_.non_blocking(true);
    }

    asio::io_context& context_;
    Bearer::Socket socket_;
};

inline ByteVector segment(Channel channel, Role sender, BytesView payload) {
    const auto head = mux::encode_header({0, channel, sender, static_cast<std::uint16_t>(payload.size())});
    ByteVector result(head.begin(), head.end());
    result.insert(result.end(), payload.begin(), payload.end());
    return result;
}

inline Bytes ping(std::uint16_t cookie) { return cbor::encode(n2n::Message(KeepAlive::Ping{cookie})); }

/// A ping in a segment of its own, as an initiator sends it.
inline ByteVector ping_segment(std::uint16_t cookie) { return segment(keep_alive, Role::initiator, ping(cookie)); }

inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

}  // namespace ouro::test
