#include "estimate.hpp"

#include <algorithm>
#include <utility>

#include <ouro/protocol/block_fetch.hpp>

namespace ouro::initiator {

namespace {

constexpr std::size_t least_window = 196'608;                             // DeltaQ.hs: three times 65,536
constexpr std::size_t most_window = BlockFetch::ingress_limit / 11 * 10;  // the last tenth is for framing
constexpr Duration margin = 20ms;                                         // DeltaQ.hs
constexpr std::size_t least_piece = 65'536;
constexpr std::size_t most_piece = 2U << 20;
constexpr Duration least_sample = 50ms;  // blocks that were read together arrive at one instant
constexpr Duration time_to_find = 1s;    // what a peer may need to find a block; RFC 6298 waits no less

std::uint64_t rate_of(std::size_t bytes, Duration span) noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / std::chrono::duration<double>(span).count());
}

}  // namespace

void BlockEstimate::round_trip(Duration sample) noexcept {
    if (!std::exchange(timed_, true)) {
        trip_ = nearest_ = sample;
        deviation_ = sample / 2;
    } else {
        deviation_ += (std::max(sample - trip_, trip_ - sample) - deviation_) / 4;
        trip_ += (sample - trip_) / 8;
        nearest_ = std::min(sample, nearest_ + (sample - nearest_) / 16);
    }
    // A peer that was slow once, and has had no requests since, gets another chance in time.
    if (!std::exchange(used_, false) && rate_ != 0 && rate_ < unknown_rate) rate_ = std::min(2 * rate_, unknown_rate);
}

void BlockEstimate::asked(Instant now) noexcept {
    asked_at_ = now;
    bytes_ = 0;
    since_ = Instant::max();
}

void BlockEstimate::arrived(std::size_t bytes, std::size_t owed, Instant now) noexcept {
    used_ = true;
    bytes_ += bytes;
    if (since_ == Instant::max()) {
        since_ = now;
        sampled_ = 0;
        return;
    }
    sampled_ += bytes;
    const Duration span = now - since_;
    if (span < std::max(nearest_, least_sample)) return;
    const bool busy = owed >= window() / 2;
    // A few bytes show the distance, not the rate.
    if (rate_ != 0 || busy || sampled_ >= least_piece) judge(rate_of(sampled_, span), busy);
    since_ = now;
    sampled_ = 0;
}

void BlockEstimate::idle(Instant now) noexcept {
    // The round trip is included, so the rate is at least this.
    if (asked_at_ < now && bytes_ >= least_piece) judge(rate_of(bytes_, now - asked_at_), false);
    interrupted();
}

void BlockEstimate::judge(std::uint64_t sample, bool busy) noexcept {
    if (sample > rate_)
        // A burst may have gathered on the way: it counts only in part.
        rate_ = rate_ == 0 ? sample : std::min(sample, 2 * rate_);
    else if (busy)
        rate_ = std::max<std::uint64_t>(rate_ - (rate_ - sample) / 4, 1);
}

Duration BlockEstimate::takes(std::size_t bytes) const noexcept {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate())));
}

std::size_t BlockEstimate::window() const noexcept {
    if (rate_ == 0) return least_window;
    const double bytes = 2 * std::chrono::duration<double>(nearest_ + margin).count() * static_cast<double>(rate_);
    return static_cast<std::size_t>(
        std::clamp(bytes, static_cast<double>(least_window), static_cast<double>(most_window)));
}

std::size_t BlockEstimate::piece() const noexcept { return std::clamp(window() / 4, least_piece, most_piece); }

Duration BlockEstimate::patience() const noexcept { return trip_ + 4 * deviation_ + time_to_find; }

}  // namespace ouro::initiator
