#pragma once

#include "session.hpp"

namespace ouro::local_initiator {

/// Acquires states, one at a time, and asks about them.
class StateQueryPart {
  public:
    explicit StateQueryPart(Desk& desk) noexcept : desk_(desk), session_(desk) {}

    Errc acquire(CommandId command, AcquireState& wish);
    Errc reacquire(CommandId command, ReacquireState& wish);
    Errc query(CommandId command, QueryState& wish);
    void release(CommandId state) { session_.release(state); }
    bool give_up(CommandId command, Errc reason) { return session_.give_up(command, reason); }

    void advance() { session_.advance(); }
    void received(LocalStateQuery::Message& message);
    void lost(Errc reason, bool again) { session_.lost(reason, again); }

  private:
    Desk& desk_;
    Session<LocalStateQuery> session_;
};

}  // namespace ouro::local_initiator
