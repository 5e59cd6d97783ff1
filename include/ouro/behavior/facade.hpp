#pragma once

#include <memory>
#include <optional>

#include <ouro/behavior/concept.hpp>

namespace ouro {

/// The calls that every behavior has, in front of its compiled implementation. `Words` names the types of a behavior:
/// Message, Config, Command, Event and PeerState.
template <class Words>
class BehaviorFacade {
  public:
    using Message = typename Words::Message;
    using Config = typename Words::Config;
    using Command = typename Words::Command;
    using Event = typename Words::Event;
    using PeerState = typename Words::PeerState;

    /// Throws `std::invalid_argument` for members of `config` that are out of range.
    explicit BehaviorFacade(Config config);
    BehaviorFacade(BehaviorFacade&&) noexcept;
    BehaviorFacade& operator=(BehaviorFacade&&) noexcept;
    ~BehaviorFacade();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    /// What `poll_command` would return, in its place; null if that is nothing. Call `drop_command` next, which removes
    /// it.
    [[nodiscard]] InterfaceCommand<Message>* front_command();
    void drop_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

  protected:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
