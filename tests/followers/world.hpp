#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/behavior/responder.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/vices.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/simulated_runtime.hpp>

namespace followers {

using namespace ouro;
using namespace std::chrono_literals;

/// What must always hold does not.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What a program keeps of the chain that it follows. It checks each step.
class Record {
  public:
    Record(std::uint64_t k, bool blocks, std::uint64_t depth) : k_(k), blocks_(blocks), depth_(depth) {}

    /// The program begins here.
    void begin(const Point& point) { points_ = {point}; }
    void apply(const Step& step);
    [[nodiscard]] const std::vector<Point>& points() const noexcept { return points_; }
    [[nodiscard]] std::uint64_t forwards() const noexcept { return forwards_; }
    [[nodiscard]] std::uint64_t backwards() const noexcept { return backwards_; }

  private:
    std::uint64_t k_;
    bool blocks_;
    std::uint64_t depth_;
    std::vector<Point> points_;  // the beginning, and every delivered block that is not undone
    std::uint64_t forwards_ = 0;
    std::uint64_t backwards_ = 0;
};

/// A chain that grows and forks, relays of which one is hostile, and a program that follows it, loses its peers, and is
/// started again from its cursor. Then the faults cease, and the program must have the chain.
class World {
  public:
    World(std::uint64_t seed, const emulation::Vice& vice);

    /// Throws Broken.
    void run();
    [[nodiscard]] std::string summary() const;

  private:
    using Relay = emulation::SimulatedNode<ResponderBehavior>;

    Relay& add_relay(const PeerId& address);
    void start();
    /// Runs the network and the program until `end`.
    void run_until(Instant end);
    void trouble();
    /// The chain has `blocks` more after the last `back` were replaced.
    void grow(ChainView::Position blocks, ChainView::Position back);
    [[nodiscard]] bool recovered() const;
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    void receive();

    std::mt19937_64 random_;
    std::uint64_t k_;  // the deepest roll-back of the network
    std::shared_ptr<chain::SyntheticChain> chain_;
    emulation::SimulatedNetwork net_;
    asio::io_context context_;
    emulation::Clockwork clock_;
    SimulatedRuntime runtime_;
    std::vector<Relay*> relays_;
    FollowOptions options_;
    Record record_;
    std::optional<Node> node_;
    std::optional<Follower> follower_;
    std::optional<Cursor> cursor_;
    std::optional<std::string> failure_;
    std::uint64_t starts_ = 0;
};

}  // namespace followers
