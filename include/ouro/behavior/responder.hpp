#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/responder_types.hpp>

namespace ouro {

/// Serves whoever connects: a chain it is given, or whatever its user answers.
///
/// Errors  `execute` gives Errc::stopped after `stop`, Errc::unknown_peer for a connection that is gone,
///         Errc::not_our_turn for an answer nobody asked for; trouble with a peer is always an event.
class ResponderBehavior {
  public:
    using Message = n2n::Message;
    using Config = responder::Config;
    using Command = responder::Command;
    using Event = responder::Event;
    using PeerState = responder::PeerState;

    explicit ResponderBehavior(Config config);
    ResponderBehavior(ResponderBehavior&&) noexcept;
    ResponderBehavior& operator=(ResponderBehavior&&) noexcept;
    ~ResponderBehavior();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    /// Every connected peer as it is now.
    [[nodiscard]] std::vector<PeerState> peers() const;
    /// Every banned host, in no order. One whose time has just come may still be there.
    [[nodiscard]] std::vector<responder::Ban> bans() const;
    [[nodiscard]] const responder::Counters& counters() const noexcept;

  private:
    friend class NodeBehavior;
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
