#pragma once

#include <ouro/behavior/responder.hpp>

#include "player.hpp"

namespace simulation {

/// One to three nodes among a hundred relays, most of them honest and some with a vice, with everything that can go
/// wrong between them; then the faults cease, and every node has to reach its targets and the whole chain.
class Crowd {
  public:
    Crowd(std::uint64_t seed, Duration troubled);
    /// Throws Broken.
    void run();
    /// A few figures of the run.
    [[nodiscard]] std::string summary() const;
    /// Of everything that happened.
    [[nodiscard]] std::uint64_t digest() const noexcept { return net_.digest(); }

  private:
    using Relay = emulation::Node<ResponderBehavior>;
    static emulation::Options options(std::uint64_t seed);
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    emulation::Link bad_link();
    void add_relays();
    void add_players();
    void steps_until(Instant end);
    void trouble();
    void grow();
    void cease();
    [[nodiscard]] bool converged() const;
    void stop();

    std::mt19937_64 random_;
    emulation::Network net_;
    Duration troubled_;
    std::shared_ptr<TestChain> chain_;
    std::vector<Relay*> relays_;
    std::size_t honest_ = 0;
    std::vector<std::unique_ptr<Player>> players_;
    std::uint8_t fork_ = 0;
    std::uint64_t steps_ = 0;
    Duration convergence_{};
};

}  // namespace simulation
