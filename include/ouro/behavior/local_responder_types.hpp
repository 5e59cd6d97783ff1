#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/behavior/local_visitor.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/protocol/chain_view.hpp>
#include <ouro/protocol/vocabulary.hpp>

/// The config, commands and events of the server of a node's clients.
namespace ouro::local_responder {

struct Config {
    /// The accepted versions and network: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};

    /// The served chain. Without one, requests of chain-sync are events like all others.
    std::shared_ptr<const ChainView> chain;

    Duration handshake_timeout = 10s;       ///< until a new client has proposed versions
    Duration query_linger = 20s;            ///< for a client to read the answer to its query for versions
    std::size_t message_bytes = 2'500'000;  ///< limit of a request; as large as a block between nodes
    std::size_t bytes_ahead = 1U << 20;     ///< unsent answers of a mini-protocol; above it no request is read
    /// Limit on events that are not taken. Above it events of clients are dropped and counted, and new connections are
    /// closed with `Errc::queue_full` and counted as rejected, because each could add requests.
    std::size_t max_events = 4'096;

    std::vector<std::shared_ptr<LocalVisitor>> visitors;  ///< observers of the clients' connections
};

// Commands.

/// The answer to a request: any message that the mini-protocol allows now.
///
/// Errors  Errc::not_our_turn  no such request has arrived
///         Errc::unknown_peer  the client is gone
struct Answer {
    Answer() = default;
    Answer(ConnectionId to, n2c::Message answer) noexcept : connection(to), message(std::move(answer)) {}

    ConnectionId connection{};
    n2c::Message message;
};
/// Reports that the chain has grown, or is another one above `common`. Send it in the same turn. With the chain's size
/// it only continues with blocks that a read has made ready (`ChainView::on_ready`).
struct ChainChanged {
    ChainView::Position common = 0;
};
struct DisconnectPeer {
    ConnectionId connection{};
};

using Command = std::variant<Answer, ChainChanged, DisconnectPeer>;

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
/// There is no agreement; the client got the reason.
struct PeerRefused {
    ConnectionId connection{};
    PeerId peer;
    Errc error{};
    RefuseReason reason;                    ///< as sent to the client: versions in it are ours
    std::vector<Version> offered_versions;  ///< by the client
};
/// One sentence with the versions that the client offered and those known here.
[[nodiscard]] std::string to_string(const PeerRefused& event);
struct PeerDisconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
};
/// A message of a client. All except Release and Done need an answer, at any later time.
struct Requested {
    ConnectionId connection{};
    PeerId peer;
    n2c::Message message;
};
/// An error of the interface itself, which continues.
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

/// Totals since the start.
struct Counters {
    std::uint64_t connections = 0;  ///< without rejected ones
    std::uint64_t rejected = 0;     ///< because too many events are not taken
    std::uint64_t handshakes = 0;
    std::uint64_t refusals = 0;
    std::uint64_t violations = 0;
    std::uint64_t requests = 0;  ///< reported to the user
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
