#pragma once

// Memory that a crowd of peers has left behind.

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstddef>

namespace cli {

/// Gives free memory back to the system once a crowd has left. The allocator keeps what lies between pieces in use,
/// which after 2,000 peers is a third of the process.
class Calm {
  public:
    static constexpr std::size_t crowd = 100;  // peers at once that are worth the pause of a millisecond or two

    void joined() { most_ = std::max(most_, ++peers_); }
    /// Trims when an eighth of the crowd is left.
    void left() {
        if (peers_ != 0) --peers_;  // an event may have been dropped
        if (most_ < crowd || peers_ > most_ / 8) return;
        most_ = peers_;
#if defined(__GLIBC__)
        ::malloc_trim(0);
#endif
    }

  private:
    std::size_t peers_ = 0, most_ = 0;
};

}  // namespace cli
