#pragma once

#include "session.hpp"

namespace ouro::local_initiator {

/// Takes snapshots of the mempool, one at a time, and looks into them.
class TxMonitorPart {
  public:
    explicit TxMonitorPart(Desk& desk) noexcept : desk_(desk), session_(desk) {}

    Errc acquire(CommandId command, AcquireMempool& wish);
    Errc ask(CommandId command, AskMempool& wish);
    void release(CommandId mempool) { session_.release(mempool); }
    bool give_up(CommandId command, Errc reason) { return session_.give_up(command, reason); }

    void advance() { session_.advance(); }
    void received(LocalTxMonitor::Message& message);
    void lost(Errc reason, bool again) { session_.lost(reason, again); }

  private:
    Desk& desk_;
    Session<LocalTxMonitor> session_;
};

}  // namespace ouro::local_initiator
