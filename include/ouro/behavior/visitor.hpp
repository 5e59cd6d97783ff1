#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <ouro/base/time.hpp>
#include <ouro/n2n/message.hpp>

namespace ouro {

/// The use of a peer.
enum class Temperature : std::uint8_t {
    cold,   ///< known, and not connected
    warm,   ///< connected and kept alive
    hot,    ///< followed or on standby, and blocks are fetched from it
    banned  ///< not connected for a while
};

[[nodiscard]] std::string_view name(Temperature temperature) noexcept;

/// A user's observer of a behavior's peers: their connections, messages and the time. It cannot change them; with
/// `poll_wish` it asks the behavior to ban or disconnect a peer.
///
/// All calls come from the behavior's own calls, in the order of the events, so they must not call the behavior.
///
/// Lifetimes  Shared with the behavior. One visitor may visit several behaviors of one thread.
class PeerVisitor {
  public:
    struct Peer {
        PeerId peer;
        ConnectionId connection{};
    };
    /// Bans the address for `time`.
    struct Ban {
        PeerId peer;
        Duration time{};
    };
    /// Ends one connection in good order.
    struct Disconnect {
        ConnectionId connection{};
    };
    using Wish = std::variant<Ban, Disconnect>;

    PeerVisitor() = default;
    PeerVisitor(const PeerVisitor&) = delete;
    PeerVisitor& operator=(const PeerVisitor&) = delete;
    virtual ~PeerVisitor() = default;

    virtual void connected(const Peer&, Instant) {}
    virtual void initialized(const Peer&, const Agreement&, Instant) {}
    /// A message of `bytes` bytes has arrived for our `role`. It is not checked yet.
    virtual void received(const Peer&, Role, const n2n::Message&, std::size_t /*bytes*/, Instant) {}
    /// A message leaves. Calls come in the order of the decisions.
    virtual void sending(const Peer&, Role, const n2n::Message&, Instant) {}
    /// The connection has ended. `violation` names the broken rule, if any.
    virtual void disconnected(const Peer&, Errc, const Violation&, Instant) {}
    virtual void moved(const PeerId&, Temperature /*from*/, Temperature /*to*/, Instant) {}

    /// Called at `next_deadline()`, and at other ticks of the behavior.
    virtual void tick(Instant) {}
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept { return std::nullopt; }
    /// The next wish. Called after each of the calls above until it returns nothing.
    virtual std::optional<Wish> poll_wish() { return std::nullopt; }
};

}  // namespace ouro
