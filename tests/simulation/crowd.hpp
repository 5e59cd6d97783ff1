#pragma once

#include "world.hpp"

namespace simulation {

/// One to three nodes among a hundred relays, most of them honest and some with a vice, with everything that can go
/// wrong between them; then every node has to reach its targets and the whole chain.
class Crowd final : public World {
  public:
    Crowd(std::uint64_t seed, Duration troubled);

  private:
    void trouble() override;
    void cease() override;
    [[nodiscard]] bool recovered(Player& player) const override;
    [[nodiscard]] std::vector<Relay*> makers() const override { return relays_; }
    emulation::Link bad_link();
};

}  // namespace simulation
