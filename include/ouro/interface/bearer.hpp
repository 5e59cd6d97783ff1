#pragma once

#include <ouro/async/asio.hpp>

#include <asio/generic/stream_protocol.hpp>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <ouro/base/bytes.hpp>
#include <ouro/base/types.hpp>

namespace ouro {

/// One non-blocking socket that carries segments, over TCP or a Unix path. A TCP socket has TCP_NODELAY, IPV6_V6ONLY,
/// SO_LINGER of zero (closing it sends a reset) and SO_KEEPALIVE, which detects a vanished host within two minutes.
///
/// Interfaces consist of bearers. Tests and tools use one alone to look at segments. One read and one write at a time.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Socket.hs, configureSocket.
class Bearer {
  public:
    using Socket = asio::generic::stream_protocol::socket;

    /// The result of a call that did not wait: the number of bytes moved, or the error. `would_block` and `eof` mean
    /// the same as in Asio.
    struct Moved {
        std::size_t bytes = 0;
        std::error_code error;

        [[nodiscard]] bool would_block() const noexcept {
            return error == asio::error::would_block || error == asio::error::try_again;
        }
        [[nodiscard]] bool eof() const noexcept { return error == asio::error::eof; }
    };

    explicit Bearer(const asio::any_io_executor& executor) : socket_(executor) {}
    /// Takes over a connected socket and sets its options.
    explicit Bearer(Socket connected);

    /// Opens a socket with the options of this class, not connected.
    std::error_code open(const asio::generic::stream_protocol& protocol);
    /// Opens a socket and connects it to the listener at `path`, without waiting: a full queue of the listener is an
    /// error.
    std::error_code connect(std::string_view path);

    Moved try_read(std::span<std::uint8_t> into) noexcept;
    /// Writes as much of `buffers` as the socket takes in one system call, of at most `max_buffers` of them.
    Moved try_write(std::span<const BytesView> buffers) noexcept;
    static constexpr std::size_t max_buffers = 64;

    /// Bytes that were written and not acknowledged by the peer; over a path, not read. 0 if the system does not report
    /// them.
    [[nodiscard]] std::size_t unacknowledged() noexcept;

    template <class Token>
    auto async_wait_readable(Token&& token) {
        return socket_.async_wait(Socket::wait_read, std::forward<Token>(token));
    }
    template <class Token>
    auto async_wait_writable(Token&& token) {
        return socket_.async_wait(Socket::wait_write, std::forward<Token>(token));
    }

    /// Ends the sending side: the peer reads the end after the written bytes.
    void shutdown_send() noexcept;
    /// Closes at once. Over TCP the peer reads an error, and bytes that it has not read may be lost. Over a path it
    /// reads the written bytes, and then an error if bytes that it sent were not read here.
    void reset() noexcept;
    /// Closes and lets the system deliver the written bytes.
    void close() noexcept;

    [[nodiscard]] Socket& socket() noexcept { return socket_; }

  private:
    void configure() noexcept;

    Socket socket_;
};

/// Connects to the listener at the peer's path, without waiting.
///
/// Errors  Errc::bad_address, Errc::connect_failed
Result<Bearer> connect_unix(const asio::any_io_executor& executor, const PeerId& peer);

}  // namespace ouro
