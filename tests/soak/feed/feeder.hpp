#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "network/process.hpp"

namespace feed_soak {

using network::Clock;

/// The example `feed` as a process.
class Feeder {
  public:
    enum class State { starting, standby, writing, current };

    Feeder(const std::filesystem::path& program, const std::filesystem::path& directory, const std::string& name,
           std::vector<std::string> arguments)
        : process_(program, directory, name), arguments_(std::move(arguments)) {}

    void start();
    void kill() { process_.kill(); }
    /// Suspends it, as if its machine hung.
    void suspend();
    void resume();
    [[nodiscard]] std::optional<int> end(Clock::duration at_most) { return process_.end(at_most); }
    /// Reads what it has printed. Throws where it has ended by itself.
    void look();

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] bool writes() const noexcept { return state_ == State::writing || state_ == State::current; }
    [[nodiscard]] bool running() const noexcept { return process_.running(); }
    [[nodiscard]] bool suspended() const noexcept { return suspended_; }
    [[nodiscard]] const std::string& name() const noexcept { return process_.name(); }
    /// Times it began to write.
    [[nodiscard]] std::uint64_t writings() const noexcept { return writings_; }

  private:
    network::Process process_;
    std::vector<std::string> arguments_;
    State state_ = State::starting;
    bool suspended_ = false;
    std::uint64_t writings_ = 0;
};

}  // namespace feed_soak
