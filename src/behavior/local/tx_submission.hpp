#pragma once

#include <deque>

#include "desk.hpp"

namespace ouro::local_initiator {

/// Submits transactions one after the other, in the order of their commands.
class TxSubmissionPart : public Speaker<LocalTxSubmission> {
  public:
    explicit TxSubmissionPart(Desk& desk) : Speaker(desk) {}

    /// Unsent transactions wait for the next connection, if there is another one.
    void gone(Node&, const Ending& ending) override;
    bool cancel(CommandId command, Errc reason) override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;

  private:
    struct Submission {
        Call call;
        Tx tx;
    };

    Errc received(Node&, LocalTxSubmission::Message& message, LocalTxSubmission::State before) override;
    void advance() override;
    Errc submit(CommandId command, SubmitTx& wish);
    void unknown(Call& call, Errc reason);

    std::deque<Submission> waiting_;
    std::optional<Call> flying_;
};

}  // namespace ouro::local_initiator
