#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ouro/behavior/responder.hpp>

#include "player.hpp"

namespace simulation {

/// A node that fetches the same blocks three times: of one relay, of two, and of five of which one is slow, one lies
/// and one leaves. All links are stated, so the times are figures: what many relays give is compared with what one
/// gives.
class Fetch {
  public:
    /// What else the seed decides: the size of the blocks, whether it is known, whether they are told in order, jitter,
    /// and when who leaves.
    Fetch(std::uint64_t seed, Duration);

    /// Throws Broken.
    void run();
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  private:
    enum class Relays { one, two, five };

    /// How long it takes.
    Duration fetch(Relays relays);
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    std::mt19937_64 random_;
    std::shared_ptr<TestChain> chain_;
    std::uint32_t block_bytes_;
    bool sized_, in_order_;
    Duration jitter_, leaves_after_;
    Duration one_{}, two_{}, five_{};
    std::uint64_t digest_ = 0;
};

}  // namespace simulation
