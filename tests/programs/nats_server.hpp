#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <csignal>

#include "programs/program.hpp"
#include "support/temporary_directory.hpp"

namespace programs {

/// A server of NATS with JetStream on loopback, which a test can kill and start again with what it has stored.
class NatsServer {
  public:
    static constexpr const char* path = "/usr/sbin/nats-server";

    explicit NatsServer(std::vector<std::string> more = {}) : more_(std::move(more)) { start(); }

    /// Whether it is installed; prints why a test is skipped.
    static bool installed() {
        if (std::filesystem::exists(path)) return true;
        WARN("skipped, for there is no nats-server");
        return false;
    }
    [[nodiscard]] std::string url(const std::string& user = "") const {
        return "nats://" + user + "127.0.0.1:" + port_;
    }
    void kill() {
        REQUIRE(::kill(program_->pid(), SIGKILL) == 0);
        (void)program_->wait();
        program_.reset();
    }
    void start() {
        std::vector<std::string> arguments{"-js", "-sd", directory_.path().string(), "-a", "127.0.0.1", "-p", port_};
        arguments.insert(arguments.end(), more_.begin(), more_.end());
        program_ = std::make_unique<Program>(path, arguments);
        const std::string listening = "client connections on 127.0.0.1:";
        for (std::string line; !contains(line, "Server is ready");) {
            line = program_->note();
            REQUIRE_FALSE(line.empty());
            if (contains(line, listening)) port_ = line.substr(line.find(listening) + listening.size());
        }
    }

  private:
    support::TemporaryDirectory directory_;
    std::vector<std::string> more_;
    std::string port_ = "-1";  // any free one
    std::unique_ptr<Program> program_;
};

}  // namespace programs
