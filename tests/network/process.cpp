#include "network/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace network {

using namespace std::chrono_literals;

Process::Process(std::filesystem::path program, std::filesystem::path directory, std::string name)
    : program_(std::move(program)), directory_(std::move(directory)), name_(std::move(name)) {}

Process::~Process() { kill(); }

std::filesystem::path Process::output(Output kind) const {
    return directory_ / (name_ + (kind == Output::out ? ".out." : ".err.") + std::to_string(lives_));
}

void Process::start(std::vector<std::string> arguments) {
    ++lives_;
    read_ = 0;
    arguments.insert(arguments.begin(), program_.string());
    std::vector<char*> argv;
    for (std::string& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    const std::string out = output(Output::out).string(), err = output(Output::err).string();

    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    ::close_range(3, ~0U, 0);  // sockets of the parent, which would stay open with this process
    ::execv(argv[0], argv.data());
    ::_exit(127);
}

void Process::signal(int number) const {
    if (running()) ::kill(pid_, number);
}

void Process::kill() {
    if (!running()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

std::optional<int> Process::end(Clock::duration at_most) {
    if (!running()) return std::nullopt;
    ::kill(pid_, SIGINT);
    for (const auto until = Clock::now() + at_most; Clock::now() < until; std::this_thread::sleep_for(10ms)) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) continue;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    kill();
    return std::nullopt;
}

std::vector<std::string> Process::new_lines(Output from) {
    std::vector<std::string> lines;
    if (!running()) return lines;
    int status = 0;
    const bool ended = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (std::ifstream in(output(from), std::ios::binary); in.seekg(static_cast<std::streamoff>(read_))) {
        for (std::string line; std::getline(in, line) && !in.eof(); lines.push_back(line)) read_ += line.size() + 1;
    }
    if (!ended) return lines;
    pid_ = -1;
    throw std::runtime_error(name_ + " has ended by itself: see " + output(Output::err).string());
}

}  // namespace network
