#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/time.hpp>
#include <ouro/emulation/link.hpp>

namespace ouro::emulation {

/// One direction of a connection. It decides when written bytes arrive.
class Way {
  public:
    struct Run {
        std::size_t bytes = 0;
        Instant arrives;
        bool overtakes = false;  // arrives before bytes that left earlier
    };

    explicit Way(const Link& link) noexcept : link_(&link) {}

    /// Replaces the link; bytes in flight keep their order.
    void link(const Link& link) noexcept { link_ = &link; }
    [[nodiscard]] const Link& link() const noexcept { return *link_; }

    /// Sends the next bytes: appends their arrivals to `runs`.
    void travel(BytesView bytes, Instant now, std::uint64_t& random, std::vector<Run>& runs);
    /// Draws the travel time of a small packet.
    [[nodiscard]] Duration delay(std::uint64_t& random) const noexcept;
    /// Returns when something arrives that leaves now and stays behind all earlier bytes.
    [[nodiscard]] Instant behind_all(Instant now, std::uint64_t& random);
    /// Lets nothing arrive before `at`.
    void not_before(Instant at) noexcept { behind(at); }
    /// Flips bits of `bytes` as often as the link states. Returns their number.
    std::size_t corrupt(std::vector<std::uint8_t>& bytes, std::uint64_t& random);

  private:
    /// The segments of one mini-protocol and mode; they keep their order.
    struct Stream {
        std::uint16_t number = 0;
        Instant last;
    };
    struct Part {
        std::size_t bytes = 0;
        bool whole = false;  // a complete segment
        std::uint16_t number = 0;
    };
    Part cut(BytesView bytes) noexcept;
    [[nodiscard]] Instant leave(std::size_t bytes, Instant now) noexcept;
    Instant behind(Instant at) noexcept;
    Run behind_its_own(Part segment, Instant at);

    const Link* link_;
    Instant left_{};     // when the last byte leaves, if the bandwidth is limited
    Instant last_{};     // when the last byte arrives
    Instant barrier_{};  // nothing arrives before it
    std::vector<Stream> streams_;
    std::uint64_t until_flip_ = 0;          // bytes until a flipped one; 0: not drawn
    std::array<std::uint8_t, 8> header_{};  // of the segment that is leaving
    std::size_t header_bytes_ = 0;          // of this header that have left
    std::size_t payload_left_ = 0;
};

/// Draws a number from 0 to twice `mean`.
[[nodiscard]] std::uint64_t draw_around(std::uint64_t mean, std::uint64_t& random) noexcept;

}  // namespace ouro::emulation
