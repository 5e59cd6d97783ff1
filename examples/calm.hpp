#pragma once

// Frees the memory of a crowd of peers that has disconnected.

#include <algorithm>
#include <cstddef>
#if defined(__GLIBC__)  // once a standard header has defined it
#include <malloc.h>
#endif

#include <ouro/behavior/visitor.hpp>

namespace cli {

/// Returns free memory to the system once a crowd has disconnected. The allocator keeps free memory between pieces in
/// use, which after 2,000 peers is a third of the process.
class Calm {
  public:
    static constexpr std::size_t crowd = 100;  // peers at once; trimming takes a millisecond or two

    void joined() { most_ = std::max(most_, ++peers_); }
    /// Counts a disconnected peer. Trims when an eighth of the crowd is left.
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

/// Does so for the peers of a behavior.
class Crowds final : public ouro::PeerVisitor {
    void connected(const Peer&, ouro::Instant) override { calm_.joined(); }
    void disconnected(const Peer&, ouro::Errc, const ouro::Violation&, ouro::Instant) override { calm_.left(); }

    Calm calm_;
};

}  // namespace cli
