#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace strangers {

/// What the system says of a process.
struct Cost {
    double cpu_ms = 0;
    double resident_mb = 0, most_resident_mb = 0;
    std::size_t descriptors = 0;

    static double cpu_of(pid_t pid);
    static Cost of(pid_t pid);
};

/// What becomes of the lines that a server prints.
enum class Log {
    read,   ///< a thread reads and counts them
    stuck,  ///< they stay in a pipe without a reader
    gone,   ///< the reader closes the pipe as soon as the server listens
    full,   ///< they go to a disk of 4 KiB; requires root
};

/// A program that listens on the main network: an example, or `ouro_prototypes`.
class Server {
  public:
    /// `port`: 0 for a free one; an example only.
    Server(const std::string& program, std::vector<std::string> arguments, Log log = Log::read, std::uint16_t port = 0);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// The system's memory for its connections, both ends of each, as `ss` reports it.
    [[nodiscard]] double sockets_mb() const;
    /// How it has ended; nothing while it runs.
    [[nodiscard]] std::optional<std::string> end();
    /// The lines it has printed, by event and, of disconnects, reason.
    [[nodiscard]] std::map<std::string, std::size_t> lines() const;
    /// The highest number of a block that a node has reported; 0: none.
    [[nodiscard]] std::uint64_t block() const;

  private:
    bool read_line(std::string& line);
    void await_listening(const std::string& program, Log log);
    void count(const std::string& line);

    pid_t pid_ = -1;
    std::optional<int> status_;  // of its end
    int out_ = -1;
    std::uint16_t port_ = 0;
    std::string unread_;
    mutable std::mutex mutex_;
    std::map<std::string, std::size_t> lines_;
    std::uint64_t block_ = 0;
    std::thread reader_;
};

}  // namespace strangers
