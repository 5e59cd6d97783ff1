#pragma once

#include <ouro/interface/stream.hpp>

namespace ouro::detail {

/// When the next connection may be accepted: decided once, when the last one has taken its place, as the reference
/// decides before each accept.
///
/// Source  ouroboros-network, framework, Ouroboros/Network/Server/RateLimiting.hs.
class AcceptGate {
  public:
    explicit AcceptGate(const AcceptLimits& limits) noexcept : limits_(limits) {}

    /// One was accepted, and there are `inbound` now.
    void accepted(std::size_t inbound, Instant now) noexcept {
        opens_at_ = inbound < limits_.soft ? Instant::min() : now + pause(inbound);
    }
    [[nodiscard]] bool open(std::size_t inbound, Instant now) const noexcept {
        return inbound < limits_.hard && now >= opens_at_;
    }
    /// Before that nobody is accepted; afterwards it is places that are wanting.
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
};

}  // namespace ouro::detail
