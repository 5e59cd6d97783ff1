#pragma once

#include <functional>
#include <string>
#include <utility>

#include <ouro/behavior/local_visitor.hpp>
#include <ouro/behavior/visitor.hpp>

namespace ouro {

/// One event of a peer. Members that do not apply to it are empty.
struct Trace {
    Instant at{};
    std::string_view what;  ///< "connected", "initialized", "received", "sending", "disconnected", "moved"
    PeerId peer;
    ConnectionId connection{};
    std::string_view protocol, message;  ///< of a message that was received or sent
    std::size_t bytes = 0;               ///< of a received message
    Errc reason{};                       ///< of an end
    Violation violation;                 ///< of an end
    Temperature from{}, to{};            ///< of a move
};

/// One line, without time and newline: "received relay.example:3001 chain-sync RollForward 912".
[[nodiscard]] std::string to_string(const Trace& trace);
/// One JSON object, without time and newline. Members that do not apply are left out.
[[nodiscard]] std::string to_json(const Trace& trace);

/// Passes each event of the peers to a user's function, for a log.
class Tracer final : public PeerVisitor {
  public:
    explicit Tracer(std::function<void(const Trace&)> sink) : sink_(std::move(sink)) {}

    void connected(const Peer& peer, Instant now) override;
    void initialized(const Peer& peer, const Agreement& agreement, Instant now) override;
    void received(const Peer& peer, Role role, const n2n::Message& message, std::size_t bytes, Instant now) override;
    void sending(const Peer& peer, Role role, const n2n::Message& message, Instant now) override;
    void disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) override;
    void moved(const PeerId& peer, Temperature from, Temperature to, Instant now) override;

  private:
    std::function<void(const Trace&)> sink_;
};

/// The same between a node and its clients, on either side.
class LocalTracer final : public LocalVisitor {
  public:
    explicit LocalTracer(std::function<void(const Trace&)> sink) : sink_(std::move(sink)) {}

    void connected(const Peer& peer, Instant now) override;
    void initialized(const Peer& peer, const Agreement& agreement, Instant now) override;
    void received(const Peer& peer, Role role, const n2c::Message& message, std::size_t bytes, Instant now) override;
    void sending(const Peer& peer, Role role, const n2c::Message& message, Instant now) override;
    void disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) override;

  private:
    std::function<void(const Trace&)> sink_;
};

}  // namespace ouro
