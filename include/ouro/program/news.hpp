#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/program/stream.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/version.hpp>

namespace ouro {

/// What happened to a peer.
struct PeerNews {
    /// What has happened.
    enum class Kind : std::uint8_t {
        connected,     ///< the peer is there, and both sides have agreed on a version
        refused,       ///< there is no agreement: `reason`
        disconnected,  ///< the connection, or the attempt to make one, has ended: `reason`
        banned,        ///< the peer is not dialled for `retry_in`
        stalled,       ///< half of the time of a wait has passed; without a peer, there is none to follow
        turned_away    ///< connections from its address are closed at once; without a peer, none can be accepted
    };

    Kind kind{};                         ///< what has happened
    PeerId peer;                         ///< of which this is news
    bool inbound = false;                ///< the peer uses us, mostly over a connection that it opened
    bool both_ways = false;              ///< of `connected`: each side may use the connection
    Errc reason = Errc::none;            ///< why it was refused, disconnected or banned
    std::optional<Duration> retry_in{};  ///< until the next attempt; empty: none will be made
    std::string detail{};                ///< a refusal, or what stalls, in words; text of the peer is made printable
    Violation violation{};               ///< the rule that the peer broke
    std::optional<Point> point{};        ///< the header or block that broke it
    std::error_code system{};            ///< of the socket
    std::optional<Version> version{};    ///< that both sides have agreed on
};

/// One sentence: "relay.example:3001 disconnected: the peer ended the connection between messages, next attempt in 5
/// s".
[[nodiscard]] std::string to_string(const PeerNews& news);

/// What happens to the peers of a node or client, from now on. It keeps the newest 1,024 entries that were not taken.
///
/// Errors of `next`, and of `end()`
///     Errc::stopped  the node or client was stopped; Errc::cancelled  `stop` was called
class News : public StreamHandle<PeerNews> {
  public:
    /// Entries that were dropped because they were not taken.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    friend class Node;
    friend class Client;
    using StreamHandle::StreamHandle;
};

}  // namespace ouro
