#pragma once

#include <deque>

#include "desk.hpp"

namespace ouro::local_initiator {

/// Submits transactions, one after the other, in the order of their commands.
class TxSubmissionPart {
  public:
    explicit TxSubmissionPart(Desk& desk) noexcept : desk_(desk) {}

    Errc submit(CommandId command, SubmitTx& wish);
    /// Ends the call if it is one of these; whether it is.
    bool give_up(CommandId command, Errc reason);

    void advance();
    void received(LocalTxSubmission::Message& message);
    /// The connection is lost. What was not sent waits for another one, where there will be one.
    void lost(Errc reason, bool again);

  private:
    struct Submission {
        Call call;
        Tx tx;
    };

    void unknown(Call& call, Errc reason);

    Desk& desk_;
    std::deque<Submission> waiting_;
    std::optional<Call> flying_;
};

}  // namespace ouro::local_initiator
