#include "soak/strangers/server.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
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
/// The number of the block that a line of a node reports; 0: none.
std::uint64_t block_of(const std::string& line) {
    constexpr std::string_view before = R"("event":"block","block":)";
    const auto at = line.find(before);
    return at == std::string::npos ? 0 : std::strtoull(line.c_str() + at + before.size(), nullptr, 10);
}
/// The address in the line that reports where a server listens.
std::string listening(const std::string& line) {
    constexpr std::string_view text = "listening ";  // of ouro_prototypes
    if (line.starts_with(text)) return line.substr(text.size());
    return member(line, "event") == "listening" ? member(line, "address") : "";
}

constexpr const char* small_disk = "/mnt";

/// A file on a disk of 4 KiB that no other process sees, as stdout.
bool write_to_small_disk() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", small_disk, "tmpfs", 0, "size=4k") != 0)
        return false;
    const int log = ::open((std::string(small_disk) + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    return log >= 0 && ::dup2(log, STDOUT_FILENO) >= 0;
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
    return cost;
}

Server::Server(const std::string& program, std::vector<std::string> arguments, Log log, std::uint16_t port) {
    if (!program.ends_with("ouro_prototypes"))
        arguments.insert(arguments.begin(),
                         {"--network", "mainnet", "--json", "--listen", "127.0.0.1:" + std::to_string(port)});
    arguments.insert(arguments.begin(), program);
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
        if (log == Log::full && !write_to_small_disk()) ::_exit(126);
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
    await_listening(program, log);
    if (log == Log::gone) ::close(std::exchange(out_, -1));
    if (log != Log::read) return;
    reader_ = std::thread([this] {
        for (std::string one; read_line(one);) count(one);
    });
}

Server::~Server() {
    if (!end()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (reader_.joinable()) reader_.join();
    if (out_ >= 0) ::close(out_);
}

void Server::await_listening(const std::string& program, Log log) {
    std::string line, address;
    if (log == Log::full) {
        const std::string file = "/proc/" + std::to_string(pid_) + "/root" + small_disk + "/log";
        for (int i = 0; i < 1'000 && address.empty(); ++i, ::usleep(10'000)) {
            std::ifstream in(file);
            while (address.empty() && std::getline(in, line)) address = listening(line);
        }
    } else {
        while (address.empty() && read_line(line)) address = listening(line);
    }
    if (address.empty()) throw std::runtime_error(program + " does not listen");
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

void Server::count(const std::string& line) {
    std::string event = member(line, "event"), reason = member(line, "reason");
    if (event.empty()) {  // "left PEER: REASON" of ouro_prototypes
        event = line.substr(0, line.find(' '));
        if (const auto at = line.find(": "); at != std::string::npos) reason = line.substr(at + 2);
    }
    if (reason.empty() && (event == "served" || event == "lost")) reason = member(line, "detail");
    const std::lock_guard lock(mutex_);
    ++lines_[reason.empty() ? event : event + " " + reason];
    block_ = std::max(block_, block_of(line));
}

double Server::sockets_mb() const {
    const std::string port = std::to_string(port_);
    const std::string command = "ss -tmnH '( sport = :" + port + " or dport = :" + port + " )'";
    std::FILE* const out = ::popen(command.c_str(), "re");
    if (out == nullptr) return 0;
    double bytes = 0;
    // skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d0): received, to be sent, reserved, and the backlog.
    for (std::array<char, 1'024> line; std::fgets(line.data(), line.size(), out) != nullptr;) {
        const char* const memory = std::strstr(line.data(), "skmem:(");
        unsigned received = 0, reserved = 0, sent = 0, options = 0, backlog = 0;
        if (memory != nullptr && std::sscanf(memory, "skmem:(r%u,rb%*u,t%*u,tb%*u,f%u,w%u,o%u,bl%u", &received,
                                             &reserved, &sent, &options, &backlog) == 5)
            bytes +=
                1.0 * received + static_cast<int>(reserved) + sent + options + backlog;  // a reserve may be negative
    }
    ::pclose(out);
    return bytes / 1e6;
}

std::optional<std::string> Server::end() {
    if (!status_) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return {};
        status_ = status;
    }
    return WIFSIGNALED(*status_) ? "by signal " + std::to_string(WTERMSIG(*status_))
                                 : "with " + std::to_string(WEXITSTATUS(*status_));
}

std::map<std::string, std::size_t> Server::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::uint64_t Server::block() const {
    const std::lock_guard lock(mutex_);
    return block_;
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
