#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
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
    /// With a disk of this size, "300k", and its limits in a configuration.
    static NatsServer on_small_disk(const std::string& size, const std::string& jetstream) {
        return NatsServer(size, jetstream);
    }

    /// Whether it is installed; prints why a test is skipped.
    static bool installed() {
        if (std::filesystem::exists(path)) return true;
        WARN("skipped, for there is no nats-server");
        return false;
    }
    /// Whether the system lets it have a disk of its own; prints why a test is skipped.
    static bool may_have_disk() {
        if (std::system("unshare -m true 2> /dev/null") == 0) return true;
        WARN("skipped, for no file system may be mounted");
        return false;
    }
    [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
        return "nats://" + host + ":" + port_;
    }
    void kill() {
        REQUIRE(::kill(program_->pid(), SIGKILL) == 0);
        (void)program_->wait();
        program_.reset();
    }
    void start() {
        const std::string store = (directory_.path() / "store").string();
        std::filesystem::create_directory(store);
        std::vector<std::string> arguments{"-js", "-sd", store, "-a", "127.0.0.1", "-p", port_};
        arguments.insert(arguments.end(), more_.begin(), more_.end());
        if (disk_.empty()) {
            program_ = std::make_unique<Program>(path, arguments);
        } else {
            const char* const script = R"(mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@")";
            arguments.insert(arguments.begin(), {"-m", "sh", "-c", script, disk_, store, path});
            program_ = std::make_unique<Program>("/usr/bin/unshare", arguments);
        }
        const std::string listening = "client connections on 127.0.0.1:";
        for (std::string line; !contains(line, "Server is ready");) {
            line = program_->note();
            REQUIRE_FALSE(line.empty());
            if (contains(line, listening)) port_ = line.substr(line.find(listening) + listening.size());
        }
    }

  private:
    NatsServer(std::string size, const std::string& jetstream) : disk_(std::move(size)) {
        const std::string configuration = (directory_.path() / "configuration").string();
        std::ofstream(configuration) << "jetstream {" << jetstream << "}\n";
        more_ = {"-c", configuration};
        start();
    }

    support::TemporaryDirectory directory_;
    std::vector<std::string> more_;
    std::string disk_;
    std::string port_ = "-1";  // any free one
    std::unique_ptr<Program> program_;
};

}  // namespace programs
