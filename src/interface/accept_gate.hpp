#pragma once

#include <ouro/interface/stream.hpp>

namespace ouro::detail {

/// When the next connection may be accepted: decided when the last one has taken its place, as the reference decides
/// before each accept. A pause ends early when connections leave and no more than the soft limit are left: a behavior
/// that disconnects others for a newcomer makes room for the next one, too.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Server/RateLimiting.hs.
class AcceptGate {
  public:
    explicit AcceptGate(const AcceptLimits& limits) noexcept : limits_(limits) {}

    /// One was accepted, and there are `inbound` now.
    void accepted(std::size_t inbound, Instant now) noexcept {
        was_full_ = inbound >= limits_.hard;
        opens_at_ = inbound < limits_.soft ? Instant::min() : now + pause(inbound);
    }
    [[nodiscard]] bool open(std::size_t inbound, Instant now) const noexcept {
        const bool paused = now < opens_at_ && (was_full_ || inbound > limits_.soft);
        return inbound < limits_.hard && !paused;
    }
    /// End of the pause. After it, only a lack of places keeps the gate closed.
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
