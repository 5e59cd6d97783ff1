#pragma once

// Two processes that talk to each other, what they took, and how to say it.

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What one run of a server and a client took.
struct Taken {
    double seconds = 0;       ///< as the client reports: from the first requested byte to the last one received
    double server_cpu = 0;    ///< user and system seconds of the process, from when it reported its port
    double client_cpu = 0;    ///< of the whole process
    std::uint64_t count = 0;  ///< what the client counted
};

/// Which cores the two processes get: what the system thinks best, or the same one, or one each. Two that wait for each
/// other all the time over a Unix socket are put on one core as long as the other has anything to do.
enum class Cores : std::uint8_t { any, one, two };

namespace detail {

inline void check(bool good, const char* what) {
    if (good) return;
    std::perror(what);
    std::exit(1);
}

/// The first or the second of those that this program may use; the first where there is no second.
inline void stay_on_core(bool second) {
    cpu_set_t all, own;
    check(::sched_getaffinity(0, sizeof all, &all) == 0, "sched_getaffinity");
    CPU_ZERO(&own);
    for (int core = 0, seen = 0; core < CPU_SETSIZE && seen <= int{second}; ++core) {
        if (!CPU_ISSET(core, &all)) continue;
        ++seen;
        CPU_ZERO(&own);
        CPU_SET(core, &own);
    }
    check(::sched_setaffinity(0, sizeof own, &own) == 0, "sched_setaffinity");
}

inline double cpu(const rusage& usage) {
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class T>
void put(int to, const T& value) {
    check(::write(to, &value, sizeof value) == static_cast<ssize_t>(sizeof value), "write");
}
template <class T>
T get(int from) {
    T value{};
    check(::read(from, &value, sizeof value) == static_cast<ssize_t>(sizeof value), "read from the other process");
    return value;
}

}  // namespace detail

/// The server reports its port through `tell`, serves, and returns when its peer has disconnected.
using Server = std::function<void(const std::function<void(std::uint16_t)>& tell)>;
/// The client connects to the port, and gives the seconds and the count.
using Client = std::function<Taken(std::uint16_t port)>;

/// Runs both in processes of their own, so that each one's time is its own.
inline Taken run(const Server& server, const Client& client, Cores cores = Cores::any) {
    int port_pipe[2], result_pipe[2];
    detail::check(::pipe(port_pipe) == 0 && ::pipe(result_pipe) == 0, "pipe");
    const auto child = [](auto&& work) {
        const pid_t pid = ::fork();
        detail::check(pid >= 0, "fork");
        if (pid != 0) return pid;
        work();
        ::_exit(0);
    };
    struct Serving {
        std::uint16_t port;
        double cpu;
    };
    const pid_t serving = child([&] {
        if (cores != Cores::any) detail::stay_on_core(false);
        server([&](std::uint16_t port) {
            rusage usage{};
            ::getrusage(RUSAGE_SELF, &usage);
            detail::put(port_pipe[1], Serving{port, detail::cpu(usage)});
        });
    });
    const auto [port, cpu_before] = detail::get<Serving>(port_pipe[0]);
    const pid_t asking = child([&, to = port] {
        if (cores != Cores::any) detail::stay_on_core(cores == Cores::two);
        detail::put(result_pipe[1], client(to));
    });
    auto taken = detail::get<Taken>(result_pipe[0]);
    int status = 0;
    rusage usage{};
    detail::check(::wait4(asking, &status, 0, &usage) == asking && status == 0, "the client");
    taken.client_cpu = detail::cpu(usage);
    detail::check(::wait4(serving, &status, 0, &usage) == serving && status == 0, "the server");
    taken.server_cpu = detail::cpu(usage) - cpu_before;
    for (int fd : {port_pipe[0], port_pipe[1], result_pipe[0], result_pipe[1]}) ::close(fd);
    return taken;
}

/// Minimum, median and maximum.
struct Spread {
    double low = 0, middle = 0, high = 0;
};
inline Spread spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {values.front(), values[values.size() / 2], values.back()};
}

class Clock {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }

  private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace bench
