#pragma once

// What the examples share: options, exit codes, lines of JSON, and the ends of a run.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/ouro.hpp>
#include <ouro/topology.hpp>

#include "output.hpp"

namespace cli {

/// How a program ends.
enum Exit : int {
    done = 0,
    usage = 1,
    unreachable = 2,  ///< cannot resolve or connect
    refused = 3,      ///< no agreement in the handshake
    timed_out = 4,
    violation = 5,     ///< a peer broke the protocol
    declined = 6,      ///< the peer said no
    failed = 7,        ///< a file, or something else of our own
    interrupted = 130  ///< a client that was stopped; a server that stops in good order ends with 0
};

inline Exit exit_code(ouro::Errc error) {
    using ouro::Errc;
    switch (error) {
        case Errc::resolve_failed:
        case Errc::connect_failed:
        case Errc::connect_timeout:
        case Errc::not_connected:
        case Errc::closed_by_peer:
        case Errc::truncated:
        case Errc::connection_reset: return unreachable;
        case Errc::version_mismatch:
        case Errc::magic_mismatch:
        case Errc::handshake_refused:
        case Errc::version_data: return refused;
        case Errc::no_intersection:
        case Errc::no_blocks:
        case Errc::point_too_old:
        case Errc::point_not_on_chain:
        case Errc::state_gone:
        case Errc::unsupported:
        case Errc::era_mismatch: return declined;
        case Errc::no_peer:
        case Errc::deadline_passed:
        case Errc::state_timeout: return timed_out;
        default: return ouro::fault(error) == ouro::Fault::theirs ? violation : failed;
    }
}

/// The options every example has.
struct Common {
    bool json = false;
    double timeout = 10;
    std::string network;
    std::string topology;
    std::uint32_t magic_number = 0;
    std::vector<std::string> addresses;
    std::vector<ouro::PeerId> peers;
    std::string socket;
    ouro::PeerId node;            ///< at that socket; nobody where there is none
    bool takes_a_socket = false;  ///< in place of relays

    void network_options(CLI::App& app) {
        auto* group = app.add_option_group("network", "which network")->require_option(1);
        group->add_option("--network", network, "mainnet, preprod, preview or sanchonet");
        group->add_option("--magic", magic_number, "the magic of any other network");
    }
    void output_options(CLI::App& app) { app.add_flag("--json", json, "print one JSON object a line"); }
    CLI::Option* timeout_option(CLI::App& app) {
        return app.add_option("--timeout", timeout, "the longest wait without progress, in seconds")
            ->check(CLI::Range(0.1, 1e6))
            ->capture_default_str();
    }
    void peer_options(CLI::App& app) { peer_group(app, "relays to connect to, one or more")->require_option(1, 2); }
    /// Relays, or one's own node. Where neither is named it is the node that the environment names.
    void peer_or_socket_options(CLI::App& app) {
        takes_a_socket = true;
        peer_group(app, "relays to connect to, one or more, or the path of one's own node's socket")
            ->add_option(
                "--socket", socket,
                "the path of the node's socket (Env:" + std::string(socket_variable) + ", where nobody is named)");
    }
    void socket_option(CLI::App& app) {
        app.add_option("--socket", socket, "the path of the node's socket")->envname(socket_variable)->required();
    }

    [[nodiscard]] ouro::NetworkMagic magic() const {
        if (network.empty()) return ouro::NetworkMagic{magic_number};
        if (const auto known = ouro::network_by_name(network)) return *known;
        throw CLI::ValidationError("--network", "no network is called " + ouro::printable(network));
    }
    /// Reads what CLI11 does not know how to.
    void finish() {
        (void)magic();
        for (const auto& address : addresses) {
            if (takes_a_socket && is_path(address)) {
                if (!socket.empty()) throw CLI::ValidationError("--socket", "one socket at a time");
                socket = address;
                continue;
            }
            const auto peer = ouro::PeerId::parse(address);
            if (!peer || !peer->path().empty())
                throw CLI::ValidationError("HOST:PORT", ouro::printable(address) + " is not host:port or [v6]:port");
            peers.push_back(*peer);
        }
        if (!topology.empty()) add(ouro::Topology::load(topology));
        if (takes_a_socket && peers.empty() && socket.empty()) {
            const char* named = std::getenv(socket_variable);
            socket = named ? named : "";
            if (socket.empty()) throw CLI::ValidationError("HOST:PORT", "no relay is named, and no socket");
        }
        if (socket.empty()) return;
        if (!peers.empty()) throw CLI::ValidationError("--socket", "one's own node is asked alone, without relays");
        const auto at = ouro::PeerId::parse(socket.starts_with("unix:") ? socket : "unix:" + socket);
        if (!at) throw CLI::ValidationError("--socket", ouro::printable(socket) + " cannot be the path of a socket");
        node = *at;
    }
    void add(const ouro::Topology::Read& read) {
        if (!read) throw CLI::ValidationError("--topology", to_string(read.error));
        const auto before = peers.size();
        const auto add = [this](const std::vector<ouro::AccessPoint>& points) {
            for (const auto& point : points)
                if (point.port()) peers.push_back(ouro::PeerId::from_parts(point.host(), *point.port()));
        };
        for (const auto& group : read.topology->local_roots) add(group.access_points);
        for (const auto& group : read.topology->public_roots) add(group.access_points);
        add(read.topology->bootstrap_peers);
        if (peers.size() == before) throw CLI::ValidationError("--topology", "it names no relay with a port");
    }
    [[nodiscard]] ouro::Duration patience() const {
        return std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(timeout));
    }

  private:
    static constexpr const char* socket_variable = "CARDANO_NODE_SOCKET_PATH";

    static bool is_path(std::string_view address) {
        return address.find('/') != std::string_view::npos || address.starts_with('.') || address.starts_with("unix:");
    }
    CLI::App* peer_group(CLI::App& app, const std::string& addresses_are) {
        auto* group = app.add_option_group("peers", "whom to connect to");
        group->add_option("HOST:PORT", addresses, addresses_are);
        group->add_option("--topology", topology, "the topology file of a node, for the relays it names with a port");
        return group;
    }
};

/// The octets that hexadecimal digits stand for.
inline ouro::Bytes hex_argument(std::string_view option, const std::string& text) {
    const auto octets = ouro::from_hex(text);
    if (!octets || octets->empty())
        throw CLI::ValidationError(std::string(option), ouro::printable(text, 40) + " is not hexadecimal");
    return *octets;
}

inline ouro::Point point_argument(std::string_view option, const std::string& text) {
    const auto point = ouro::Point::parse(text);
    if (!point)
        throw CLI::ValidationError(std::string(option),
                                   ouro::printable(text) + " is not origin or SLOT.HASH (64 hex digits)");
    return *point;
}

/// Parses, then runs. Help ends with 0, an argument that does not parse with 1 and its name.
template <class Program>
int main(CLI::App& app, Common& common, int argc, char** argv, Program&& program) {
    std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is an error of the write
    try {
        app.parse(argc, argv);
        common.finish();
        return program();
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : usage;
    } catch (const std::exception& error) {
        Output(common.json).error("failed", ouro::printable(error.what()));
        return failed;
    }
}

inline Json json(const ouro::Point& point) {
    if (point.is_origin()) return {{"slot", nullptr}, {"hash", nullptr}};
    return {{"slot", static_cast<std::uint64_t>(point.slot())}, {"hash", ouro::to_hex(point.hash())}};
}

/// Whether connections over IPv4 come in at a listener.
inline bool takes_ipv4(const ouro::Listening& bound) {
    return bound.ipv4_too || bound.address.host().find(':') == std::string_view::npos;
}
/// What `[::]` means there, for a line that names the address.
inline std::string families(const ouro::Listening& bound) {
    if (bound.address.host() != "::") return "";
    return bound.ipv4_too ? " (IPv6 and IPv4)" : " (IPv6 only, for IPv4's port is taken)";
}

/// What every program that dials does with the news of its peers: tells them, and notices when nobody is left to hope
/// for.
class Peers {
  public:
    Peers(const Output& out, std::size_t count) : out_(out), hopeless_(count) {}

    /// The exit code, once no peer is connected and each of them has failed.
    std::optional<Exit> handle(const ouro::initiator::Event& event) {
        if (const auto* up = std::get_if<ouro::initiator::PeerInitialized>(&event)) {
            out_.note("connected to " + std::string(up->peer.text()) + ", version " +
                      std::to_string(static_cast<std::uint64_t>(up->agreement.version)));
            std::erase(failed_, up->peer);
        } else if (const auto* refusal = std::get_if<ouro::initiator::PeerRefused>(&event)) {
            refusal_ = (refusal->by_peer ? ": " : ": not accepted here: ") + to_string(refusal->reason);
        } else if (const auto* down = std::get_if<ouro::initiator::PeerDisconnected>(&event)) {
            return lost(*down);
        } else if (const auto* stall = std::get_if<ouro::initiator::Stalled>(&event)) {
            out_.note(stall->peer ? std::string(stall->peer.text()) + ": slow to answer (" +
                                        std::string(stall->protocol) + ", " + std::string(stall->state) + ")"
                                  : "nobody to follow");
        }
        return std::nullopt;
    }

  private:
    std::optional<Exit> lost(const ouro::initiator::PeerDisconnected& down) {
        std::string text = std::string(down.peer.text()) + ": ";
        text += down.violation.rule != ouro::Errc::none ? to_string(down.violation)
                                                        : std::string(ouro::message(down.reason));
        if (down.system) text += " (" + down.system.message() + ")";
        text += std::exchange(refusal_, "");
        if (std::find(failed_.begin(), failed_.end(), down.peer) == failed_.end()) failed_.push_back(down.peer);
        if (failed_.size() < hopeless_) {
            out_.note(text);
            return std::nullopt;
        }
        out_.error(down.reason, text);
        return exit_code(down.reason);
    }

    const Output& out_;
    std::size_t hopeless_;
    std::vector<ouro::PeerId> failed_;
    std::string refusal_;
};

/// Ends a run in good order, once: the first reason given is the exit code.
class Ending {
  public:
    Ending(ouro::Runtime& runtime, const Output& out, ouro::Duration patience, std::function<void()> stop)
        : runtime_(runtime),
          out_(out),
          stop_(std::move(stop)),
          watchdog_(runtime.get_executor(), patience, [this] { expired(); }) {
        runtime_.on_stop([this] { end(interrupted); });
    }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { runtime_.on_stop({}); }

    void progress() {
        patient_ = false;
        watchdog_.progress();
    }
    /// Until the next progress nothing is late.
    void wait() { patient_ = true; }
    void end(Exit code) {
        if (!code_) code_ = code;
        stop_();
    }
    [[nodiscard]] bool ended() const { return code_.has_value(); }
    /// No error was told: a summary is due.
    [[nodiscard]] bool good() const { return code() == done || code() == interrupted; }
    [[nodiscard]] int code() const { return code_.value_or(failed); }

  private:
    void expired() {
        if (patient_ || ended()) return;
        out_.error("timed-out", "no progress within the time of --timeout");
        end(timed_out);
    }

    ouro::Runtime& runtime_;
    const Output& out_;
    std::function<void()> stop_;
    std::optional<Exit> code_;
    bool patient_ = false;
    ouro::Watchdog watchdog_;
};

}  // namespace cli
