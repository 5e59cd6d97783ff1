#include "tx_submission.hpp"

#include <algorithm>

#include "served_client.hpp"

namespace ouro::local_initiator {

std::optional<Result<CommandId>> TxSubmissionPart::execute(CommandId id, Command& command) {
    return execute_any<SubmitTx>(id, command, [&](SubmitTx& wish) { return submit(id, wish); });
}

Errc TxSubmissionPart::submit(CommandId command, SubmitTx& wish) {
    if (wish.tx.cbor.empty()) return Errc::bad_argument;
    waiting_.push_back({desk_.begin(command, wish.time), std::move(wish.tx)});
    advance();
    return Errc::none;
}

bool TxSubmissionPart::cancel(CommandId command, Errc reason) {
    if (flying_ && *flying_ && flying_->command == command) {
        unknown(*flying_, reason);  // its answer is still owed
        return true;
    }
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Submission& submission) { return submission.call.command == command; });
    if (found == waiting_.end()) return false;
    desk_.fail(found->call, reason);
    waiting_.erase(found);
    return true;
}

void TxSubmissionPart::advance() {
    if (!desk_.agreement || flying_ || waiting_.empty()) return;
    Submission submission = std::move(waiting_.front());
    waiting_.pop_front();
    send(LocalTxSubmission::SubmitTx{std::move(submission.tx)}, desk_.config.message_bytes);
    flying_ = submission.call;
}

Errc TxSubmissionPart::received(Node&, LocalTxSubmission::Message& message, LocalTxSubmission::State) {
    Call call = *std::exchange(flying_, std::nullopt);
    if (call) {
        const CommandId command = call.command;
        if (auto* reject = std::get_if<LocalTxSubmission::RejectTx>(&message)) {
            TxRejected rejected{command, std::move(reject->reason), std::nullopt, {}};
            rejected.text = n2c::rejection_text(rejected.reason);
            if (const auto reason = n2c::parse_era_answer(rejected.reason))
                if (const auto* mismatch = std::get_if<n2c::EraMismatch>(&*reason)) rejected.mismatch = *mismatch;
            desk_.end(call, std::move(rejected));
        } else {
            desk_.end(call, TxAccepted{command});
        }
    }
    advance();
    return Errc::none;
}

void TxSubmissionPart::gone(Node&, const Ending& ending) {
    if (flying_ && *flying_) unknown(*flying_, ending.reason);
    flying_.reset();
    if (ending.again) return;
    for (Submission& submission : waiting_) desk_.fail(submission.call, ending.reason);
    waiting_.clear();
}

void TxSubmissionPart::unknown(Call& call, Errc reason) {
    const CommandId command = call.command;
    desk_.end(call, TxUnknown{command, reason});
}

}  // namespace ouro::local_initiator

namespace ouro::frame {

std::unique_ptr<local_initiator::Part> make_part(Speaks<local_initiator::ClientSide, LocalTxSubmission>,
                                                 local_initiator::Desk& desk) {
    return std::make_unique<local_initiator::TxSubmissionPart>(desk);
}

std::unique_ptr<local_responder::Part> make_part(Speaks<local_responder::ServerSide, LocalTxSubmission>,
                                                 local_responder::ServerSide::Making& with) {
    return std::make_unique<local_responder::Speaker<LocalTxSubmission>>(with.desk);
}

}  // namespace ouro::frame
