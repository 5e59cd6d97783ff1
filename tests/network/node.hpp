#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "network/process.hpp"

namespace network {

/// The node example as a process of its own: it can be killed and started again, and keeps its address, its topology
/// and its chain.
class Node {
  public:
    static constexpr std::uint32_t magic = 7;

    /// `directory` has its files: NAME.chain, NAME.topology, and NAME.out.N and NAME.err.N of its Nth life.
    Node(std::filesystem::path program, std::filesystem::path directory, std::string name);

    /// With these arguments beside its own.
    void start(const std::vector<std::string>& arguments);
    void kill() { process_.kill(); }
    /// Asks it to end, and waits for that; whether it ended as it should, in time.
    bool end(Clock::duration at_most);
    /// Makes it read its topology file again.
    void use(const std::string& topology);
    /// Takes what it has written meanwhile, and whether it still runs. Throws where it has ended by itself.
    void look();

    [[nodiscard]] const std::string& name() const noexcept { return process_.name(); }
    [[nodiscard]] bool running() const noexcept { return process_.running(); }
    /// Empty until it listens for the first time.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] bool listening() const noexcept { return listening_; }
    /// Topologies that it has read again, in this life.
    [[nodiscard]] std::size_t topologies() const noexcept { return topologies_; }
    /// Blocks that it has, as it said last, and the hash of the last one.
    [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
    [[nodiscard]] const std::string& tip() const noexcept { return tip_; }
    /// Times its chain was taken back, in all its lives.
    [[nodiscard]] std::size_t taken_back() const noexcept { return taken_back_; }
    [[nodiscard]] std::size_t lives() const noexcept { return process_.lives(); }
    [[nodiscard]] std::filesystem::path chain() const { return file(".chain"); }

  private:
    [[nodiscard]] std::filesystem::path topology() const { return file(".topology"); }
    [[nodiscard]] std::filesystem::path file(const char* kind) const {
        return process_.directory() / (process_.name() + kind);
    }
    void read(const std::string& line);

    Process process_;
    std::string address_;
    bool listening_ = false;
    std::size_t topologies_ = 0, taken_back_ = 0;
    std::uint64_t blocks_ = 0;
    std::string tip_;
};

}  // namespace network
