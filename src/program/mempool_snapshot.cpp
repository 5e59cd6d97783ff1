#include "client_core.hpp"

namespace ouro {

using Core = std::shared_ptr<detail::ClientCore>;

namespace {

template <class Reply>
asio::awaitable<Result<Reply>> ask(Core core, CommandId mempool, local_initiator::AskMempool::Question question,
                                   CallOptions options) {
    local_initiator::Command command = local_initiator::AskMempool{mempool, question, options.time};
    auto event = co_await detail::call(core, std::move(command));
    if (!event) co_return event.error();
    co_return std::get<Reply>(std::move(std::get<local_initiator::MempoolAnswered>(*event).answer));
}

asio::awaitable<Result<std::optional<Tx>>> ask_next(Core core, CommandId mempool, CallOptions options) {
    local_initiator::AskMempool::Question question = LocalTxMonitor::NextTx{};
    auto reply = co_await ask<LocalTxMonitor::ReplyNextTx>(core, mempool, question, options);
    if (!reply) co_return reply.error();
    co_return std::move(reply->tx);
}

asio::awaitable<Result<bool>> ask_has(Core core, CommandId mempool, TxId id, CallOptions options) {
    local_initiator::AskMempool::Question question = LocalTxMonitor::HasTx{id};
    const auto reply = co_await ask<LocalTxMonitor::ReplyHasTx>(core, mempool, question, options);
    if (!reply) co_return reply.error();
    co_return reply->has;
}

asio::awaitable<Errc> await_change(Core core, CommandId mempool, Slot& slot, CallOptions options) {
    local_initiator::Command command = local_initiator::AskMempool{mempool, LocalTxMonitor::Acquire{}, options.time};
    const auto event = co_await detail::call(core, std::move(command));
    if (event) slot = std::get<local_initiator::MempoolAcquired>(*event).slot;
    co_return event.error();
}

}  // namespace

asio::awaitable<Result<MempoolSnapshot>> detail::ClientCore::acquire_mempool(std::shared_ptr<ClientCore> core,
                                                                             CallOptions options) {
    Command command = local_initiator::AcquireMempool{options.time};
    const auto event = co_await call(core, std::move(command));
    if (!event) co_return event.error();
    const auto& acquired = std::get<local_initiator::MempoolAcquired>(*event);
    co_return MempoolSnapshot(core, acquired.command, acquired.slot);
}

MempoolSnapshot& MempoolSnapshot::operator=(MempoolSnapshot&& other) noexcept {
    if (this == &other) return *this;
    release();
    core_ = std::move(other.core_);
    id_ = other.id_;
    slot_ = other.slot_;
    return *this;
}

void MempoolSnapshot::release() noexcept {
    if (const auto core = std::exchange(core_, nullptr)) (void)core->execute(local_initiator::ReleaseMempool{id_});
}

asio::awaitable<Result<std::optional<Tx>>> MempoolSnapshot::next(CallOptions options) const {
    return ask_next(core_, id_, options);
}
asio::awaitable<Result<bool>> MempoolSnapshot::has(const TxId& id, CallOptions options) const {
    return ask_has(core_, id_, id, options);
}
asio::awaitable<Result<LocalTxMonitor::ReplyGetSizes>> MempoolSnapshot::sizes(CallOptions options) const {
    return ask<LocalTxMonitor::ReplyGetSizes>(core_, id_, LocalTxMonitor::GetSizes{}, options);
}
asio::awaitable<Result<LocalTxMonitor::ReplyGetMeasures>> MempoolSnapshot::measures(CallOptions options) const {
    return ask<LocalTxMonitor::ReplyGetMeasures>(core_, id_, LocalTxMonitor::GetMeasures{}, options);
}
asio::awaitable<Errc> MempoolSnapshot::changed(CallOptions options) { return await_change(core_, id_, slot_, options); }

}  // namespace ouro
