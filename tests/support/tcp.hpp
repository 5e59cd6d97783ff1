#pragma once

#include <ouro/detail/asio.hpp>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/write.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ouro/interface/bearer.hpp>
#include <ouro/interface/tcp.hpp>

/// What the tests of TCP share: an interface that is played by hand, and a peer that is nothing but a socket.
namespace ouro::test {

using Got = io::Recv<n2n::Message>;
using Octets = std::vector<std::uint8_t>;

inline constexpr Channel keep_alive = KeepAlive::channel;
inline constexpr std::size_t any_size = 65'535;

/// Runs handlers until `done` or for ten seconds: whether it was done.
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

/// An interface, and everything it told; `react` hears each event first.
template <class Set>
class PlayerOf {
  public:
    using Event = InterfaceEvent<Set>;

    explicit PlayerOf(asio::io_context& context, TcpOptions options = {})
        : context_(context), tcp(context.get_executor(), std::move(options)) {
        pump();
    }
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
    /// Runs until there are `wanted` of `E`.
    template <class E>
    bool await(std::size_t wanted = 1) {
        return run_until(context_, [&] { return count<E>() >= wanted; });
    }

    PeerId listen(const char* host = "127.0.0.1") {
        const auto bound = tcp.listen(PeerId::from_parts(host, 0));
        return bound ? bound.address : PeerId();
    }
    /// The `number`th dial.
    ConnectionId dial(const PeerId& peer, std::uint64_t number = 1) {
        const ConnectionId id = make_connection_id(Direction::outbound, number);
        tcp.dispatch(io::Connect{id, peer});
        return id;
    }
    void credit(ConnectionId id, Channel channel, Role role, std::uint32_t items = 1, std::size_t octets = any_size) {
        tcp.dispatch(io::Receive{id, channel, role, items, octets});
    }
    template <class M>
    void send(ConnectionId id, Role role, M message) {
        tcp.dispatch(io::Send<Set>{id, role, Set(std::move(message))});
    }
    void disconnect(ConnectionId id, io::Close how, Errc reason = Errc::disconnected, Duration linger = 5s) {
        io::Disconnect command;
        command.connection = id;
        command.how = how;
        command.reason = reason;
        command.linger = linger;
        tcp.dispatch(command);
    }
    /// Credit for pings without end, given to whoever connects: the gate is open.
    void serve_pings() {
        react = [this](const Event& event) {
            if (const auto* up = std::get_if<io::Connected>(&event))
                credit(up->connection, keep_alive, Role::responder, 1'000'000);
        };
    }

  private:
    void pump() {
        while (auto event = tcp.try_poll()) {
            if (react) react(*event);
            events.push_back(*std::move(event));
        }
        tcp.async_wait_ready(Instant::max(), [this](std::error_code error) {
            if (!error) pump();
        });
    }

    asio::io_context& context_;

  public:
    TcpInterface<Set> tcp;
    std::vector<Event> events;
    std::function<void(const Event&)> react;
};
using Player = PlayerOf<n2n::Message>;

/// A peer that writes and reads octets.
class RawPeer {
  public:
    RawPeer(asio::io_context& context, const PeerId& to, const char* from = nullptr)
        : context_(context), socket_(context) {
        const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(std::string(to.host())), to.port());
        socket_.open(endpoint.protocol());
        if (from != nullptr) socket_.bind({asio::ip::make_address(from), 0});
        socket_.connect(endpoint);
        socket_.set_option(asio::ip::tcp::no_delay(true));
        socket_.non_blocking(true);
    }

    /// One that has been accepted.
    RawPeer(asio::io_context& context, asio::ip::tcp::socket accepted)
        : context_(context), socket_(std::move(accepted)) {
        socket_.set_option(asio::ip::tcp::no_delay(true));
        socket_.non_blocking(true);
    }

    void write(BytesView octets) { asio::write(socket_, asio::buffer(octets.data(), octets.size())); }
    /// Takes what is there. True at the end, and `end` says which.
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
    bool await_octets(std::size_t count) {
        return run_until(context_, [&] { return ended() || got.size() >= count; }) && got.size() >= count;
    }
    /// An end after everything that was written.
    void finish() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
    void close(bool reset) {
        if (reset) socket_.set_option(asio::ip::tcp::socket::linger(true, 0));
        socket_.close();
    }

    Octets got;
    std::error_code end;

  private:
    asio::io_context& context_;
    asio::ip::tcp::socket socket_;
};

inline Octets segment(Channel channel, Role sender, BytesView payload) {
    const auto head = mux::encode_header({0, channel, sender, static_cast<std::uint16_t>(payload.size())});
    Octets result(head.begin(), head.end());
    result.insert(result.end(), payload.begin(), payload.end());
    return result;
}

inline Bytes ping(std::uint16_t cookie) { return cbor::encode(n2n::Message(KeepAlive::Ping{cookie})); }

/// A ping in a segment of its own, as an initiator sends it.
inline Octets ping_segment(std::uint16_t cookie) { return segment(keep_alive, Role::initiator, ping(cookie)); }

inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

}  // namespace ouro::test
