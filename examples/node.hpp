#pragma once

// What the examples share that ask a node over its own socket.

#include <filesystem>

#include <unistd.h>

#include "eras.hpp"
#include "peers.hpp"

namespace cli {

/// Reports an error of a call, and gives its exit code.
inline int fail(const Output& out, ouro::Errc error, std::string_view about) {
    out.error(error, std::string(about) + ": " + std::string(ouro::message(error)));
    return exit_code(error);
}

/// What is wrong with the path of a socket; empty where it is a socket that may be used.
inline std::string socket_trouble(std::string_view path) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(fs::path(path), error);
    if (status.type() == fs::file_type::not_found) return "there is no such file";
    if (error) return "the path cannot be used (" + error.message() + ")";
    if (status.type() == fs::file_type::directory) return "it is a directory, not a socket";
    if (status.type() != fs::file_type::socket) return "it is not a socket";
    if (::access(std::string(path).c_str(), W_OK) != 0) return "this user may not write to the socket";
    return {};
}

/// Says why there is no connection to the node, or not any more, and gives its exit code.
inline Exit lost(const Output& out, const ouro::PeerId& node, ouro::Errc reason,
                 const ouro::local_initiator::Disconnected& end, bool agreed, ouro::NetworkMagic magic) {
    std::string text = ouro::printable(node.path()) + ": ";
    if (const std::string trouble = socket_trouble(node.path());
        reason == ouro::Errc::connect_failed && !trouble.empty())
        text += trouble + "; --socket or " + Common::socket_variable + " names it: ";
    text += end.violation.rule != ouro::Errc::none ? to_string(end.violation) : std::string(ouro::message(reason));
    if (end.system) text += " (" + end.system.message() + ")";
    if (end.refusal) text += ": " + to_string(*end.refusal);
    text += magic_hint(reason, agreed, magic);
    out.error(reason, text);
    return exit_code(reason);
}

inline void note_connected(const Output& out, const ouro::Agreement& agreement) {
    out.note("connected, version " + std::to_string(number_of(agreement.version)));
}

/// Runs `program(client)` with a client that is connected to its node.
template <class Program>
asio::awaitable<int> with_node(ouro::Runtime& runtime, const Common& common, const Output& out, Program program) {
    ouro::Client::Config config;
    config.offer.data.magic = common.magic();
    config.call_timeout = common.patience();
    ouro::Client client(runtime.get_executor(), config);
    const auto agreement = co_await client.connect(common.node);
    if (!agreement) co_return lost(out, common.node, agreement.error(), client.last_end(), false, common.magic());
    note_connected(out, *agreement);
    const int code = co_await program(client);
    co_await client.close();
    co_return code;
}

/// A node whose chain is followed, event by event.
class FollowedNode : public ouro::UnixNode<ouro::LocalInitiatorBehavior> {
  public:
    FollowedNode(ouro::Runtime& runtime, const Common& common)
        : UnixNode(runtime.get_executor(), config(common)), magic_(common.magic()) {}

    /// The time is the `Ending`'s to watch.
    void follow(const ouro::PeerId& node, const ouro::Point& from) {
        (void)execute(ouro::local_initiator::Connect{node, ouro::Duration::max()});
        ouro::local_initiator::Follow follow;
        follow.points = {from};
        follow.time = ouro::Duration::max();
        (void)execute(std::move(follow));
    }
    /// Prints what becomes of the connection. Returns the exit code once it is gone.
    std::optional<Exit> handle(const Output& out, const ouro::local_initiator::Event& event) {
        if (const auto* up = std::get_if<ouro::local_initiator::Connected>(&event)) {
            note_connected(out, up->agreement);
            agreed_ = true;
        }
        const auto* down = std::get_if<ouro::local_initiator::Disconnected>(&event);
        if (!down) return std::nullopt;
        return lost(out, down->node, down->reason, *down, agreed_, magic_);
    }

  private:
    static ouro::local_initiator::Config config(const Common& common) {
        ouro::local_initiator::Config config;
        config.offer.data.magic = common.magic();
        config.rules = ouro::chain::cardano_rules();
        return config;
    }

    ouro::NetworkMagic magic_;
    bool agreed_ = false;
};

}  // namespace cli
