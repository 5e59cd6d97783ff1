#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <ouro/base/time.hpp>
#include <ouro/n2n/message.hpp>

namespace ouro {

/// How far a peer is in use: known; connected, agreed with and kept alive; followed and fetched from; kept away.
enum class Temperature : std::uint8_t { cold, warm, hot, banned };

[[nodiscard]] std::string_view name(Temperature temperature) noexcept;

/// A part of a user's own in the life of a behavior's peers: what arrives, what leaves, and the time. It sees
/// everything and changes nothing of it; what it wants done it wishes.
///
/// All calls come from within the behavior's own, in the order things happen, so they must not call the behavior.
///
/// Lifetimes  The behavior shares it. One visitor may visit several behaviors of one thread.
class PeerVisitor {
  public:
    struct Peer {
        PeerId peer;
        ConnectionId connection{};
    };
    /// Keeps the address away for `time`.
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
    /// A message has arrived, `bytes` long, for our `role`. Nobody has judged it yet.
    virtual void received(const Peer&, Role, const n2n::Message&, std::size_t /*bytes*/, Instant) {}
    /// A message leaves, in the order they were decided.
    virtual void sending(const Peer&, Role, const n2n::Message&, Instant) {}
    /// The connection has ended; `violation` names the rule, where one was broken.
    virtual void disconnected(const Peer&, Errc, const Violation&, Instant) {}
    virtual void moved(const PeerId&, Temperature /*from*/, Temperature /*to*/, Instant) {}

    /// At `next_deadline()`, and whenever the behavior is ticked for a reason of its own.
    virtual void tick(Instant) {}
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept { return std::nullopt; }
    /// What it wants done, asked for after each of the calls above until there is nothing.
    virtual std::optional<Wish> poll_wish() { return std::nullopt; }
};

}  // namespace ouro
