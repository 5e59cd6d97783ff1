#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro {

/// Dials peers and keeps them, follows one chain from them and fetches blocks.
///
/// Errors  `execute` gives Errc::stopped after `stop`, Errc::queue_full when too many block requests wait,
///         Errc::unknown_peer for a peer that is not included, Errc::bad_argument for a range that ends before it
///         begins or a second sync; trouble with a peer is always an event.
class InitiatorBehavior {
  public:
    using Message = n2n::Message;
    using Config = initiator::Config;
    using Command = initiator::Command;
    using Event = initiator::Event;
    using PeerState = initiator::PeerState;

    explicit InitiatorBehavior(Config config);
    InitiatorBehavior(InitiatorBehavior&&) noexcept;
    InitiatorBehavior& operator=(InitiatorBehavior&&) noexcept;
    ~InitiatorBehavior();

    void handle_io(InterfaceEvent<Message> event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    /// Every included peer as it is now.
    [[nodiscard]] std::vector<PeerState> peers() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
