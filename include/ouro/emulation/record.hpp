#pragma once

#include <cstdint>

#include <ouro/base/bytes.hpp>

namespace ouro::emulation {

/// Counts of what has happened since the start.
struct Figures {
    std::uint64_t steps = 0;
    std::uint64_t ticks = 0;         ///< of behaviors whose deadline was due
    std::uint64_t dials = 0;         ///< started
    std::uint64_t accepted = 0;      ///< dials that a host accepted
    std::uint64_t simultaneous = 0;  ///< connections that both ends dialled
    std::uint64_t refused = 0;       ///< dials to an address without a host, or with a full backlog
    std::uint64_t writes = 0;        ///< to sockets, by nodes and scripts
    std::uint64_t bytes = 0;         ///< written
    std::uint64_t arrivals = 0;      ///< of bytes; a write has several if the link cuts it
    std::uint64_t overtakings = 0;   ///< arrivals before something that was written earlier
    std::uint64_t flips = 0;         ///< of bits
    std::uint64_t resets = 0;        ///< losses of this kind, drawn or caused by the test
    std::uint64_t half_opens = 0;    ///< likewise
    std::uint64_t silences = 0;      ///< likewise

    friend bool operator==(const Figures&, const Figures&) = default;
};

/// One number over everything that happened, in order and to the byte; equal for two equal runs.
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
