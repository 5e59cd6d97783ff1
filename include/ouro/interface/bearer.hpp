#pragma once

#include <ouro/async/asio.hpp>

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <ouro/base/bytes.hpp>
#include <ouro/base/types.hpp>
#include <ouro/mux/segment.hpp>

namespace ouro {

/// One socket that carries segments, over TCP or a path: never blocking; of TCP's, TCP_NODELAY, IPV6_V6ONLY, a close
/// that is a reset, and SO_KEEPALIVE: a host that is gone without a word is noticed within two minutes.
///
/// The interface is made of these; programs use one alone to look at segments, as tests and tools do. One read and one
/// write at a time.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Socket.hs, configureSocket.
class Bearer {
  public:
    using Socket = asio::generic::stream_protocol::socket;

    /// A call that did not wait: `bytes` that moved, or why none did. `would_block` and `eof` are Asio's.
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
    /// A socket connected to who listens at `path`. That takes no time: who has no room for one more is an error, too.
    std::error_code connect(std::string_view path);

    Moved try_read(std::span<std::uint8_t> into) noexcept;
    /// All of `buffers` in one system call, as far as they go. At most `max_buffers` are looked at.
    Moved try_write(std::span<const BytesView> buffers) noexcept;
    static constexpr std::size_t max_buffers = 64;

    /// Bytes that were written and that the peer has not acknowledged; over a path, not read. 0 where the system does
    /// not say.
    [[nodiscard]] std::size_t unacknowledged() noexcept;

    template <class Token>
    auto async_wait_readable(Token&& token) {
        return socket_.async_wait(Socket::wait_read, std::forward<Token>(token));
    }
    template <class Token>
    auto async_wait_writable(Token&& token) {
        return socket_.async_wait(Socket::wait_write, std::forward<Token>(token));
    }

    /// Reads one segment, whole.
    ///
    /// Errors  Errc::closed_by_peer  the end, between segments
    ///         Errc::truncated       the end, inside one
    ///         Errc::empty_segment, Errc::connection_reset
    /// Cancellation  Throws `operation_aborted`; what was read of a segment is lost, and with it the connection.
    asio::awaitable<Result<mux::Segment>> read_segment();

    /// Writes one segment; `header.length` is taken from `payload`, of 1 to 65,535 bytes.
    ///
    /// Errors  Errc::bad_argument, Errc::connection_reset
    /// Cancellation  Throws `operation_aborted`; a segment may be cut, and with it the connection is lost.
    asio::awaitable<Errc> write_segment(mux::SegmentHeader header, BytesView payload);

    /// No more will be written: the peer reads the end behind what was.
    void shutdown_send() noexcept;
    /// Closes at once: over TCP the peer reads an error, and what it has not read may be lost. Over a path it reads
    /// what was written, and then an error if something of its own was not read here.
    void reset() noexcept;
    /// Closes and leaves it to the system to deliver what was written.
    void close() noexcept;

    [[nodiscard]] Socket& socket() noexcept { return socket_; }

  private:
    void configure() noexcept;

    Socket socket_;
};

/// Looks the peer's host up and connects to the first of its addresses that answers. Has no deadline: cancel it.
///
/// Errors  Errc::resolve_failed, Errc::connect_failed
asio::awaitable<Result<Bearer>> connect_tcp(PeerId peer);

/// Connects to who listens at the peer's path, without waiting.
///
/// Errors  Errc::bad_address, Errc::connect_failed
Result<Bearer> connect_unix(const asio::any_io_executor& executor, const PeerId& peer);

}  // namespace ouro
