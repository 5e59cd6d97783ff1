#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace strangers {

/// What the system says of a process.
struct Cost {
    double cpu_ms = 0;
    double resident_mb = 0, most_resident_mb = 0;
    std::size_t descriptors = 0;
    double tcp_mb = 0;  ///< of all sockets of the machine

    static double cpu_of(pid_t pid);
    static Cost of(pid_t pid);
};

/// An example program that listens on the main network. Its stdout is read and counted by a thread, or by nobody.
class Server {
  public:
    Server(const std::string& program, std::vector<std::string> arguments, bool read_output = true);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running() const;
    /// The lines it has printed, by event and, of disconnects, reason.
    [[nodiscard]] std::map<std::string, std::size_t> lines() const;

  private:
    bool read_line(std::string& line);

    pid_t pid_ = -1;
    int out_ = -1;
    std::uint16_t port_ = 0;
    std::string unread_;
    mutable std::mutex mutex_;
    std::map<std::string, std::size_t> lines_;
    std::thread reader_;
};

}  // namespace strangers
