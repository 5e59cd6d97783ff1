#pragma once

#include <ouro/interface/stream.hpp>

namespace ouro::detail {

/// Decides when the next connection may be accepted. It decides after each accept, where the reference decides before
/// it. A pause ends early when connections end and at most the soft limit are left, so that a behavior that disconnects
/// others for a newcomer also makes room for the next one.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Server/RateLimiting.hs.
class AcceptGate {
  public:
    explicit AcceptGate(const AcceptLimits& limits) noexcept : limits_(limits) {}

    /// Counts an accepted connection; there are `inbound` now.
    void accepted(std::size_t inbound, Instant now) noexcept {
        was_full_ = inbound >= limits_.hard;
        opens_at_ = inbound < limits_.soft ? Instant::min() : now + pause(inbound);
    }
    [[nodiscard]] bool open(std::size_t inbound, Instant now) const noexcept {
        const bool paused = now < opens_at_ && (was_full_ || inbound > limits_.soft);
        return inbound < limits_.hard && !paused;
    }
    /// The end of the pause. After it, the gate is closed only while all places are taken.
    [[nodiscard]] Instant opens_at() const noexcept { return opens_at_; }

  private:
    [[nodiscard]] Duration pause(std::size_t inbound) const noexcept {
        if (inbound >= limits_.hard) return limits_.delay;
        const auto part =
            static_cast<double>(inbound - limits_.soft) / static_cast<double>(limits_.hard - limits_.soft);
        return std::chrono::duration_cast<Duration>(limits_.delay * part);
    }

    AcceptLimits limits_;
    Instant opens_at_ = Instant::min();
    bool was_full_ = false;  // with the last one
};

}  // namespace ouro::detail
