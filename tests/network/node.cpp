#include "network/node.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

namespace network {

namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr int done = 0;  // the exit code of a server that was asked to end

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

Node::Node(std::filesystem::path program, std::filesystem::path directory, std::string name)
    : program_(std::move(program)), directory_(std::move(directory)), name_(std::move(name)) {
    write(topology(), R"({"localRoots": [], "publicRoots": []})");
}

Node::~Node() { kill(); }

std::filesystem::path Node::output(const char* kind) const {
    return directory_ / (name_ + "." + kind + "." + std::to_string(lives_));
}

void Node::start(const std::vector<std::string>& arguments) {
    ++lives_;
    read_ = 0;
    listening_ = false;
    topologies_ = 0;
    std::vector<std::string> all{program_.string(),  "--magic",  std::to_string(magic),
                                 "--json",           "--listen", address_.empty() ? "127.0.0.1:0" : address_,
                                 "--store",          chain(),    "--topology",
                                 topology().string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& one : all) argv.push_back(one.data());
    argv.push_back(nullptr);
    const std::string out = output("out").string(), err = output("err").string();

    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ != 0) return;
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
}

void Node::kill() {
    if (!running()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

bool Node::end(Clock::duration at_most) {
    ::kill(pid_, SIGINT);
    for (const auto until = Clock::now() + at_most; Clock::now() < until; std::this_thread::sleep_for(10ms)) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) continue;
        pid_ = -1;
        return WIFEXITED(status) && WEXITSTATUS(status) == done;
    }
    kill();
    return false;
}

void Node::use(const std::string& text) {
    write(topology(), text);
    ::kill(pid_, SIGHUP);
}

void Node::look() {
    if (!running()) return;
    int status = 0;
    const bool ended = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (std::ifstream in(output("out"), std::ios::binary); in.seekg(static_cast<std::streamoff>(read_))) {
        for (std::string line; std::getline(in, line) && !in.eof(); read_ += line.size() + 1) read(line);
    }
    if (!ended) return;
    pid_ = -1;
    throw std::runtime_error(name_ + " has ended by itself: see " + output("err").string());
}

void Node::read(const std::string& text) {
    const Json line = Json::parse(text);
    const std::string event = line.at("event");
    if (event == "listening") {
        listening_ = true;
        address_ = line.at("address");
        blocks_ = line.at("blocks");
        tip_ = line.at("hash").is_null() ? "" : line.at("hash");
    } else if (event == "block") {
        blocks_ = line.at("block").get<std::uint64_t>() + 1;
        tip_ = line.at("hash");
    } else if (event == "roll-backward") {
        ++taken_back_;
    } else if (event == "topology") {
        if (!line.at("error").is_null()) throw std::runtime_error(name_ + ": " + line.at("error").get<std::string>());
        ++topologies_;
    }
}

}  // namespace network
