#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/node_types.hpp>
#include <ouro/behavior/responder.hpp>

namespace ouro {

/// Both sides of a node over one set of connections: it dials and follows as an InitiatorBehavior, serves as a
/// ResponderBehavior, and uses a connection both ways where both ends have agreed to.
///
/// A peer that is to be dialled and has a connection to us open is used over that one. It is known by the address it
/// listens at, which its connections come from, so both ends have to listen. A connection that one side gives back
/// stays while the other uses it; a rule that is broken on it, either way, ends it for both.
///
/// Errors  `execute` gives those of the side the command is for.
class NodeBehavior {
  public:
    using Message = n2n::Message;
    using Config = node::Config;
    using Command = node::Command;
    using Event = node::Event;
    using PeerState = node::PeerState;

    explicit NodeBehavior(Config config);
    NodeBehavior(NodeBehavior&&) noexcept;
    NodeBehavior& operator=(NodeBehavior&&) noexcept;
    ~NodeBehavior();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    /// Every connection as it is now, and every address that waits, in no order that means anything.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] node::Counters counters() const noexcept;
    /// The two sides, to be looked at.
    [[nodiscard]] const InitiatorBehavior& initiator() const noexcept;
    [[nodiscard]] const ResponderBehavior& responder() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
