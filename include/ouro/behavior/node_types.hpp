#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/behavior/responder_types.hpp>

/// The config, commands and events of a node: those of its two sides, which keep their own namespaces.
namespace ouro::node {

/// Which side uses a connection. Outbound means our initiators, inbound the peer's. An idle connection is unused for
/// now, and is closed after a time.
///
/// Source  ouroboros-network, framework, ConnectionManager/State.hs.
enum class ConnectionState : std::uint8_t {
    none,               ///< there is no connection
    reserved,           ///< being dialled
    unnegotiated_out,   ///< in the handshake
    unnegotiated_in,    ///< in the handshake
    outbound_uni,       ///< used by us, and the peer cannot use it
    outbound_dup_idle,  ///< used by us; the peer still has time to begin
    outbound_dup,       ///< used by us; the peer has not begun in time, but still may
    outbound_idle_uni,  ///< no longer used by us, and being closed
    outbound_idle_dup,  ///< no longer used by us; closed if the peer does not begin in time
    inbound_idle_uni,   ///< unused; closed if the peer does not begin in time
    inbound_idle_dup,   ///< the same, and we may use it
    inbound_uni,        ///< used by the peer, and we cannot use it
    inbound_dup,        ///< used by the peer, and we may use it
    duplex,             ///< used by both
    terminating         ///< closed; not dialled again for a time
};

[[nodiscard]] std::string_view name(ConnectionState state) noexcept;

struct Config {
    /// The proposed and the accepted versions: 14 and 15, in both directions. It replaces the offers of both sides. If
    /// it shares peers, those that dialled us become known after a time, and known peers are shared with others, unless
    /// the sides have functions of their own for that.
    VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};

    /// The two sides. `responder.idle_timeout` limits unused connections of both directions.
    initiator::Config initiator;
    responder::Config responder;

    /// Protocols of the user's own, made with `own`, for both sides.
    std::vector<std::shared_ptr<OwnProtocol>> protocols;

    std::size_t inbound_limit = 512;      ///< connections that peers use or may use; of more, some are closed at random
    Duration outbound_idle_timeout = 5s;  ///< for the peer to begin on a connection that we no longer use
    /// Time between an orderly close by us and the next dial of the same address: the system keeps the pair of
    /// addresses for that long. Zero: none. Source: ouroboros-network, Diffusion/Configuration.hs.
    Duration time_wait = 60s;
    std::size_t max_time_waits = 4'096;  ///< limit on addresses that wait; above it the oldest no longer waits
    std::uint64_t seed = 0x6f75726f;     ///< of the choice of connections to close
};

/// A variant of the alternatives of two others.
template <class A, class B>
struct JoinedVariants;
template <class... A, class... B>
struct JoinedVariants<std::variant<A...>, std::variant<B...>> {
    using type = std::variant<A..., B...>;
};

/// Any command of either side. The ids of both sides are counted together.
using Command = JoinedVariants<initiator::Command, responder::Command>::type;
/// Any event of either side, in the order of that side. Both report a connection that is used both ways.
using Event = JoinedVariants<initiator::Event, responder::Event>::type;

/// One connection as it is now, or an address that is not dialled again yet (`terminating`).
struct PeerState {
    ConnectionId connection{};  ///< for an address: its last one
    PeerId peer;
    ConnectionState state{};
    std::optional<Agreement> agreement;
};

/// Numbers of connections.
///
/// Source  ouroboros-network, framework, ConnectionManager/State.hs, connectionStateToCounters.
struct Counters {
    std::size_t full_duplex = 0;     ///< used both ways
    std::size_t duplex = 0;          ///< may be used both ways; includes those above
    std::size_t unidirectional = 0;  ///< may be used one way only
    std::size_t inbound = 0;         ///< used by peers, or idle until they begin
    std::size_t outbound = 0;        ///< used by us, or until a moment ago
    std::size_t terminating = 0;     ///< addresses that are not dialled again yet
    std::uint64_t reused = 0;        ///< total of dials that used the peer's connection instead
    std::uint64_t pruned = 0;        ///< total of connections closed for `inbound_limit`
};

/// The types of `NodeBehavior`.
struct Words {
    using Message = n2n::Message;
    using Config = node::Config;
    using Command = node::Command;
    using Event = node::Event;
    using PeerState = node::PeerState;
};

}  // namespace ouro::node
