#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/local_responder_types.hpp>

namespace ouro {

/// The node's side of the local protocols: serves a chain it is given, and asks its user about everything else.
///
/// Errors  `execute` gives Errc::stopped after `stop`, Errc::unknown_peer for a connection that is gone,
///         Errc::not_our_turn for an answer nobody asked for; trouble with a client is always an event.
class LocalResponderBehavior {
  public:
    using Message = n2c::Message;
    using Config = local_responder::Config;
    using Command = local_responder::Command;
    using Event = local_responder::Event;
    using PeerState = local_responder::PeerState;

    explicit LocalResponderBehavior(Config config);
    LocalResponderBehavior(LocalResponderBehavior&&) noexcept;
    LocalResponderBehavior& operator=(LocalResponderBehavior&&) noexcept;
    ~LocalResponderBehavior();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    /// Every connected client as it is now.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const local_responder::Counters& counters() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
