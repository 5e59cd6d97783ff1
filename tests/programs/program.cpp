#include "programs/program.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <sstream>
#include <utility>

#include "support/catch.hpp"

namespace programs {

namespace {

constexpr int patience = 60'000;  // milliseconds until a silent program has failed its test
constexpr int finding = 99;       // the exit code of a program in which a sanitizer has found a fault

/// The environment of a program: a fault that a sanitizer finds ends it, with the exit code above.
std::vector<std::string> environment_of_programs() {
    std::vector<std::string> all;
    std::map<std::string, std::string> wishes{{"ASAN_OPTIONS", "exitcode=99"},
                                              {"LSAN_OPTIONS", "exitcode=99"},
                                              {"TSAN_OPTIONS", "exitcode=99"},
                                              {"UBSAN_OPTIONS", "halt_on_error=1:exitcode=99"}};
    for (char** one = environ; *one != nullptr; ++one) {
        std::string& added = all.emplace_back(*one);
        const auto wish = wishes.find(added.substr(0, added.find('=')));
        if (wish == wishes.end()) continue;
        added += ":" + wish->second;
        wishes.erase(wish);
    }
    for (const auto& [name, value] : wishes) all.push_back(name + "=" + value);
    return all;
}

void close_once(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
}

int loopback_socket(bool listening, std::string& address) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0);
    if (listening) REQUIRE(::listen(fd, 4) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    address = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
    return fd;
}

int unix_socket(bool listening, const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof name.sun_path);
    path.copy(name.sun_path, path.size());
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    if (listening) REQUIRE(::listen(fd, 4) == 0);
    return fd;
}

void open_output(std::array<int, 2>& ends, bool terminal) {
    if (terminal)
        REQUIRE(::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) == 0);
    else
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
}

}  // namespace

Program::Program(const std::string& name, std::vector<std::string> arguments, Options options) {
    std::array<int, 2> input{}, results{}, notes{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) == 0);  // a pipe would raise SIGPIPE
    open_output(results, options.terminal_out);
    open_output(notes, options.terminal);
    const std::string path = name.find('/') == std::string::npos ? std::string(OURO_EXAMPLES) + "/" + name : name;
    std::vector<char*> argv{const_cast<char*>(path.c_str())};
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<std::string> environment = environment_of_programs();
    std::vector<char*> envp;
    for (auto& one : environment) envp.push_back(one.data());
    envp.push_back(nullptr);

    // A signal that comes before the program begins ends it, and is not taken by the handlers of this process.
    sigset_t ends, before;
    ::sigemptyset(&ends);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&ends, number);
    ::pthread_sigmask(SIG_BLOCK, &ends, &before);
    pid_ = ::fork();
    if (pid_ != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        const int to = options.out == nullptr ? results[1] : ::open(options.out, O_WRONLY);
        ::dup2(input[1], STDIN_FILENO);
        ::dup2(to, STDOUT_FILENO);
        ::dup2(notes[1], STDERR_FILENO);
        if (options.largest_file != 0) {
            std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
            const rlimit limit{options.largest_file, options.largest_file};
            ::setrlimit(RLIMIT_FSIZE, &limit);
        }
        if (options.resolv_conf != nullptr &&
            (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
             ::mount(options.resolv_conf, "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0))
            ::_exit(126);
        ::execve(path.c_str(), argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(input[1]);
    ::close(results[1]);
    ::close(notes[1]);
    in_ = input[0];
    out_ = results[0];
    err_ = notes[0];
}

Program::~Program() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        // It may have ended before.
        CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == finding));
    }
    close_once(in_);
    close_once(out_);
    close_once(err_);
}

std::string Program::next_line(int from) {
    std::string result;
    char c = 0;
    for (;;) {
        pollfd ready{from, POLLIN, 0};
        REQUIRE(::poll(&ready, 1, patience) == 1);
        if (::read(from, &c, 1) != 1 || c == '\n') return result;
        result += c;
    }
}

void Program::say(const std::string& line) const {
    const std::string text = line + "\n";
    REQUIRE(::send(in_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

void Program::end_input() { close_once(in_); }

void Program::interrupt() const { REQUIRE(::kill(pid_, SIGINT) == 0); }

void Program::terminate() const { REQUIRE(::kill(pid_, SIGTERM) == 0); }

void Program::stop_reading() {
    close_once(out_);
    close_once(err_);
}

void Program::hang_up() const { REQUIRE(::kill(pid_, SIGHUP) == 0); }

void Program::read_part(int& from, std::string& into) {
    std::array<char, 65'536> part;
    const ssize_t size = ::read(from, part.data(), part.size());
    // A terminal that its program has left reads as an error.
    if (size <= 0) return close_once(from);
    into.append(part.data(), static_cast<std::size_t>(size));
}

int Program::wait() {
    while (out_ >= 0 || err_ >= 0) {
        std::array<pollfd, 2> ready{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
        REQUIRE(::poll(ready.data(), ready.size(), patience) > 0);
        if (ready[0].revents != 0) read_part(out_, out);
        if (ready[1].revents != 0) read_part(err_, err);
    }
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    INFO(err);
    CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == finding));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::vector<Json> json_lines(const std::string& text) {
    std::vector<Json> result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        const Json object = Json::parse(line, nullptr, false);
        REQUIRE(object.is_object());
        REQUIRE(object.contains("event"));
        result.push_back(object);
    }
    return result;
}

namespace {

std::vector<std::string> relay_arguments(std::vector<std::string> chain, const std::string& magic) {
    for (const char* argument : {"--listen", "127.0.0.1:0", "--json", "--magic"}) chain.emplace_back(argument);
    chain.push_back(magic);
    return chain;
}

}  // namespace

Relay::Relay(std::vector<std::string> chain, const std::string& magic)
    : program("relay", relay_arguments(std::move(chain), magic)) {
    const Json first = Json::parse(program.line(), nullptr, false);
    REQUIRE(first.is_object());
    REQUIRE(first.value("event", "") == "listening");
    address_ = first.value("address", "");
}

FakePeer::FakePeer(int listener, std::vector<unsigned char> answer, Leaves leaves) : listener_(listener) {
    thread_ = std::thread([this, answer = std::move(answer), leaves] {
        while (serve(answer, leaves)) {
        }
    });
}

bool FakePeer::serve(const std::vector<unsigned char>& answer, Leaves leaves) {
    peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::array<unsigned char, 4'096> part{};
    if (peer_ < 0 || ::recv(peer_, part.data(), part.size(), 0) <= 0) return false;
    if (!answer.empty()) (void)::send(peer_, answer.data(), answer.size(), MSG_NOSIGNAL);
    const bool again = leaves == Leaves::every_second_time;
    if (!again) answered_.set_value(peer_);  // there is no other connection
    while (leaves != Leaves::at_once && ::recv(peer_, part.data(), part.size(), 0) > 0)
        if (leaves != Leaves::never) break;
    if (leaves != Leaves::never) close_once(peer_);
    return again;
}

void FakePeer::send(const std::vector<unsigned char>& more) {
    auto answered = answered_.get_future();
    REQUIRE(answered.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    REQUIRE(::send(answered.get(), more.data(), more.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(more.size()));
}

FakePeer::~FakePeer() {
    ::shutdown(listener_, SHUT_RDWR);  // an accept that still waits ends
    thread_.join();
    close_once(peer_);
    close_once(listener_);
}

FakeRelay::FakeRelay(std::vector<unsigned char> answer, Leaves leaves, std::string address)
    : FakePeer(loopback_socket(true, address), std::move(answer), leaves), address_(std::move(address)) {}

FakeNode::FakeNode(const std::string& path, std::vector<unsigned char> answer, Leaves leaves)
    : FakePeer(unix_socket(true, path), std::move(answer), leaves) {}

void leave_socket(const std::string& path) {
    int fd = unix_socket(false, path);
    close_once(fd);
}

std::string unused_address() {
    std::string address;
    int fd = loopback_socket(false, address);
    close_once(fd);
    return address;
}

}  // namespace programs
