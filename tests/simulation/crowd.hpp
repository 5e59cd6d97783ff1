#pragma once

#include "world.hpp"

namespace simulation {

/// One to three nodes among a hundred relays, most of them honest and some with a vice, and two hostile clients of the
/// relays, with everything that can go wrong between them; then every node has to reach its targets and the whole
/// chain.
class Crowd final : public World {
  public:
    Crowd(std::uint64_t seed, Duration troubled);

  private:
    void trouble() override;
    void cease() override;
    [[nodiscard]] bool recovered(Player& player) const override;
    [[nodiscard]] std::vector<Relay*> makers() const override { return relays_; }
    void add_stranger(std::size_t number);
    emulation::Link bad_link();

    std::vector<emulation::SimulatedNode<InitiatorBehavior>*> strangers_;
};

}  // namespace simulation
