#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include <ouro/chain/synthetic.hpp>
#include <ouro/program/node.hpp>

namespace feed_soak {

using Clock = std::chrono::steady_clock;

/// Two relays in this process, on loopback. Their chain grows and forks, and the second one learns of everything later
/// than the first.
class Relays {
  public:
    using Position = ouro::ChainView::Position;

    static constexpr std::uint32_t magic = 42;
    static constexpr auto lag = std::chrono::milliseconds(1'500);  ///< of the second relay

    explicit Relays(std::uint64_t seed);

    [[nodiscard]] std::vector<std::string> addresses() const;
    /// Adds `blocks` blocks, after the last `undone` were dropped.
    void change(Position blocks, Position undone);
    /// Resets the connections of one relay, which then listens again at its address.
    void lose(std::size_t relay);
    /// Serves until `end`.
    void run_until(Clock::time_point end);
    /// The second relay learns of everything now.
    void catch_up();

    [[nodiscard]] Position size() const { return relays_[0].chain->size(); }
    [[nodiscard]] ouro::Point tip() const { return relays_[0].chain->point(size()); }
    [[nodiscard]] std::uint64_t forks() const noexcept { return forks_; }
    [[nodiscard]] Position deepest() const noexcept { return deepest_; }

  private:
    struct Change {
        Clock::time_point at;
        Position blocks = 0, undone = 0;
    };
    struct Relay {
        std::shared_ptr<ouro::chain::SyntheticChain> chain;
        std::optional<ouro::Node> node;
        std::string address = "127.0.0.1:0";
    };

    void listen(Relay& relay);
    static void apply(Relay& relay, const Change& change);

    asio::io_context context_;
    std::array<Relay, 2> relays_;
    std::deque<Change> later_;  // of the second relay
    std::uint64_t forks_ = 0;
    Position deepest_ = 0;
};

}  // namespace feed_soak
