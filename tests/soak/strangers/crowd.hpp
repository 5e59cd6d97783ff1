#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "soak/strangers/manners.hpp"

namespace strangers {

/// A connected socket, not blocking; `from` is one of our addresses (127.x.y.z). -1: the system's error.
/// `small`: with a receive buffer of 4 KiB.
[[nodiscard]] int dial(const std::string& from, std::uint16_t port, bool small = false);

/// A process with all strangers.
class Crowd {
  public:
    static constexpr std::size_t most = 15'000;
    struct Wish {
        std::size_t count = 0;
        std::size_t addresses = 1;  ///< they share: 127.1.0.1 and on, of one /24
        bool again = false;         ///< those that are disconnected come back
    };
    /// What the strangers have seen.
    struct Figures {
        std::atomic<std::uint32_t> dialled, greeted, lost, again;
        std::atomic<bool> go;  ///< all that come through the handshake are through: they misbehave from now on
        /// Milliseconds from then on until each was disconnected for the first time; 0: it was not.
        std::array<std::atomic<std::uint32_t>, most> lost_after;
    };

    Crowd(const Manner& manner, std::uint16_t port, const Wish& wish);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd();

    /// Waits until the handshakes are over and the strangers have begun.
    void await_beginning() const;
    [[nodiscard]] const Figures& figures() const { return *figures_; }
    /// Ends the process: all strangers leave at once.
    void leave();

  private:
    Figures* figures_;
    pid_t pid_;
};

}  // namespace strangers
