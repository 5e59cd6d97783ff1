#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace network {

using Clock = std::chrono::steady_clock;

/// The node example as a process of its own: it can be killed and started again, and keeps its address, its topology
/// and its chain. It is killed where it is still running at the end of this.
class Node {
  public:
    static constexpr std::uint32_t magic = 7;

    /// `directory` has its files: NAME.chain, NAME.topology, and NAME.out.N and NAME.err.N of its Nth life.
    Node(std::filesystem::path program, std::filesystem::path directory, std::string name);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node();

    /// With these arguments beside its own.
    void start(const std::vector<std::string>& arguments);
    void kill();
    /// Asks it to end, and waits for that; whether it ended as it should, in time.
    bool end(Clock::duration at_most);
    /// Makes it read its topology file again.
    void use(const std::string& topology);
    /// Takes what it has written meanwhile, and whether it still runs. Throws where it has ended by itself.
    void look();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] bool running() const noexcept { return pid_ > 0; }
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
    [[nodiscard]] std::size_t lives() const noexcept { return lives_; }
    [[nodiscard]] std::filesystem::path chain() const { return directory_ / (name_ + ".chain"); }

  private:
    [[nodiscard]] std::filesystem::path topology() const { return directory_ / (name_ + ".topology"); }
    [[nodiscard]] std::filesystem::path output(const char* kind) const;
    void read(const std::string& line);

    std::filesystem::path program_, directory_;
    std::string name_, address_;
    pid_t pid_ = -1;
    std::size_t lives_ = 0;
    std::uintmax_t read_ = 0;  // bytes of the output of this life
    bool listening_ = false;
    std::size_t topologies_ = 0, taken_back_ = 0;
    std::uint64_t blocks_ = 0;
    std::string tip_;
};

}  // namespace network
