#pragma once

#include <deque>

#include <ouro/ouro.hpp>

#include "support/tcp.hpp"
#include "unit/behavior/cast.hpp"

/// Managers over TCP as in a program, and peers made of a socket and hand-written bytes.
namespace raw {

using ouro::test::RawPeer;
using ouro::test::run_until;

/// `messages` in segments of at most `most` bytes, as one end of a mini-protocol sends them. Without messages the
/// result is one empty segment.
inline ByteVector framed(std::uint16_t channel, bool responder, const ByteVector& messages, std::size_t most) {
    ByteVector all;
    std::size_t at = 0;
    do {
        const ouro::BytesView part = ouro::BytesView(messages).subspan(at, std::min(most, messages.size() - at));
        const ByteVector one = ouro::emulation::segment(channel, responder, part);
        all.insert(all.end(), one.begin(), one.end());
        at += part.size();
    } while (at < messages.size());
    return all;
}
inline ByteVector asked(std::uint16_t channel, const ByteVector& messages, std::size_t most = 65'535) {
    return framed(channel, false, messages, most);
}
inline ByteVector answered(std::uint16_t channel, const ByteVector& messages, std::size_t most = 65'535) {
    return framed(channel, true, messages, most);
}

/// The concatenated payloads of all segments of one mini-protocol and mode in `bytes`.
inline ByteVector heard(const ByteVector& bytes, std::uint16_t channel, bool responder) {
    const unsigned wanted = channel | (responder ? 0x8000U : 0U);
    ByteVector all;
    for (std::size_t at = 0; at + 8 <= bytes.size();) {
        const std::size_t size = static_cast<std::size_t>(bytes[at + 6]) << 8 | bytes[at + 7];
        const auto payload = bytes.begin() + static_cast<std::ptrdiff_t>(at) + 8;
        at = std::min(at + 8 + size, bytes.size());
        if ((static_cast<unsigned>(payload[-4]) << 8 | payload[-3]) == wanted)
            all.insert(all.end(), payload, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return all;
}

/// A manager whose events are taken and recorded.
template <class Manager>
class Attended {
  public:
    using Event = typename Manager::Event;

    template <class Config>
    Attended(asio::io_context& context, Config config, ouro::TcpOptions options = {})
        : context_(context), manager(context.get_executor(), std::move(config), std::move(options)) {
        take();
    }
    Attended(const Attended&) = delete;
    Attended& operator=(const Attended&) = delete;

    [[nodiscard]] const std::deque<Event>& events() const noexcept { return events_; }
    [[nodiscard]] ouro::StreamFigures figures() { return manager.interface().figures(); }
    /// Runs until there are `wanted` events of type `E`.
    template <class E>
    bool await(std::size_t wanted = 1) {
        return run_until(context_, [&] { return cast::count<E>(*this) >= wanted; });
    }

  private:
    void take() {
        manager.async_poll_next([this](std::error_code error, std::optional<Event> event) {
            if (error || !event) return;
            events_.push_back(*std::move(event));
            take();
        });
    }

    asio::io_context& context_;
    std::deque<Event> events_;

  public:
    Manager manager;
};

/// A client after dialling and the handshake.
inline RawPeer agreed_client(asio::io_context& context, const ouro::PeerId& relay) {
    RawPeer client(context, relay);
    client.write(asked(0, propose()));
    REQUIRE(client.await_bytes(8 + accept().size()));
    REQUIRE(heard(client.got, 0, true) == accept());
    return client;
}

/// A relay that accepts one connection after the other.
class Listener {
  public:
    explicit Listener(asio::io_context& context)
        : context_(context), acceptor_(context, {asio::ip::make_address("127.0.0.1"), 0}) {
        acceptor_.non_blocking(true);
    }

    [[nodiscard]] ouro::PeerId address() const {
        return ouro::PeerId::from_parts("127.0.0.1", acceptor_.local_endpoint().port());
    }
    /// The next connection, once its proposal has arrived.
    RawPeer take() {
        asio::ip::tcp::socket socket(context_);
        std::error_code error = asio::error::would_block;
        REQUIRE(run_until(context_, [&] { return !acceptor_.accept(socket, error); }));
        RawPeer peer(context_, std::move(socket));
        REQUIRE(peer.await_bytes(8 + propose().size()));
        return peer;
    }
    /// The next connection, after the handshake.
    RawPeer agree() {
        RawPeer peer = take();
        peer.write(answered(0, accept()));
        return peer;
    }

  private:
    asio::io_context& context_;
    asio::ip::tcp::acceptor acceptor_;
};

}  // namespace raw
