#pragma once

// What the examples share: options, exit codes and lines of JSON.

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/names/topology.hpp>
#include <ouro/ouro.hpp>

#include "numbers.hpp"
#include "output.hpp"
#include "refusal.hpp"

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

/// What a program ends with for this reason.
inline Exit exit_of(ouro::Errc error) { return static_cast<Exit>(ouro::exit_code(error)); }

/// The reason in an event: the violation that it has, or the message of its reason.
std::string text_of(const auto& event) {
    return event.violation.rule != ouro::Errc::none ? to_string(event.violation)
                                                    : std::string(ouro::message(event.reason));
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
    ouro::PeerId node;            ///< at that socket; empty without one
    bool takes_a_socket = false;  ///< in place of relays
    bool has_a_node = false;      ///< the environment may name the network of the user's own node

    void network_options(CLI::App& app) {
        auto* group = app.add_option_group("network", "which network")->require_option(0, 1);
        name_ =
            group->add_option("--network", network,
                              "mainnet, preprod, preview, sanchonet, musashi, dmq-mainnet, dmq-preprod or dmq-preview");
        magic_ = number_option(*group, "--magic", magic_number, "the magic of any other network");
    }
    void output_options(CLI::App& app) {
        app.add_flag("--json", json, "print one JSON object a line");
        const auto level = [&app](const char* name, Output::Level of, const char* what) {
            return app.add_flag_callback(name, [of] { Output::level = of; }, what);
        };
        level("-q,--quiet", Output::Level::quiet, "print no notes, only results and errors")
            ->excludes(level("-v,--verbose", Output::Level::verbose, "log the connections and messages of all peers"));
    }
    CLI::Option* timeout_option(CLI::App& app) {
        return number_option_with_default(app, "--timeout", timeout, "the longest wait without progress, in seconds",
                                          0.1, 1e6);
    }
    void peer_options(CLI::App& app) { peer_group(app, "relays to connect to, one or more")->require_option(1, 2); }
    /// Relays, or the user's own node. Without either it is the node that the environment names.
    void peer_or_socket_options(CLI::App& app) {
        takes_a_socket = has_a_node = true;
        peer_group(app, "relays to connect to, one or more, or the path of your own node's socket")
            ->add_option(
                "--socket", socket,
                "the path of the node's socket (Env:" + std::string(socket_variable) + ", if no relay is given)");
    }
    void socket_option(CLI::App& app) {
        has_a_node = true;
        app.add_option("--socket", socket, "the path of the node's socket")->envname(socket_variable)->required();
    }

    [[nodiscard]] ouro::NetworkMagic magic() const {
        if (network.empty()) return ouro::NetworkMagic{magic_number};
        if (const auto known = ouro::network_by_name(network)) return *known;
        throw CLI::ValidationError("--network", "no network is called " + ouro::printable(network));
    }
    /// Reads what CLI11 does not know how to.
    void finish() {
        if (!*name_ && !*magic_) find_network();
        (void)magic();
        for (const auto& address : addresses) {
            if (takes_a_socket && is_path(address)) {
                if (!socket.empty()) throw CLI::ValidationError("--socket", "more than one socket is given");
                socket = address;
                continue;
            }
            if (address.find("://") != std::string::npos)
                throw CLI::ValidationError("HOST:PORT", ouro::printable(address) + " is a URL: write host:port");
            const auto peer = ouro::PeerId::parse(address);
            if (!peer || !peer->path().empty())
                throw CLI::ValidationError("HOST:PORT", ouro::printable(address) + " is not host:port or [v6]:port");
            peers.push_back(*peer);
        }
        if (!topology.empty()) add(ouro::Topology::load(topology));
        if (takes_a_socket && peers.empty() && socket.empty()) {
            const char* named = std::getenv(socket_variable);
            socket = named ? named : "";
            if (socket.empty()) throw CLI::ValidationError("HOST:PORT", "neither a relay nor a socket is given");
        }
        if (socket.empty()) return;
        if (socket.find("://") != std::string::npos)
            throw CLI::ValidationError("--socket", ouro::printable(socket) + " is a URL, not the path of a socket");
        if (!peers.empty())
            throw CLI::ValidationError("--socket", "use either your own node's socket or relays, not both");
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
        if (peers.size() == before) throw CLI::ValidationError("--topology", "it has no relay with a port");
    }
    [[nodiscard]] ouro::Duration patience() const {
        return std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(timeout));
    }

    /// Whether an argument is the path of a socket, not an address.
    static bool is_path(std::string_view address) {
        if (address.find("://") != std::string_view::npos) return false;
        return address.find('/') != std::string_view::npos || address.starts_with('.') || address.starts_with("unix:");
    }

    /// The environment's names for the path of the node's socket, and for its network: `mainnet` or another name, or a
    /// magic.
    static constexpr const char* socket_variable = "CARDANO_NODE_SOCKET_PATH";
    static constexpr const char* network_variable = "CARDANO_NODE_NETWORK_ID";

  private:
    void find_network() {
        const char* named = has_a_node ? std::getenv(network_variable) : nullptr;
        if (named == nullptr || *named == 0)
            throw CLI::ValidationError(
                "--network",
                "neither --network nor --magic is given" +
                    (has_a_node ? ", nor " + std::string(network_variable) + " in the environment" : std::string()));
        if (const auto number = parse_number<std::uint32_t>(named)) {
            magic_number = *number;
            return;
        }
        network = named;
        if (!ouro::network_by_name(network))
            throw CLI::ValidationError(network_variable,
                                       ouro::printable(network) + " is neither the name nor the magic of a network");
    }
    CLI::Option* name_ = nullptr;
    CLI::Option* magic_ = nullptr;

    CLI::App* peer_group(CLI::App& app, const std::string& addresses_are) {
        auto* group = app.add_option_group("peers", "which peers to connect to");
        group->add_option("HOST:PORT", addresses, addresses_are);
        group->add_option("--topology", topology, "the topology file of a node, for the relays it names with a port");
        return group;
    }
};

/// The bytes that hexadecimal digits stand for.
inline ouro::Bytes hex_argument(std::string_view option, const std::string& text) {
    const auto bytes = ouro::from_hex(text);
    if (!bytes || bytes->empty())
        throw CLI::ValidationError(std::string(option), ouro::printable(text, 40) + " is not hexadecimal");
    return *bytes;
}

/// `origin`, or the slot and hash of a block with a point, comma or slash between them.
inline ouro::Point point_argument(std::string_view option, const std::string& text) {
    std::string dotted = text;
    const auto separator = dotted.find_first_of(",/");
    if (separator != std::string::npos) dotted[separator] = '.';
    const auto point = ouro::Point::parse(dotted);
    if (!point)
        throw CLI::ValidationError(std::string(option),
                                   ouro::printable(text) + " is not origin or SLOT.HASH (64 hex digits)");
    return *point;
}

/// What to add to the reason of a connection that ended during the handshake: nodes of another network often just
/// close it.
inline std::string magic_hint(ouro::Errc reason, bool agreed, ouro::NetworkMagic magic) {
    using ouro::Errc;
    if (agreed || (reason != Errc::closed_by_peer && reason != Errc::truncated && reason != Errc::connection_reset))
        return {};
    return " during the handshake; is " + std::to_string(static_cast<std::uint32_t>(magic)) +
           " the magic of its network?";
}

/// Whether `--json` is among the arguments, also where they do not parse.
inline bool wants_json(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](std::string_view argument) { return argument == "--json"; });
}

/// Refuses an empty value of any option of `app`, its groups and its subcommands.
inline void refuse_empty_values(CLI::App& app) {
    const CLI::Validator not_empty([](std::string& text) { return text.empty() ? "an empty value" : std::string(); },
                                   "");
    for (CLI::Option* option : app.get_options())
        if (option->get_items_expected_max() > 0) option->transform(not_empty);  // before its other checks
    for (CLI::App* part : app.get_subcommands([](const CLI::App*) { return true; })) refuse_empty_values(*part);
}

/// Prints the help, the version or what is wrong with the arguments.
inline Exit print(const CLI::App& app, const CLI::ParseError& error) {
    const int code = app.exit(error);
    if (std::cout.flush()) return code == 0 ? done : usage;
    std::cerr << "error: cannot write to stdout\n";
    return failed;
}

/// Parses, then runs. Help and version end with 0, an argument that does not parse with 1 and its name.
template <class Program>
int main(CLI::App& app, Common& common, int argc, char** argv, Program&& program) {
    app.set_version_flag("--version", app.get_name() + " " + std::string(ouro::version));
    std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is an error of the write
    refuse_empty_values(app);
    try {
        app.parse(argc, argv);
        common.finish();
        return program();
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0 || !wants_json(argc, argv)) return print(app, error);
        Output(common.json = true).error("usage", ouro::printable(error.what()));
        return usage;
    } catch (const Refusal& error) {
        Output(common.json).error(error.code(), ouro::printable(error.what(), 2 * PATH_MAX));
        return failed;
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
    return bound.ipv4_too ? " (IPv6 and IPv4)" : " (IPv6 only: IPv4's port is taken)";
}

}  // namespace cli
