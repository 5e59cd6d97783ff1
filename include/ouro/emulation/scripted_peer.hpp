#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/emulation/socket.hpp>
#include <ouro/emulation/world.hpp>

namespace ouro::emulation {

/// Returns a segment as on the wire, made without the library's multiplexer. `responder` is the mode bit: set if the
/// responder of the mini-protocol sends it. The payload is not checked: it may be empty, or too long for the 16-bit
/// length.
[[nodiscard]] std::vector<std::uint8_t> segment(std::uint16_t channel, bool responder, BytesView payload,
                                                std::uint32_t time = 0);

/// One end of a connection that follows no protocol: it sends what the test gives it.
class RawConnection final : Socket::Handler {
  public:
    using Reaction = std::function<void(RawConnection&)>;

    RawConnection(SocketPtr socket, Reaction reaction);
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    ~RawConnection();

    /// Sends bytes as they are, even if the node reads none.
    void send(BytesView bytes) { socket_->write(bytes); }
    /// Sends one segment with `payload`.
    void send(std::uint16_t channel, bool responder, BytesView payload) { send(segment(channel, responder, payload)); }
    /// Ends this side after the bytes that were sent.
    void close() { socket_->shut_down(); }
    void reset() { socket_->reset(); }
    void lose(Loss loss) { socket_->lose(loss); }
    /// Stops reading, or resumes.
    void pause(bool paused);

    [[nodiscard]] const PeerId& peer() const noexcept { return socket_->peer(); }
    /// All bytes that arrived so far.
    [[nodiscard]] const std::vector<std::uint8_t>& received() const noexcept { return received_; }
    /// Drops the received bytes, to save memory.
    void forget() noexcept { received_.clear(); }
    /// The payloads of all whole segments of one mini-protocol and mode, joined.
    [[nodiscard]] std::vector<std::uint8_t> received(std::uint16_t channel, bool responder) const;
    [[nodiscard]] bool open() const noexcept { return socket_->state() == Socket::State::open; }
    /// The node ended its side, and all its bytes were read.
    [[nodiscard]] bool ended() const noexcept { return socket_->ended(); }
    /// Why the connection is closed: connect_failed or connection_reset; `none` while it is open.
    [[nodiscard]] Errc error() const noexcept { return socket_->error(); }

  private:
    void ready() override;

    SocketPtr socket_;
    Reaction reaction_;
    std::vector<std::uint8_t> received_;
    std::vector<std::uint8_t> last_read_;
    bool paused_ = false;
};

/// A peer that accepts every connection and sends only what a test gives it.
class ScriptedPeer final : public Host {
  public:
    ScriptedPeer(World& world, const PeerId& address);
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ~ScriptedPeer() override;

    /// Calls `reaction` for every connection that is dialled or accepted from now on: when it opens, when bytes arrive,
    /// and when it ends.
    void react(RawConnection::Reaction reaction) { reaction_ = std::move(reaction); }
    RawConnection& dial(const PeerId& node);
    /// All connections since the start, oldest first.
    [[nodiscard]] std::deque<RawConnection>& connections() noexcept { return connections_; }

    void accept(SocketPtr socket) override;

  private:
    World& world_;
    PeerId address_;
    RawConnection::Reaction reaction_;
    std::deque<RawConnection> connections_;
};

}  // namespace ouro::emulation
