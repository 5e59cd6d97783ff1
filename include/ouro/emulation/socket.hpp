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

/// Owns a socket with others. Counted without atomics: a network lives on one thread.
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

/// One end of an emulated connection: bytes arrive later, and not at all after a loss. They arrive in order but where
/// the link says otherwise.
class Socket {
  public:
    enum class State : std::uint8_t { dialling, open, closed };

    class Handler {
      public:
        /// Something has changed: the connection is open or has failed, bytes or the end have arrived, or there is
        /// room again after a write that met none.
        virtual void ready() = 0;

      protected:
        ~Handler() = default;
    };

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Null: nobody is told.
    void handler(Handler* handler) noexcept { handler_ = handler; }
    /// What a host sees of the other end: of who dialled, a port that names nothing.
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
    /// Who lives at the two ends.
    [[nodiscard]] const PeerId& home() const noexcept { return home_; }
    [[nodiscard]] const PeerId& other() const noexcept { return other_; }
    /// A number of its own in its world, in the order of the making.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Why it is closed, if not on our own wish.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    [[nodiscard]] std::error_code system() const noexcept { return system_; }

    /// Bytes that may be written until the peer reads some.
    [[nodiscard]] std::size_t space() noexcept;
    void write(BytesView bytes) { write(std::span(&bytes, 1), bytes.size()); }
    /// Bytes that were written and that the peer has not read.
    [[nodiscard]] std::size_t unacknowledged() const noexcept { return sent_; }
    /// The first `most` bytes of these.
    void write(std::span<const BytesView> buffers, std::size_t most);
    /// Bytes that have arrived and may be read now.
    [[nodiscard]] std::size_t available() const noexcept;
    /// Bytes that have arrived and were not read, now or later.
    [[nodiscard]] std::size_t unread() const noexcept { return arrived_.size() - read_; }
    /// The longest run that is read at once.
    [[nodiscard]] std::size_t chunk() const noexcept { return capacity_->chunk; }
    /// Takes at most as many; what `into` held is gone, and its memory is used.
    void read(std::size_t most, std::vector<std::uint8_t>& into);
    /// The peer has ended its side and everything before that was read.
    [[nodiscard]] bool ended() const noexcept { return ended_ && unread() == 0; }
    /// Bytes that are held for this end: written to it and not read, and its own that will never be read.
    [[nodiscard]] std::size_t held() const noexcept { return flying_ + unread() + stuck_; }
    /// Open, and nobody is there any more who would say so.
    [[nodiscard]] bool half_open() const noexcept { return state_ == State::open && silent_ && orphan_; }
    /// Open, and nothing passes any more.
    [[nodiscard]] bool silent() const noexcept { return state_ == State::open && silent_; }

    /// Ends our side behind what was written.
    void shut_down();
    /// Closed on both sides; what was shut down ends in order, else the peer sees a reset.
    void close();
    /// Closed at once: what is in flight either way is gone.
    void reset();
    /// Breaks the connection; whoever has this end is told if the kind of loss says so.
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
    void tell_reset();
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
    std::size_t read_ = 0;    // of arrived_
    std::size_t flying_ = 0;  // bytes on their way here
    std::size_t stuck_ = 0;   // bytes written that will never be acknowledged
    std::size_t sent_ = 0;    // bytes written and not read
    Instant next_read_{};     // where the host reads slowly
    std::uint32_t references_ = 0;
    std::uint32_t epoch_ = 0;  // what left before the last reset does not arrive
    std::uint32_t draw_ = 0;   // what was drawn before the last link does not happen
    std::uint32_t place_ = 0;  // in the world's list
    State state_ = State::dialling;
    Errc error_ = Errc::none;
    std::error_code system_;
    bool dialled_ = false;
    bool bound_ = false;  // both ends have the addresses they listen at
    bool full_ = false;   // the writer met no room
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
