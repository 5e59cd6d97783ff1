#pragma once

#include "world.hpp"

namespace simulation {

/// Twenty nodes that follow each other and serve what they have followed, and one that makes the chain: at the end all
/// of them have it.
class Mesh final : public World {
  public:
    Mesh(std::uint64_t seed, Duration troubled);

  private:
    void trouble() override;
    void cease() override;
    [[nodiscard]] bool recovered(Player& player) const override { return has_chain(player); }
    void judge() const override {
        for (const auto& player : players_) require(player->bans == 0, "an honest node was banned");
    }
    [[nodiscard]] std::vector<Relay*> makers() const override { return {relays_.front()}; }
};

}  // namespace simulation
