#pragma once

#include <memory>
#include <optional>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

namespace ouro {

/// A client of one node, over one connection: follows its chain in whole blocks, submits transactions, asks about the
/// ledger's state, and looks into the mempool.
///
/// The protocols set no time limits, so every call has one of its own. A call that is given up or taken back leaves the
/// connection as it is: what the node answers to it later is discarded, and what follows waits for that.
///
/// Errors  `execute` gives Errc::stopped after `stop`, Errc::not_connected without a connection or the hope for one,
///         Errc::queue_full when too many calls wait, Errc::busy for a second Connect or Follow, Errc::unsupported for
///         what the negotiated version does not have, Errc::state_gone for a state or a snapshot that is not there,
///         Errc::bad_argument for what makes no sense; all else is an event.
class LocalInitiatorBehavior {
  public:
    using Message = n2c::Message;
    using Config = local_initiator::Config;
    using Command = local_initiator::Command;
    using Event = local_initiator::Event;
    using PeerState = local_initiator::NodeState;

    explicit LocalInitiatorBehavior(Config config);
    LocalInitiatorBehavior(LocalInitiatorBehavior&&) noexcept;
    LocalInitiatorBehavior& operator=(LocalInitiatorBehavior&&) noexcept;
    ~LocalInitiatorBehavior();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    [[nodiscard]] PeerState node() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
