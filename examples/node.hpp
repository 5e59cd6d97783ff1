#pragma once

// What the examples share that ask a node over its own socket.

#include "peers.hpp"

namespace cli {

/// Reports an error of a call, and gives its exit code.
inline int fail(const Output& out, ouro::Errc error, std::string_view about) {
    out.error(error, std::string(about) + ": " + std::string(ouro::message(error)));
    return exit_code(error);
}

/// Says why there is no connection to the node, or not any more, and gives its exit code.
inline Exit lost(const Output& out, const ouro::PeerId& node, ouro::Errc reason,
                 const ouro::local_initiator::Disconnected& end, bool agreed = false) {
    std::string text = ouro::printable(node.path()) + ": ";
    text += end.violation.rule != ouro::Errc::none ? to_string(end.violation) : std::string(ouro::message(reason));
    if (end.system) text += " (" + end.system.message() + ")";
    if (!agreed) text += handshake_hint(reason);
    if (end.refusal) text += ": " + to_string(*end.refusal);
    out.error(reason, text);
    return exit_code(reason);
}

inline void note_connected(const Output& out, const ouro::Agreement& agreement) {
    out.note("connected, version " + std::to_string(static_cast<std::uint64_t>(agreement.version) & 0x7fff));
}

/// Runs `program(client)` with a client that is connected to its node.
template <class Program>
asio::awaitable<int> with_node(ouro::Runtime& runtime, const Common& common, const Output& out, Program program) {
    ouro::Client::Config config;
    config.offer.data.magic = common.magic();
    config.call_timeout = common.patience();
    ouro::Client client(runtime.get_executor(), config);
    const auto agreement = co_await client.connect(common.node);
    if (!agreement) co_return lost(out, common.node, agreement.error(), client.last_end());
    note_connected(out, *agreement);
    const int code = co_await program(client);
    co_await client.close();
    co_return code;
}

/// A node whose chain is followed, event by event.
class FollowedNode : public ouro::UnixNode<ouro::LocalInitiatorBehavior> {
  public:
    FollowedNode(ouro::Runtime& runtime, const Common& common) : UnixNode(runtime.get_executor(), config(common)) {}

    /// The time is the `Ending`'s to watch.
    void follow(const ouro::PeerId& node, const ouro::Point& from) {
        execute(ouro::local_initiator::Connect{node, ouro::Duration::max()});
        ouro::local_initiator::Follow follow;
        follow.points = {from};
        follow.time = ouro::Duration::max();
        execute(std::move(follow));
    }
    /// Prints what becomes of the connection. Returns the exit code once it is gone.
    std::optional<Exit> handle(const Output& out, const ouro::local_initiator::Event& event) {
        if (const auto* up = std::get_if<ouro::local_initiator::Connected>(&event)) {
            note_connected(out, up->agreement);
            agreed_ = true;
        }
        const auto* down = std::get_if<ouro::local_initiator::Disconnected>(&event);
        return down ? std::optional(lost(out, down->node, down->reason, *down, agreed_)) : std::nullopt;
    }

  private:
    static ouro::local_initiator::Config config(const Common& common) {
        ouro::local_initiator::Config config;
        config.offer.data.magic = common.magic();
        config.rules = ouro::chain::cardano_rules();
        return config;
    }

    bool agreed_ = false;
};

inline std::string_view era_name(ouro::Era era) {
    constexpr std::string_view names[] = {"byron",  "shelley", "allegra", "mary",
                                          "alonzo", "babbage", "conway",  "dijkstra"};
    return names[static_cast<std::size_t>(era)];
}

}  // namespace cli
