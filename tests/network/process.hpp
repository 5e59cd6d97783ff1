#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace network {

using Clock = std::chrono::steady_clock;

/// A program as a process of its own, which can be killed and started again. It is killed where it is still running at
/// the end of this, and when the process that has started it dies.
class Process {
  public:
    enum class Output { out, err };

    /// `directory` has its output: NAME.out.N and NAME.err.N of its Nth life.
    Process(std::filesystem::path program, std::filesystem::path directory, std::string name);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    void start(std::vector<std::string> arguments);
    void kill();
    void signal(int number) const;
    /// Sends SIGINT and waits for the end. Its exit code, below zero for a signal; nothing where it has not ended in
    /// time and was killed.
    std::optional<int> end(Clock::duration at_most);
    /// Whole lines that it has written since the last call, in this life. Throws where it has ended by itself.
    std::vector<std::string> new_lines(Output from = Output::out);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] bool running() const noexcept { return pid_ > 0; }
    [[nodiscard]] std::size_t lives() const noexcept { return lives_; }

  private:
    [[nodiscard]] std::filesystem::path output(Output kind) const;

    std::filesystem::path program_, directory_;
    std::string name_;
    pid_t pid_ = -1;
    std::size_t lives_ = 0;
    std::uintmax_t read_ = 0;  // bytes of the output of this life
};

}  // namespace network
