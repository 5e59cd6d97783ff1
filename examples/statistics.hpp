#pragma once

// The distribution of round trips.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/time.hpp>

namespace cli {

/// Figures of measured times, in milliseconds.
struct Statistics {
    std::uint64_t count = 0;
    double least = 0, median = 0, p90 = 0, most = 0;
    double deviation = 0;  ///< the standard deviation
};

/// Collects times. Keeps the newest 100,000, of which the figures are; `count` is of all.
class Times {
  public:
    static constexpr std::size_t kept = 100'000;

    void add(ouro::Duration time) {
        const double ms = std::chrono::duration<double, std::milli>(time).count();
        if (times_.size() < kept)
            times_.push_back(ms);
        else
            times_[count_ % kept] = ms;
        ++count_;
    }
    [[nodiscard]] Statistics figures() const {
        if (times_.empty()) return {};
        std::vector<double> sorted = times_;
        std::sort(sorted.begin(), sorted.end());
        const auto size = static_cast<double>(sorted.size());
        double sum = 0, squares = 0;
        for (const double time : sorted) sum += time;
        for (const double time : sorted) squares += (time - sum / size) * (time - sum / size);
        return {count_, sorted.front(), middle(sorted), rank(sorted, 0.9), sorted.back(), std::sqrt(squares / size)};
    }

  private:
    /// The smallest time that is at least as long as this share of all times.
    static double rank(const std::vector<double>& sorted, double share) {
        const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
        return sorted[std::max<std::size_t>(at, 1) - 1];
    }
    static double middle(const std::vector<double>& sorted) {
        const std::size_t half = sorted.size() / 2;
        return sorted.size() % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    std::vector<double> times_;
    std::uint64_t count_ = 0;
};

}  // namespace cli
