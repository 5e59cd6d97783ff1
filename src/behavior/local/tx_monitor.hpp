#pragma once

#include "session.hpp"

namespace ouro::local_initiator {

/// Takes snapshots of the mempool, one at a time, and answers questions about them.
class TxMonitorPart : public Session<LocalTxMonitor> {
  public:
    explicit TxMonitorPart(Desk& desk) : Session(desk) {}

    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;

  private:
    Errc acquire(CommandId command, AcquireMempool& wish);
    Errc look(CommandId command, AskMempool& wish);
    Errc received(Node&, LocalTxMonitor::Message& message, LocalTxMonitor::State before) override;
};

}  // namespace ouro::local_initiator
