#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ouro/base/time.hpp>

namespace ouro::mux {

/// The deadline of a writer: in each window of time a peer must take a least number of the bytes queued for it. Bytes
/// count as taken when the peer has acknowledged them, not when they have moved to a buffer of our own system.
class WriteWatch {
  public:
    /// Records that `bytes` more bytes were written.
    void wrote(std::size_t bytes) noexcept { written_ += bytes; }
    /// Call it after a write that left bytes queued, while `unacknowledged` of all written bytes wait in the system.
    void left(std::size_t unacknowledged, std::size_t least, Instant now, Duration window) noexcept {
        // A system may count its own overhead too.
        taken_ = std::max(taken_, written_ - std::min<std::uint64_t>(written_, unacknowledged));
        if (due_ != Instant::max() && taken_ - taken_before_ < least) return;
        taken_before_ = taken_;
        due_ = now + window;
    }
    /// Call it when everything was written. Ends the window.
    void rest() noexcept { due_ = Instant::max(); }
    [[nodiscard]] Instant due() const noexcept { return due_; }

  private:
    Instant due_ = Instant::max();
    std::uint64_t written_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t taken_before_ = 0;  // this window
};

}  // namespace ouro::mux
