#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/behavior/responder_types.hpp>

/// What a node is told and what it tells: the words of its two sides, each in its own namespace.
namespace ouro::node {

/// Who uses a connection, and for what it is kept. "Out" is our initiators, "in" the peer's; "idle" is no longer or not
/// yet used, until a time has passed.
///
/// Source  ouroboros-network, framework, ConnectionManager/State.hs.
enum class ConnectionState : std::uint8_t {
    none,               ///< there is no connection
    reserved,           ///< being dialled
    unnegotiated_out,   ///< in the handshake
    unnegotiated_in,    ///< in the handshake
    outbound_uni,       ///< used by us, and the peer cannot use it
    outbound_dup_idle,  ///< used by us; the peer may still begin, and is waited for
    outbound_dup,       ///< used by us; the peer has not begun in time, and may all the same
    outbound_idle_uni,  ///< given back by us: being closed
    outbound_idle_dup,  ///< given back by us: closed when the peer does not begin in time
    inbound_idle_uni,   ///< used by nobody: closed when the peer does not begin in time
    inbound_idle_dup,
    inbound_uni,  ///< used by the peer
    inbound_dup,
    duplex,      ///< used by both
    terminating  ///< closed, and not dialled again for a time
};

[[nodiscard]] std::string_view name(ConnectionState state) noexcept;

struct Config {
    /// What is proposed and what is accepted: versions 14 and 15, both ways. It stands for the offers of both sides.
    /// Where it shares peers, those who have come to us become known in time, and others are told of those who are
    /// known, unless the sides have functions of their own for that.
    VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};

    /// The two sides. `responder.idle_timeout` is for a connection that nobody uses: the peer's, and our own.
    initiator::Config initiator;
    responder::Config responder;

    /// Protocols of the user's own, made with `own`, for both sides.
    std::vector<std::shared_ptr<OwnProtocol>> protocols;

    std::size_t inbound_limit = 512;      ///< connections that peers use or may; more are closed, some at random
    Duration outbound_idle_timeout = 5s;  ///< for the peer to begin on a connection that we have given back
    /// After a connection that we have closed in good order, before its address is dialled again: for so long the
    /// system keeps the pair of addresses. Zero: none. Source: ouroboros-network, Diffusion/Configuration.hs.
    Duration time_wait = 60s;
    std::size_t max_time_waits = 4'096;  ///< addresses that wait so; the oldest need not wait beyond it
    std::uint64_t seed = 0x6f75726f;     ///< of who is closed
};

/// One variant of all that two may hold.
template <class A, class B>
struct JoinedVariants;
template <class... A, class... B>
struct JoinedVariants<std::variant<A...>, std::variant<B...>> {
    using type = std::variant<A..., B...>;
};

/// Any command of either side. The ids of both sides are counted together.
using Command = JoinedVariants<initiator::Command, responder::Command>::type;
/// Any event of either side, in the order of that side. A connection used both ways is told of by both.
using Event = JoinedVariants<initiator::Event, responder::Event>::type;

/// One connection as it is now, or an address that is not dialled again yet.
struct PeerState {
    ConnectionId connection{};  ///< of an address: the last one
    PeerId peer;
    ConnectionState state{};
    std::optional<Agreement> agreement;
};

/// How many connections there are of each kind.
///
/// Source  ouroboros-network, framework, ConnectionManager/State.hs, connectionStateToCounters.
struct Counters {
    std::size_t full_duplex = 0;     ///< used both ways
    std::size_t duplex = 0;          ///< may be used both ways, those above too
    std::size_t unidirectional = 0;  ///< may not
    std::size_t inbound = 0;         ///< used by peers, or given to them to begin
    std::size_t outbound = 0;        ///< used by us, or given back by us a moment ago
    std::size_t terminating = 0;     ///< addresses that are not dialled again yet
    std::uint64_t reused = 0;        ///< dials that were none, ever: the peer's connection served
    std::uint64_t pruned = 0;        ///< connections that were closed for the limit of inbound ones, ever
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
