#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/time.hpp>

namespace ouro::initiator {

/// Estimates a peer's round trip and the rate of its blocks from earlier answers.
///
/// Units   Rates in bytes a second. Before the first answer: a round trip of a second, 2 MB/s.
/// Source  The bytes in flight: ouroboros-network, BlockFetch/DeltaQ.hs, the high watermark. Round trips are smoothed
/// as
///         in RFC 6298.
class BlockEstimate {
  public:
    /// The time from a small request to its answer.
    void round_trip(Duration sample) noexcept;
    /// A request was sent while none was in flight.
    void asked(Instant now) noexcept;
    /// Bytes of blocks have arrived, and about `owed` are still in flight.
    void arrived(std::size_t bytes, std::size_t owed, Instant now) noexcept;
    /// No request is in flight any more.
    void idle(Instant now) noexcept;
    /// The peer is not read for a while, so the current sample is void.
    void interrupted() noexcept { since_ = asked_at_ = Instant::max(); }

    /// Time from a request to the first byte of its answer.
    [[nodiscard]] Duration latency() const noexcept { return trip_; }
    /// Time from the first of `bytes` bytes to the last.
    [[nodiscard]] Duration takes(std::size_t bytes) const noexcept;
    [[nodiscard]] std::uint64_t rate() const noexcept { return rate_ == 0 ? unknown_rate : rate_; }
    /// Estimated bytes in flight that keep the peer busy; at most what its queue holds unread.
    [[nodiscard]] std::size_t window() const noexcept;
    /// About how many bytes to request in one message.
    [[nodiscard]] std::size_t piece() const noexcept;
    /// A peer that has not begun to answer after this time is slow by its own figures.
    [[nodiscard]] Duration patience() const noexcept;
    /// The same for the next message, of `bytes` bytes.
    [[nodiscard]] Duration patience(std::size_t bytes) const noexcept { return patience() + 2 * takes(bytes); }

  private:
    static constexpr std::uint64_t unknown_rate = 2'000'000;

    void judge(std::uint64_t sample, bool busy) noexcept;

    Duration trip_{1s};
    Duration deviation_{};
    Duration nearest_{};  // the shortest recent round trip; a mean would grow with the window
    bool timed_ = false;
    std::uint64_t rate_ = 0;
    bool used_ = false;  // since the last round trip
    Instant asked_at_ = Instant::max();
    std::size_t bytes_ = 0;           // since then
    Instant since_ = Instant::max();  // of the sample that is being taken; from the first answer on
    std::size_t sampled_ = 0;         // bytes of it
};

}  // namespace ouro::initiator
