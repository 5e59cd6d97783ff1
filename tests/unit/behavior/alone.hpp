#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "unit/behavior/cast.hpp"

namespace cast {

/// The messages and credits among commands: "+2:100" is a credit of 100 bytes for channel 2, "2" a message on it.
inline std::vector<std::string> summary(const std::vector<InterfaceCommand<n2n::Message>>& commands) {
    std::vector<std::string> all;
    for (const auto& command : commands) {
        if (const auto* credit = std::get_if<io::Receive>(&command))
            all.push_back("+" + std::to_string(static_cast<int>(credit->channel)) + ":" +
                          std::to_string(credit->bytes));
        else if (const auto* send = std::get_if<io::Send<n2n::Message>>(&command))
            all.push_back(std::to_string(static_cast<int>(send->message.channel())));
        else if (const auto* end = std::get_if<io::Disconnect>(&command))
            all.push_back(std::string(end->how == io::Close::reset ? "reset " : "close ") +
                          std::string(name(end->reason)));
    }
    return all;
}

inline const Handshake::AcceptVersion accepted{Version{15}, encode(Version{15}, {mainnet, true, false, false, false})};

/// A behavior without an emulation, and one connection.
template <class B>
struct Driven {
    template <class Config>
    Driven(Config config, Role its_role, const PeerId& its_peer)
        : behavior(std::move(config)), role(its_role), peer(its_peer) {}

    template <class E>
    void fact(E event) {
        behavior.handle_io(InterfaceEvent<n2n::Message>(std::move(event)), now);
    }
    template <class M>
    void receive(M message, std::size_t bytes = 10) {
        fact(io::Recv<n2n::Message>{connection, peer, role, n2n::Message(std::move(message)), bytes});
    }
    /// `left` bytes of the channel's messages have not left. Returns the commands that follow.
    std::vector<std::string> sent(Channel channel, std::size_t left) {
        fact(io::Sent{connection, peer, channel, role, 1, left});
        return summary(wishes());
    }
    std::vector<InterfaceCommand<n2n::Message>> wishes() {
        std::vector<InterfaceCommand<n2n::Message>> all;
        while (auto wish = behavior.poll_command()) all.push_back(*std::move(wish));
        return all;
    }
    void execute(typename B::Command command) { REQUIRE(behavior.execute(command, now)); }

    B behavior;
    Role role;
    PeerId peer;
    Instant now{1h};
    ConnectionId connection{};
};

/// An initiator, which dials a relay.
struct Alone : Driven<InitiatorBehavior> {
    explicit Alone(ini::Config config = knowing()) : Driven(std::move(config), Role::initiator, relay_id) {}

    void dial() {
        execute(ini::IncludePeer{relay_id});
        const auto all = wishes();
        REQUIRE(all.size() == 1);
        connection = std::get<io::Connect>(all[0]).connection;
        fact(io::Connected{connection, relay_id});
    }
};

/// A responder, with which a node has agreed.
struct AloneServer : Driven<ResponderBehavior> {
    explicit AloneServer(res::Config config = {}) : Driven(std::move(config), Role::responder, node_id) {
        connection = make_connection_id(Direction::inbound, 1);
        fact(io::Connected{connection, node_id});
        receive(Handshake::ProposeVersions{res::Config{}.offer.table()});
        wishes();
        REQUIRE(behavior.peers().at(0).agreement);
    }
};

/// The unsent bytes of a mini-protocol above which no request of its peer is read: egressSoftBufferLimit.
inline constexpr std::size_t unsent_limit = 0x3ffff;

}  // namespace cast
