#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/error.hpp>
#include <ouro/base/types.hpp>
#include <ouro/emulation/link.hpp>
#include <ouro/emulation/way.hpp>

namespace ouro::emulation {

class Socket;
class World;

/// Shared ownership of a socket. The count is not atomic, because a network stays on one thread.
class SocketPtr {
  public:
    SocketPtr() noexcept = default;
    explicit SocketPtr(Socket* socket) noexcept;
    SocketPtr(const SocketPtr& other) noexcept : SocketPtr(other.socket_) {}
    SocketPtr(SocketPtr&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    SocketPtr& operator=(SocketPtr other) noexcept {
        std::swap(socket_, other.socket_);
        return *this;
    }
    ~SocketPtr();

    [[nodiscard]] Socket* get() const noexcept { return socket_; }
    Socket& operator*() const noexcept { return *socket_; }
    Socket* operator->() const noexcept { return socket_; }
    explicit operator bool() const noexcept { return socket_ != nullptr; }

  private:
    Socket* socket_ = nullptr;
};

/// One end of an emulated connection. Written bytes arrive later, and never after a loss. They arrive in order unless
/// the link lets segments overtake.
class Socket {
  public:
    enum class State : std::uint8_t { dialling, open, closed };

    class Handler {
      public:
        /// Called after a change: the connection opened or failed, bytes or the end arrived, or there is room again
        /// after `space` returned 0.
        virtual void ready() = 0;

      protected:
        ~Handler() = default;
    };

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Sets the handler of changes; null: none.
    void handler(Handler* handler) noexcept { handler_ = handler; }
    /// The other end as the host sees it. If that end dialled, the port is usually not the one it listens at.
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
    /// The addresses of this end and of the other.
    [[nodiscard]] const PeerId& home() const noexcept { return home_; }
    [[nodiscard]] const PeerId& other() const noexcept { return other_; }
    /// The number of this socket in its world, in order of creation.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Why it is closed, unless this end closed it.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    [[nodiscard]] std::error_code system() const noexcept { return system_; }

    /// Bytes that can be written until the peer reads some.
    [[nodiscard]] std::size_t space() noexcept;
    void write(BytesView bytes) { write(std::span(&bytes, 1), bytes.size()); }
    /// Bytes written and not read by the peer.
    [[nodiscard]] std::size_t unacknowledged() const noexcept { return sent_; }
    /// Writes the first `most` bytes of `buffers`.
    void write(std::span<const BytesView> buffers, std::size_t most);
    /// Bytes that arrived and may be read now.
    [[nodiscard]] std::size_t available() const noexcept;
    /// Bytes that arrived and were not read, including those that a slow host may not read yet.
    [[nodiscard]] std::size_t unread() const noexcept { return arrived_.size() - read_; }
    /// Bytes of the longest read.
    [[nodiscard]] std::size_t chunk() const noexcept { return capacity_->chunk; }
    /// Reads at most `most` bytes to `into`, whose memory is reused.
    void read(std::size_t most, std::vector<std::uint8_t>& into);
    /// The peer has ended its side, and all its bytes were read.
    [[nodiscard]] bool ended() const noexcept { return ended_ && unread() == 0; }
    /// Bytes held for this end: those written to it and not read, and its own bytes that will never be read.
    [[nodiscard]] std::size_t held() const noexcept { return flying_ + unread() + stuck_; }
    /// Open although the other end is gone without notice.
    [[nodiscard]] bool half_open() const noexcept { return state_ == State::open && silent_ && orphan_; }
    /// Open although no bytes pass any more.
    [[nodiscard]] bool silent() const noexcept { return state_ == State::open && silent_; }

    /// Ends our side after the written bytes.
    void shut_down();
    /// Closes both sides: in order after `shut_down`, otherwise with a reset.
    void close();
    /// Closes at once; bytes in flight in both directions are lost.
    void reset();
    /// Breaks the connection. The kind of loss states whether this end is notified.
    void lose(Loss loss);

  private:
    friend class SocketPtr;
    friend class World;

    Socket(World& world, std::uint64_t number, const PeerId& peer, const PeerId& home, const PeerId& other);
    ~Socket();

    void join(Socket& twin) noexcept;
    void opened();
    void fail(Errc error, std::error_code system);
    void arrive(std::uint32_t epoch, std::vector<std::uint8_t>& bytes);
    void end_arrives(std::uint32_t epoch);
    void send_reset();
    void fall_silent();
    void leave();
    void drop() noexcept;
    void wait_to_read();
    void notify();

    World& world_;
    std::uint64_t number_;
    PeerId peer_;
    PeerId home_;
    PeerId other_;
    Socket* twin_ = nullptr;
    Handler* handler_ = nullptr;
    Way way_;  // to the twin
    const Capacity* capacity_;
    std::vector<std::uint8_t> arrived_;
    std::size_t read_ = 0;    // bytes of arrived_
    std::size_t flying_ = 0;  // bytes in flight to this end
    std::size_t stuck_ = 0;   // bytes written that will never be acknowledged
    std::size_t sent_ = 0;    // bytes written and not read
    Instant next_read_{};     // of a host that reads slowly
    std::uint32_t references_ = 0;
    std::uint32_t epoch_ = 0;  // bytes sent in an earlier epoch do not arrive
    std::uint32_t draw_ = 0;   // losses of an earlier draw do not happen
    std::uint32_t place_ = 0;  // in the world's list
    State state_ = State::dialling;
    Errc error_ = Errc::none;
    std::error_code system_;
    bool dialled_ = false;
    bool bound_ = false;  // both ends have the addresses at which they listen
    bool full_ = false;   // the last call of `space` found no room
    bool shut_ = false;
    bool ended_ = false;
    bool silent_ = false;
    bool orphan_ = false;  // the twin is closed
    bool waiting_to_read_ = false;
};

inline SocketPtr::SocketPtr(Socket* socket) noexcept : socket_(socket) {
    if (socket_ != nullptr) ++socket_->references_;
}
inline SocketPtr::~SocketPtr() {
    if (socket_ != nullptr && --socket_->references_ == 0) delete socket_;
}

}  // namespace ouro::emulation
