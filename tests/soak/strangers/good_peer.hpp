#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "soak/strangers/manners.hpp"

namespace strangers {

/// A peer that follows the chain to its tip, waits there, and sends pings. Every wait ends after 30 s. While it waits
/// for a pong it goes on following.
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
    /// The points of all blocks that it has followed, but for those of a made-up form.
    [[nodiscard]] const std::vector<ouro::BlockPoint>& chain() const { return chain_; }
    bool ping();
    /// How its connection has ended; null: it has not.
    [[nodiscard]] const char* end() const { return end_; }

  private:
    bool send(std::uint16_t channel, const ByteVector& payload);
    /// The payload of the next segment of that protocol; others are dropped. Empty: none has come in time.
    ByteVector receive(std::uint16_t channel);
    bool fill(std::uint8_t* to, std::size_t size);
    bool fail(const char* end);

    int fd_;
    std::vector<ouro::BlockPoint> chain_;
    bool at_tip_ = false;  // and waits there
    const char* end_ = nullptr;
};

/// Milliseconds of pings: of the clock, and of the server's processor time.
struct Waits {
    std::vector<double> wall, cpu;

    /// At most `pings`, and for 40 s at most. False: the good peer's connection has ended.
    bool measure(GoodPeer& peer, pid_t server, int pings);
    void print(const char* when) const;
    static double at(std::vector<double> all, double part);
};

}  // namespace strangers
