#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/time.hpp>
#include <ouro/emulation/link.hpp>

namespace ouro::emulation {

/// One direction of a connection: when what is written at one end arrives at the other.
class Way {
  public:
    struct Run {
        std::size_t bytes = 0;
        Instant arrives;
        bool overtakes = false;  // something that left earlier
    };

    explicit Way(const Link& link) noexcept : link_(&link) {}

    /// From now on it is another one; what is on its way stays in order.
    void link(const Link& link) noexcept { link_ = &link; }
    [[nodiscard]] const Link& link() const noexcept { return *link_; }

    /// The next bytes leave: appends to `runs` how they arrive.
    void travel(BytesView bytes, Instant now, std::uint64_t& random, std::vector<Run>& runs);
    /// How long something small is under way.
    [[nodiscard]] Duration delay(std::uint64_t& random) const noexcept;
    /// Something leaves that comes behind all the rest: when it arrives.
    [[nodiscard]] Instant behind_all(Instant now, std::uint64_t& random);
    /// Nothing arrives before `at`.
    void not_before(Instant at) noexcept { behind(at); }
    /// Flips a bit of what travels, now and then; how many.
    std::size_t corrupt(std::vector<std::uint8_t>& bytes, std::uint64_t& random);

  private:
    /// The segments of one mini-protocol and mode, which keep their order.
    struct Stream {
        std::uint16_t number = 0;
        Instant last;
    };
    struct Part {
        std::size_t bytes = 0;
        bool whole = false;  // a segment from its first to its last byte
        std::uint16_t number = 0;
    };
    Part cut(BytesView bytes) noexcept;
    [[nodiscard]] Instant leave(std::size_t bytes, Instant now) noexcept;
    Instant behind(Instant at) noexcept;
    Run behind_its_own(Part segment, Instant at);

    const Link* link_;
    Instant left_{};     // when the last byte leaves, where the bandwidth is bounded
    Instant last_{};     // when the last byte arrives
    Instant barrier_{};  // nothing arrives before it
    std::vector<Stream> streams_;
    std::uint64_t until_flip_ = 0;          // bytes until a flipped one; 0: not drawn
    std::array<std::uint8_t, 8> header_{};  // of the segment that is leaving
    std::size_t header_bytes_ = 0;          // of it that have left
    std::size_t payload_left_ = 0;
};

/// A number from nothing to twice `mean`, and zero for no mean.
[[nodiscard]] std::uint64_t draw_around(std::uint64_t mean, std::uint64_t& random) noexcept;

}  // namespace ouro::emulation
