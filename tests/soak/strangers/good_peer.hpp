#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "soak/strangers/manners.hpp"

namespace strangers {

/// A peer that follows the chain to its tip, waits there, and sends pings. Every wait ends after a minute.
class GoodPeer {
  public:
    GoodPeer(const std::string& from, std::uint16_t port);
    GoodPeer(const GoodPeer&) = delete;
    GoodPeer& operator=(const GoodPeer&) = delete;
    ~GoodPeer();

    /// Finishes the handshake, and gets the first answer of chain-sync. False: it is not served.
    bool begin();
    /// Follows the chain from there on until it waits at the tip.
    bool follow();
    bool ping();
    [[nodiscard]] bool connected() const { return fd_ >= 0; }

  private:
    bool send(std::uint16_t channel, const Octets& payload);
    /// The payload of the next segment of that protocol; others are dropped. Empty: none has come in time.
    Octets receive(std::uint16_t channel);
    bool fill(std::uint8_t* to, std::size_t size);
    bool fail();

    int fd_;
};

/// Milliseconds of pings: of the clock, and of the server's processor time.
struct Waits {
    std::vector<double> wall, cpu;

    /// At most `pings`, and for 40 s at most. False: the good peer was disconnected.
    bool measure(GoodPeer& peer, pid_t server, int pings);
    void print(const char* when) const;
    static double at(std::vector<double> all, double part);
};

}  // namespace strangers
