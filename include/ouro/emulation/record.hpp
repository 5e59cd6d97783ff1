#pragma once

#include <cstdint>

#include <ouro/base/bytes.hpp>

namespace ouro::emulation {

/// How often what has happened since the beginning.
struct Figures {
    std::uint64_t steps = 0;
    std::uint64_t ticks = 0;         ///< of behaviors, because a deadline was due
    std::uint64_t dials = 0;         ///< begun
    std::uint64_t accepted = 0;      ///< that were taken
    std::uint64_t simultaneous = 0;  ///< connections that both ends have dialled
    std::uint64_t refused = 0;       ///< for want of a host, or of room in its backlog
    std::uint64_t writes = 0;        ///< of nodes and scripts to a socket
    std::uint64_t bytes = 0;         ///< written
    std::uint64_t arrivals = 0;      ///< of bytes; several to a write where the link cuts
    std::uint64_t overtakings = 0;   ///< arrivals before something that was written earlier
    std::uint64_t flips = 0;         ///< bits
    std::uint64_t resets = 0;        ///< losses drawn or asked for
    std::uint64_t half_opens = 0;    ///< the same
    std::uint64_t silences = 0;      ///< the same

    friend bool operator==(const Figures&, const Figures&) = default;
};

/// One number over everything that happened, in order and to the byte: equal for two runs that are the same.
class Record {
  public:
    void add(std::uint64_t number) noexcept { digest_ = mix(digest_ ^ number); }
    void add(BytesView bytes) noexcept;
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  private:
    static std::uint64_t mix(std::uint64_t z) noexcept {
        z = (z + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
        return z ^ z >> 29;
    }

    std::uint64_t digest_ = 0;
};

}  // namespace ouro::emulation
