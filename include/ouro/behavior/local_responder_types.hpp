#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include <ouro/base/time.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/protocol/chain_view.hpp>
#include <ouro/protocol/vocabulary.hpp>

/// What the server of a node's clients is told and what it tells.
namespace ouro::local_responder {

struct Config {
    /// What is accepted: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};

    /// The chain that is followed. Without one, requests of chain-sync are events as all others.
    std::shared_ptr<const ChainView> chain;

    Duration handshake_timeout = 10s;       ///< until a client that connects has proposed versions
    Duration query_linger = 20s;            ///< for a client to read the answer to its query for versions
    std::size_t message_bytes = 2'500'000;  ///< of a request; as large as a block between nodes
    std::size_t bytes_ahead = 1U << 20;     ///< answers of a mini-protocol that have not left; then none is read
    /// Events not yet taken. Above it news of clients are dropped, and counted; connections that come in are closed
    /// with `Errc::queue_full`, and counted as rejected, because each could add requests.
    std::size_t max_events = 4'096;
};

// Commands.

/// What a client is answered: any message that the table of its protocol allows now.
///
/// Errors  Errc::not_our_turn  nobody asked for it
///         Errc::unknown_peer  the client is gone
struct Answer {
    Answer() = default;
    Answer(ConnectionId to, n2c::Message answer) noexcept : connection(to), message(std::move(answer)) {}

    ConnectionId connection{};
    n2c::Message message;
};
/// The chain has grown, or is another one above `common`. To be told at once, in the same turn.
struct ChainChanged {
    ChainView::Position common = 0;
};
struct DisconnectPeer {
    ConnectionId connection{};
};
struct Housekeeping {};

using Command = std::variant<Answer, ChainChanged, DisconnectPeer, Housekeeping>;

// Events.
struct PeerConnected {
    ConnectionId connection{};
    PeerId peer;
};
struct PeerInitialized {
    ConnectionId connection{};
    PeerId peer;
    Agreement agreement;
};
/// The client was told why there is no agreement.
struct PeerRefused {
    ConnectionId connection{};
    PeerId peer;
    Errc error{};
    RefuseReason reason;                    ///< as it was sent to the client: versions in it are ours
    std::vector<Version> offered_versions;  ///< by the client
};
/// One sentence with what the client offered and what is known here.
[[nodiscard]] std::string to_string(const PeerRefused& event);
struct PeerDisconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
};
/// What a client says. All but a Release and a Done are to be answered, when the user likes.
struct Requested {
    ConnectionId connection{};
    PeerId peer;
    n2c::Message message;
};
/// The interface has a trouble of its own, and goes on.
struct InterfaceTrouble {
    std::error_code error;
};

using Event = std::variant<PeerConnected, PeerInitialized, PeerRefused, PeerDisconnected, Requested, InterfaceTrouble>;

/// One client as it is now.
struct PeerState {
    ConnectionId connection{};
    PeerId peer;
    std::optional<Agreement> agreement;  ///< nothing: still in the handshake
    std::uint64_t blocks = 0;            ///< served
};

/// Since the beginning.
struct Counters {
    std::uint64_t connections = 0;  ///< but for those that were rejected
    std::uint64_t rejected = 0;     ///< because events are not taken
    std::uint64_t handshakes = 0;
    std::uint64_t refusals = 0;
    std::uint64_t violations = 0;
    std::uint64_t requests = 0;  ///< that the user was told of
    std::uint64_t blocks = 0;
    std::uint64_t events_dropped = 0;
};

/// The types of `LocalResponderBehavior`.
struct Words {
    using Message = n2c::Message;
    using Config = local_responder::Config;
    using Command = local_responder::Command;
    using Event = local_responder::Event;
    using PeerState = local_responder::PeerState;
};

}  // namespace ouro::local_responder
