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

/// One socket that carries segments, over TCP or a path. It never blocks. Over TCP it has TCP_NODELAY, IPV6_V6ONLY, a
/// close that is a reset, and SO_KEEPALIVE: a host that vanishes is noticed within two minutes.
///
/// The interface is made of these. One read and one write at a time.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Socket.hs, configureSocket.
class Bearer {
  public:
    using Socket = asio::generic::stream_protocol::socket;

    /// The outcome of a call that does not wait: `bytes` that moved, or why none did. `would_block` and `eof` are
    /// Asio's.
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

    /// A socket with the options of this class, not connected.
    std::error_code open(const asio::generic::stream_protocol& protocol);
    /// Connects to the listener at `path`, without waiting. A listener without room for another one is an error, too.
    std::error_code connect(std::string_view path);

    Moved try_read(std::span<std::uint8_t> into) noexcept;
    /// All of `buffers` in one system call, as far as they go. At most `max_buffers` are looked at.
    Moved try_write(std::span<const BytesView> buffers) noexcept;
    static constexpr std::size_t max_buffers = 64;

    /// Bytes that were written and that the peer has not acknowledged; over a path, not read. 0 if the system does not
    /// say.
    [[nodiscard]] std::size_t unacknowledged() noexcept;

    template <class Token>
    auto async_wait_readable(Token&& token) {
        return socket_.async_wait(Socket::wait_read, std::forward<Token>(token));
    }
    template <class Token>
    auto async_wait_writable(Token&& token) {
        return socket_.async_wait(Socket::wait_write, std::forward<Token>(token));
    }

    /// Ends writing: the peer reads the end after what was written.
    void shutdown_send() noexcept;
    /// Closes at once: over TCP the peer reads an error, and what it has not read may be lost. Over a path it reads
    /// what was written, and then an error if something of its own was not read here.
    void reset() noexcept;
    /// Closes, and the system still delivers what was written.
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
