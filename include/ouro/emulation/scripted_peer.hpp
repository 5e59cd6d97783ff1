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

/// A segment as it stands on the wire, made without the library's own multiplexer. `responder` is the mode bit: sent by
/// the responder of the mini-protocol. The payload may be empty or too long for its sixteen bits: the wire's problem.
[[nodiscard]] std::vector<std::uint8_t> segment(std::uint16_t channel, bool responder, BytesView payload,
                                                std::uint32_t time = 0);

/// The end of a connection that obeys no protocol: it says what the test says.
class RawConnection final : Socket::Handler {
  public:
    using Reaction = std::function<void(RawConnection&)>;

    RawConnection(SocketPtr socket, Reaction reaction);
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    ~RawConnection();

    /// Bytes as they are; whatever the node's pace, they are on their way.
    void send(BytesView bytes) { socket_->write(bytes); }
    /// One segment around `payload`.
    void send(std::uint16_t channel, bool responder, BytesView payload) { send(segment(channel, responder, payload)); }
    /// The end, behind what was sent.
    void close() { socket_->shut_down(); }
    void reset() { socket_->reset(); }
    void lose(Loss loss) { socket_->lose(loss); }
    /// Stops reading, or goes on.
    void pause(bool paused);

    [[nodiscard]] const PeerId& peer() const noexcept { return socket_->peer(); }
    /// Everything that arrived so far.
    [[nodiscard]] const std::vector<std::uint8_t>& received() const noexcept { return received_; }
    /// Drops what was received: for who says much and remembers nothing.
    void forget() noexcept { received_.clear(); }
    /// The payloads of all whole segments of one mini-protocol and mode, one after the other.
    [[nodiscard]] std::vector<std::uint8_t> received(std::uint16_t channel, bool responder) const;
    [[nodiscard]] bool open() const noexcept { return socket_->state() == Socket::State::open; }
    /// The node ended its side, and all before that was read.
    [[nodiscard]] bool ended() const noexcept { return socket_->ended(); }
    /// Why the connection is closed: connect_failed, connection_reset; nothing while it is open.
    [[nodiscard]] Errc error() const noexcept { return socket_->error(); }

  private:
    void ready() override;

    SocketPtr socket_;
    Reaction reaction_;
    std::vector<std::uint8_t> received_;
    std::vector<std::uint8_t> last_read_;
    bool paused_ = false;
};

/// Somebody at an address who speaks only as a test tells. Takes every connection.
class ScriptedPeer final : public Host {
  public:
    ScriptedPeer(World& world, const PeerId& address);
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ~ScriptedPeer() override;

    /// Called for every connection, dialled or accepted later than this call: when it is open, when bytes arrive, and
    /// when it ends.
    void react(RawConnection::Reaction reaction) { reaction_ = std::move(reaction); }
    RawConnection& dial(const PeerId& node);
    /// All connections there have been, oldest first.
    [[nodiscard]] std::deque<RawConnection>& connections() noexcept { return connections_; }

    void accept(SocketPtr socket) override;

  private:
    World& world_;
    PeerId address_;
    RawConnection::Reaction reaction_;
    std::deque<RawConnection> connections_;
};

}  // namespace ouro::emulation
