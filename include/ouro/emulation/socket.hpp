#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

#include <ouro/bytes.hpp>
#include <ouro/emulation/world.hpp>

namespace ouro::emulation {

/// One end of an emulated connection: octets arrive in order, later, and not at all after a reset.
class Socket : public std::enable_shared_from_this<Socket> {
  public:
    enum class State : std::uint8_t { dialling, open, closed };

    class Handler {
      public:
        /// Something has changed: the connection is open or has failed, octets or the end have arrived, or there is
        /// room again after a write that met none.
        virtual void ready() = 0;

      protected:
        ~Handler() = default;
    };

    Socket(World& world, const PeerId& peer) : world_(world), peer_(peer) {}

    /// Null: nobody is told.
    void handler(Handler* handler) noexcept { handler_ = handler; }
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Why it is closed, if not on our own wish.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    [[nodiscard]] std::error_code system() const noexcept { return system_; }

    /// Octets that may be written until the peer reads some.
    [[nodiscard]] std::size_t space() noexcept;
    void write(BytesView octets);
    /// Octets that have arrived.
    [[nodiscard]] std::size_t available() const noexcept { return arrived_.size() - read_; }
    [[nodiscard]] std::vector<std::uint8_t> read(std::size_t most);
    /// The peer has ended its side and everything before that was read.
    [[nodiscard]] bool ended() const noexcept { return ended_ && available() == 0; }
    /// Octets on their way here, and here and not read.
    [[nodiscard]] std::size_t in_flight() const noexcept { return flying_ + available(); }

    /// Ends our side behind what was written.
    void shut_down();
    /// Closed on both sides; what was shut down ends in order, else the peer sees a reset.
    void close();
    /// Closed at once: what is in flight either way is gone.
    void reset();

  private:
    friend class World;
    void opened();
    void fail(Errc error, std::error_code system);
    void arrive(std::uint32_t epoch, BytesView octets);
    void end_arrives(std::uint32_t epoch);
    void drop() noexcept;
    void notify();
    [[nodiscard]] Instant next_arrival();

    World& world_;
    PeerId peer_;
    std::weak_ptr<Socket> twin_;
    Handler* handler_ = nullptr;
    std::vector<std::uint8_t> arrived_;
    std::size_t read_ = 0;     // of arrived_
    std::size_t flying_ = 0;   // octets on their way here
    Instant last_arrival_{};   // of what is on its way here
    std::uint32_t epoch_ = 0;  // what left before the last reset does not arrive
    State state_ = State::dialling;
    Errc error_ = Errc::none;
    std::error_code system_;
    bool full_ = false;  // the writer met no room
    bool shut_ = false;
    bool ended_ = false;
};

}  // namespace ouro::emulation
