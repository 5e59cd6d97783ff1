#pragma once

// The peers of a topology file, for a program that uses them for as long as it runs.

#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <ouro/interface/name_lookups.hpp>
#ifdef OURO_EXAMPLES_CARES
#include <ouro/interface/cares_resolver.hpp>
#endif
#include <ouro/program/root_peers.hpp>

#include "cli.hpp"

namespace cli {

/// Looks up the names of the file and passes their peers to an initiator, again whenever they have changed. Reads the
/// file again on SIGHUP; a file that cannot be read then changes nothing.
class Roots {
  public:
    using Execute = std::function<void(ouro::initiator::Command)>;

    static constexpr const char* foreign_snapshot = "peerSnapshotFile: of another network";

    Roots(const asio::any_io_executor& executor, std::string file, ouro::Topology topology, ouro::NetworkMagic magic,
          const Output& out, Execute execute)
        : file_(std::move(file)),
          magic_(magic),
          out_(out),
          execute_(std::move(execute)),
          roots_(std::move(topology), std::chrono::steady_clock::now(), std::random_device()()),
          lookups_(executor, resolver(executor), roots_.names(), [this] { tell(); }),
          hangups_(executor, SIGHUP) {
        tell();
        await_hangup();
    }
    Roots(const Roots&) = delete;
    Roots& operator=(const Roots&) = delete;

  private:
    /// c-ares if it is available, otherwise the system's resolver, which finds no services (names without ports).
    static std::shared_ptr<ouro::Resolver> resolver([[maybe_unused]] const asio::any_io_executor& executor) {
#ifdef OURO_EXAMPLES_CARES
        return ouro::make_cares_resolver(executor);
#else
        return nullptr;
#endif
    }
    void tell() {
        for (auto& command : roots_.commands()) execute_(std::move(command));
    }
    void await_hangup() {
        hangups_.async_wait([this](std::error_code error, int) {
            if (error) return;  // this object was destroyed
            read_again();
            await_hangup();
        });
    }
    void read_again() {
        auto read = ouro::Topology::load(file_);
        if (read && !read.topology->fits(magic_)) read = {std::nullopt, {"", foreign_snapshot, 0, {}}};
        if (!read) {
            out_.note("topology: " + to_string(read.error) + "; the earlier one stays");
            out_.result({{"event", "topology"}, {"error", to_string(read.error)}}, "");
            return;
        }
        roots_.set(*std::move(read.topology), std::chrono::steady_clock::now());
        lookups_.look_again();
        tell();
        out_.result({{"event", "topology"}, {"error", nullptr}}, "");
        out_.note("topology: read again");
    }

    const std::string file_;
    const ouro::NetworkMagic magic_;
    const Output& out_;
    Execute execute_;
    ouro::RootPeers roots_;
    ouro::NameLookups lookups_;
    asio::signal_set hangups_;
};

}  // namespace cli
