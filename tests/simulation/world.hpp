#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ouro/behavior/responder.hpp>

#include "player.hpp"

namespace simulation {

/// A chain that grows and forks, relays that serve and players that follow, in trouble for a time; then the faults
/// cease, and within bounded time everybody has to have recovered.
class World {
  public:
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    virtual ~World() = default;

    /// Throws Broken.
    void run();
    /// A few figures of the run.
    [[nodiscard]] std::string summary() const;
    /// Of everything that happened.
    [[nodiscard]] std::uint64_t digest() const noexcept { return net_.digest(); }

  protected:
    using Relay = emulation::SimulatedNode<ResponderBehavior>;

    World(std::uint64_t seed, Duration troubled, const emulation::Options& options, std::size_t block_bytes);

    /// One thing goes wrong, or changes, or is wished.
    virtual void trouble() = 0;
    /// Nothing goes wrong any more.
    virtual void cease() = 0;
    [[nodiscard]] virtual bool recovered(Player& player) const = 0;
    /// What must not have happened in the whole run.
    virtual void judge() const {}
    /// The relays that serve the chain as it is made.
    [[nodiscard]] virtual std::vector<Relay*> makers() const = 0;

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    Relay& add_relay(const PeerId& address, std::shared_ptr<const TestChain> chain, bool patient = false,
                     bool leios = false);
    Player& add_player(const PeerId& address, ini::Config config);
    void know(Player& player, std::vector<PeerId> peers);
    /// Some blocks more, now and then on another fork.
    void grow();
    void lose(const PeerId& from, const PeerId& to) { net_.lose(from, to, static_cast<emulation::Loss>(below(3))); }
    void fetch(Player& player, const TestChain& chain);
    [[nodiscard]] bool has_chain(const Player& player) const {
        return player.chain().size() == chain_->size() && player.chain().tip() == chain_->tip();
    }

    std::mt19937_64 random_;
    emulation::SimulatedNetwork net_;
    std::shared_ptr<TestChain> chain_;
    std::vector<Relay*> relays_;
    std::vector<std::unique_ptr<Player>> players_;

  private:
    void steps_until(Instant end);
    void answer_ebs();
    void stop();

    Duration troubled_;
    std::vector<std::pair<Relay*, responder::Event>> eb_requests_;
    std::unordered_map<Relay*, std::unordered_map<ConnectionId, std::uint64_t>> eb_offers_;
    std::uint8_t fork_ = 0;
    std::uint64_t steps_ = 0;
    Duration recovery_{};
};

}  // namespace simulation
