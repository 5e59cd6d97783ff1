#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/time.hpp>

namespace ouro::initiator {

/// How far away a peer is and how fast its blocks come, by what was seen of it.
///
/// Units   Rates in bytes a second. Before anything was seen: a round trip of a second, 2 MB/s.
/// Source  What to have in flight: ouroboros-network, BlockFetch/DeltaQ.hs, the high watermark. Round trips are
/// smoothed
///         as in RFC 6298.
class BlockEstimate {
  public:
    /// A small question and its answer.
    void round_trip(Duration sample) noexcept;
    /// The peer is asked, and owed nothing before.
    void asked(Instant now) noexcept;
    /// Bytes of blocks have come, and about `owed` are still to come.
    void arrived(std::size_t bytes, std::size_t owed, Instant now) noexcept;
    /// It owes nothing any more.
    void idle(Instant now) noexcept;
    /// It is not read for a while: what comes in that time says nothing.
    void interrupted() noexcept { since_ = asked_at_ = Instant::max(); }

    /// From a question to the first of its answer.
    [[nodiscard]] Duration latency() const noexcept { return trip_; }
    /// From the first of some bytes to the last.
    [[nodiscard]] Duration takes(std::size_t bytes) const noexcept;
    [[nodiscard]] std::uint64_t rate() const noexcept { return rate_ == 0 ? unknown_rate : rate_; }
    /// Bytes that keep the peer busy, estimated; at most what its queue holds unread.
    [[nodiscard]] std::size_t window() const noexcept;
    /// What to ask for in one message, about.
    [[nodiscard]] std::size_t piece() const noexcept;
    /// Who has not begun to answer after this is slow by its own figures.
    [[nodiscard]] Duration patience() const noexcept;
    /// The same for the next message, of `bytes` bytes.
    [[nodiscard]] Duration patience(std::size_t bytes) const noexcept { return patience() + 2 * takes(bytes); }

  private:
    static constexpr std::uint64_t unknown_rate = 2'000'000;

    void judge(std::uint64_t sample, bool busy) noexcept;

    Duration trip_{1s};
    Duration deviation_{};
    Duration nearest_{};  // the shortest round trip of late: with what waits on the way it would grow with the window
    bool timed_ = false;
    std::uint64_t rate_ = 0;
    bool used_ = false;  // since the last round trip
    Instant asked_at_ = Instant::max();
    std::size_t bytes_ = 0;           // since then
    Instant since_ = Instant::max();  // of the sample that is being taken; from the first answer on
    std::size_t sampled_ = 0;         // bytes of it
};

}  // namespace ouro::initiator
