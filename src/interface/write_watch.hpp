#pragma once

#include <cstddef>

#include <ouro/time.hpp>

namespace ouro::detail {

/// Until when a peer must have taken enough of what is queued for it: in each window of time a least number of octets.
/// To take a little now and then is not to go on.
class WriteWatch {
  public:
    /// A write left something queued, of which `octets` more are gone than at the last call.
    void left(std::size_t octets, std::size_t least, Instant now, Duration window) noexcept {
        taken_ += octets;
        if (due_ != Instant::max() && taken_ < least) return;
        taken_ = 0;
        due_ = now + window;
    }
    /// Everything is gone.
    void rest() noexcept {
        taken_ = 0;
        due_ = Instant::max();
    }
    [[nodiscard]] Instant due() const noexcept { return due_; }

  private:
    Instant due_ = Instant::max();
    std::size_t taken_ = 0;  // in this window
};

}  // namespace ouro::detail
