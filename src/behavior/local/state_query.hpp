#pragma once

#include "session.hpp"

namespace ouro::local_initiator {

/// Acquires states, one at a time, and queries them.
class StateQueryPart : public Session<LocalStateQuery> {
  public:
    explicit StateQueryPart(Desk& desk) : Session(desk) {}

    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;

  private:
    Errc acquire(CommandId command, AcquireState& wish);
    Errc reacquire(CommandId command, ReacquireState& wish);
    Errc query(CommandId command, QueryState& wish);
    Errc received(Node&, LocalStateQuery::Message& message, LocalStateQuery::State before) override;
};

}  // namespace ouro::local_initiator
