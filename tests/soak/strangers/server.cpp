#include "soak/strangers/server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace strangers {

namespace {

/// The text of a member of a JSON line; nothing where it has none.
std::string member(const std::string& line, const std::string& name) {
    const std::string before = "\"" + name + "\":\"";
    const auto at = line.find(before);
    if (at == std::string::npos) return {};
    const auto from = at + before.size();
    return line.substr(from, line.find('"', from) - from);
}

}  // namespace

double Cost::cpu_of(pid_t pid) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

Cost Cost::of(pid_t pid) {
    Cost cost;
    cost.cpu_ms = cpu_of(pid);
    const std::string process = "/proc/" + std::to_string(pid);
    std::ifstream status(process + "/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") status >> cost.resident_mb;
        if (word == "VmHWM:") status >> cost.most_resident_mb;
    }
    cost.resident_mb /= 1'024;
    cost.most_resident_mb /= 1'024;
    std::error_code gone;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process + "/fd", gone))
        ++cost.descriptors;
    std::ifstream sockets("/proc/net/sockstat");
    std::string word;
    while (sockets >> word && word != "TCP:") {
    }
    while (sockets >> word && word != "mem") {
    }
    sockets >> cost.tcp_mb;
    cost.tcp_mb = cost.tcp_mb * 4'096 / 1e6;
    return cost;
}

Server::Server(const std::string& program, std::vector<std::string> arguments, bool read_output) {
    arguments.insert(arguments.begin(), {program, "--network", "mainnet", "--json", "--listen", "127.0.0.1:0"});
    std::vector<char*> argv;
    for (std::string& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(ends[1], STDOUT_FILENO);
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
    std::string line;
    while (read_line(line) && member(line, "event") != "listening") {
    }
    const std::string address = member(line, "address");
    if (address.empty()) throw std::runtime_error(program + " does not listen");
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    if (!read_output) return;
    reader_ = std::thread([this] {
        for (std::string one; read_line(one);) {
            const std::string event = member(one, "event"), detail = member(one, "detail");
            const std::string reason = event == "served" ? detail : member(one, "reason");
            const std::lock_guard lock(mutex_);
            ++lines_[reason.empty() ? event : event + " " + reason];
        }
    });
}

Server::~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    if (reader_.joinable()) reader_.join();
    ::close(out_);
}

bool Server::running() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

std::map<std::string, std::size_t> Server::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

bool Server::read_line(std::string& line) {
    for (;;) {
        if (const auto end = unread_.find('\n'); end != std::string::npos) {
            line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return true;
        }
        std::array<char, 4'096> part;
        const ssize_t got = ::read(out_, part.data(), part.size());
        if (got <= 0) return false;
        unread_.append(part.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace strangers
