#pragma once

#include <ouro/behavior/responder.hpp>

#include "player.hpp"

namespace simulation {

/// Twenty nodes that follow each other and serve what they have followed, and one that makes the chain: at the end all
/// of them have it.
class Mesh {
  public:
    Mesh(std::uint64_t seed, Duration troubled);
    /// Throws Broken.
    void run();
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::uint64_t digest() const noexcept { return net_.digest(); }

  private:
    using Relay = emulation::Node<ResponderBehavior>;
    static emulation::Options options(std::uint64_t seed);
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    void steps_until(Instant end);
    void trouble();
    [[nodiscard]] bool converged() const;

    std::mt19937_64 random_;
    emulation::Network net_;
    Duration troubled_;
    std::shared_ptr<TestChain> made_;
    Relay* maker_;
    std::vector<std::unique_ptr<Player>> players_;
    std::vector<Relay*> relays_;
    std::uint8_t fork_ = 0;
    std::uint64_t steps_ = 0;
    Duration convergence_{};
};

}  // namespace simulation
