#pragma once

// The topology file of a program that uses its peers for as long as it runs.

#include <asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "cli.hpp"

namespace cli {

/// Passes the topology on, and again whenever SIGHUP has it read again; a file that cannot be used then changes
/// nothing.
class TopologyFile {
  public:
    /// Throws for a topology that cannot be used.
    using Use = std::function<void(const ouro::Topology&)>;

    static constexpr const char* foreign_snapshot = "peerSnapshotFile: of another network";

    TopologyFile(const asio::any_io_executor& executor, std::string file, const ouro::Topology& topology,
                 ouro::NetworkMagic magic, const Output& out, Use use)
        : file_(std::move(file)), magic_(magic), out_(out), use_(std::move(use)), hangups_(executor, SIGHUP) {
        use_(topology);
        await_hangup();
    }
    TopologyFile(const TopologyFile&) = delete;
    TopologyFile& operator=(const TopologyFile&) = delete;

  private:
    void await_hangup() {
        hangups_.async_wait([this](std::error_code error, int) {
            if (error) return;  // this object was destroyed
            const std::string failure = read_again();
            if (failure.empty()) {
                out_.result({{"event", "topology"}, {"error", nullptr}}, "");
                out_.note("topology: read again");
            } else {
                out_.note("topology: " + failure + "; the earlier one stays");
                out_.result({{"event", "topology"}, {"error", failure}}, "");
            }
            await_hangup();
        });
    }
    std::string read_again() {
        const auto read = ouro::Topology::load(file_);
        if (!read) return to_string(read.error);
        if (!read.topology->fits(magic_)) return foreign_snapshot;
        try {
            use_(*read.topology);
        } catch (const std::exception& error) {
            return error.what();
        }
        return {};
    }

    const std::string file_;
    const ouro::NetworkMagic magic_;
    const Output& out_;
    Use use_;
    asio::signal_set hangups_;
};

}  // namespace cli
