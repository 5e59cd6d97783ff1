#include "tx_monitor.hpp"

#include "served_client.hpp"

namespace ouro::local_initiator {

std::optional<Result<CommandId>> TxMonitorPart::execute(CommandId id, Command& command) {
    return execute_any<AcquireMempool, AskMempool, ReleaseMempool>(id, command, [&]<class C>(C& wish) {
        if constexpr (std::is_same_v<C, AcquireMempool>) return acquire(id, wish);
        if constexpr (std::is_same_v<C, AskMempool>) return look(id, wish);
        if constexpr (std::is_same_v<C, ReleaseMempool>) release(wish.mempool);
        return Errc::none;
    });
}

Errc TxMonitorPart::acquire(CommandId command, AcquireMempool& wish) {
    wait_for_turn({desk_.begin(command, wish.time), LocalTxMonitor::Acquire{}, desk_.config.message_bytes});
    return Errc::none;
}

Errc TxMonitorPart::look(CommandId command, AskMempool& wish) {
    if (const Errc why = missing(wish.mempool); why != Errc::none) return why;
    if (std::holds_alternative<LocalTxMonitor::GetMeasures>(wish.question) && !desk_.has(n2c::Feature::measures))
        return Errc::unsupported;
    auto message = std::visit([](auto& question) -> LocalTxMonitor::Message { return question; }, wish.question);
    ask({desk_.begin(command, wish.time), std::move(message), desk_.config.message_bytes,
         std::holds_alternative<LocalTxMonitor::Acquire>(wish.question)});
    return Errc::none;
}

Errc TxMonitorPart::received(Node&, LocalTxMonitor::Message& message, LocalTxMonitor::State) {
    const auto* acquired = std::get_if<LocalTxMonitor::Acquired>(&message);
    auto ask = take_answer(acquired != nullptr, false);
    if (ask.call) {
        const CommandId command = ask.call.command;
        if (acquired)
            desk_.end(ask.call, MempoolAcquired{command, acquired->slot});
        else if (auto* next = std::get_if<LocalTxMonitor::ReplyNextTx>(&message))
            desk_.end(ask.call, MempoolAnswered{command, std::move(*next)});
        else if (const auto* has = std::get_if<LocalTxMonitor::ReplyHasTx>(&message))
            desk_.end(ask.call, MempoolAnswered{command, *has});
        else if (const auto* sizes = std::get_if<LocalTxMonitor::ReplyGetSizes>(&message))
            desk_.end(ask.call, MempoolAnswered{command, *sizes});
        else
            desk_.end(ask.call,
                      MempoolAnswered{command, std::move(std::get<LocalTxMonitor::ReplyGetMeasures>(message))});
    }
    advance();
    return Errc::none;
}

}  // namespace ouro::local_initiator

namespace ouro::frame {

std::unique_ptr<local_initiator::Part> make_part(Speaks<local_initiator::ClientSide, LocalTxMonitor>,
                                                 local_initiator::Desk& desk) {
    return std::make_unique<local_initiator::TxMonitorPart>(desk);
}

std::unique_ptr<local_responder::Part> make_part(Speaks<local_responder::ServerSide, LocalTxMonitor>,
                                                 local_responder::ServerSide::Making& with) {
    return std::make_unique<local_responder::Speaker<LocalTxMonitor>>(with.desk);
}

}  // namespace ouro::frame
