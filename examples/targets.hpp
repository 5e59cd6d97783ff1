#pragma once

// Which relays and nodes are probed: addresses, names, services and sockets of the command line, or of a topology file.

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "socket_path.hpp"

namespace cli {

/// A place to connect to.
struct Target {
    std::string text;                         ///< as it was written
    ouro::PeerId peer;                        ///< an address or the path of a socket; empty for a name
    std::optional<ouro::AccessPoint> name{};  ///< to look up
};

inline Target target_argument(const std::string& text) {
    if (text.find("://") != std::string::npos)
        throw CLI::ValidationError("TARGET", ouro::printable(text) + " is a URL: write host:port");
    if (Common::is_path(text)) {
        const auto peer = ouro::PeerId::parse(text.starts_with("unix:") ? text : "unix:" + text);
        if (!peer) throw CLI::ValidationError("TARGET", ouro::printable(text) + " cannot be the path of a socket");
        return {text, *peer};
    }
    const auto peer = ouro::PeerId::parse(text);
    const auto point = peer ? ouro::AccessPoint::make(peer->host(), peer->port()) : ouro::AccessPoint::make(text, {});
    if (!point)
        throw CLI::ValidationError("TARGET", ouro::printable(text) +
                                                 " is not host:port, [v6]:port, the name of a service, or the path of "
                                                 "a socket with a slash in it");
    if (point->peer()) return {text, point->peer()};
    return {text, {}, *point};
}

/// All relays that a topology names.
inline void add_relays(const ouro::Topology& topology, std::vector<Target>& targets) {
    const auto add = [&targets](const std::vector<ouro::AccessPoint>& points) {
        for (const auto& point : points) {
            if (point.peer())
                targets.push_back({point.text(), point.peer()});
            else
                targets.push_back({point.text(), {}, point});
        }
    };
    for (const auto& group : topology.local_roots) add(group.access_points);
    for (const auto& group : topology.public_roots) add(group.access_points);
    add(topology.bootstrap_peers);
}

/// Options of a program that probes many targets.
struct Probing : Common {
    std::vector<Target> targets;
    double interval = 1;
    std::uint64_t count = 0;
    std::function<void(const std::string&)> log;  ///< of all messages; empty without `-v`

    void target_options(CLI::App& app) {
        has_a_node = true;
        app.add_option("TARGET", texts_,
                       "host:port, [v6]:port, the name of a service (SRV), or the path of a node's socket; one or more "
                       "(Env:" +
                           std::string(socket_variable) + ", if none is given)");
        app.add_option("--topology", file_, "the topology file of a node, for all relays that it names");
    }
    /// Reads what CLI11 does not know how to.
    void read_targets() {
        for (const std::string& text : texts_) targets.push_back(target_argument(text));
        if (!file_.empty()) add_topology();
        const char* const named = std::getenv(socket_variable);
        if (targets.empty() && named != nullptr && *named != 0)
            targets.push_back(target_argument(std::string("unix:") + named));
        if (targets.empty()) throw CLI::ValidationError("TARGET", "no target is given");
    }
    [[nodiscard]] ouro::Duration pause() const {
        return std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(interval));
    }

  private:
    void add_topology() {
        const auto read = ouro::Topology::load(file_);
        if (!read) throw CLI::ValidationError("--topology", to_string(read.error));
        add_relays(*read.topology, targets);
        if (targets.empty()) throw CLI::ValidationError("--topology", "it names no relay");
    }

    std::vector<std::string> texts_;
    std::string file_;
};

}  // namespace cli
