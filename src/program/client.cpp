#include <ouro/interface/unix.hpp>
#include <ouro/program/client_interface.hpp>

#include "client_core.hpp"
#include "client_place.hpp"

namespace ouro {

using Core = std::shared_ptr<detail::ClientCore>;

namespace detail {

asio::awaitable<Result<Event>> call(std::shared_ptr<ClientCore> core, Command command) {
    const auto id = core->execute(std::move(command));
    if (!id) co_return id.error();
    auto event = co_await core->wait(*id);
    if (!event) co_return Errc::stopped;
    if (const auto* failed = std::get_if<local_initiator::Failed>(&*event)) co_return failed->reason;
    co_return *std::move(event);
}

}  // namespace detail

namespace {

asio::awaitable<Result<Agreement>> connect_to(Core core, PeerId node, CallOptions options) {
    local_initiator::Command command = local_initiator::Connect{std::move(node), options.time};
    auto event = co_await detail::call(core, std::move(command));
    if (!event) co_return event.error();
    if (const auto* up = std::get_if<local_initiator::Connected>(&*event)) co_return up->agreement;
    if (const auto* down = std::get_if<local_initiator::Disconnected>(&*event)) co_return down->reason;
    co_return Errc::query_answered;
}

asio::awaitable<Result<Verdict>> submit_to(Core core, Tx tx, CallOptions options) {
    local_initiator::Command command = local_initiator::SubmitTx{std::move(tx), options.time};
    auto event = co_await detail::call(core, std::move(command));
    if (!event) co_return event.error();
    if (auto* rejected = std::get_if<local_initiator::TxRejected>(&*event)) co_return Verdict(std::move(*rejected));
    if (const auto* unknown = std::get_if<local_initiator::TxUnknown>(&*event)) co_return Verdict(*unknown);
    co_return Verdict(std::get<local_initiator::TxAccepted>(*event));
}

template <class T>
using Question = std::function<asio::awaitable<Result<T>>(const LedgerState&, CallOptions)>;

/// Acquires a state and queries it. Repeats this once if the connection ended and there is a new one, but not for an
/// answer that is too large, because it would be so again.
template <class T>
asio::awaitable<Result<T>> ask_once(Core core, LocalStateQuery::Target target, Question<T> question,
                                    CallOptions options) {
    const Instant until = core->until(options);
    for (Errc lost = Errc::none;;) {
        auto state = co_await detail::ClientCore::acquire(core, target, until);
        if (!state && lost != Errc::none && state.error() == Errc::not_connected) co_return lost;
        if (!state) co_return state.error();
        const std::uint64_t ends = core->ends();
        CallOptions rest = options;
        if (!rest.idle) rest.time = core->left(until);
        auto result = co_await question(*state, rest);
        if (result || lost != Errc::none || core->ends() == ends || result.error() == Errc::answer_too_large)
            co_return result;
        lost = result.error();
    }
}

template <class T>
asio::awaitable<Result<T>> ask_tip(Core core, asio::awaitable<Result<T>> (LedgerState::*question)(CallOptions) const,
                                   CallOptions options) {
    return ask_once<T>(std::move(core), LocalStateQuery::VolatileTip{}, Question<T>(question), options);
}

asio::awaitable<void> close_all(Core core) {
    core->stop();
    if (core->executor() && !core->ended()) (void)co_await core->wait(detail::ClientCore::for_end);
}

}  // namespace

std::shared_ptr<detail::ClientCore> Client::begin(const Config& config) {
    return std::make_shared<detail::ClientCore>(config);
}

void Client::attach(std::unique_ptr<detail::Driver<LocalInitiatorBehavior>> driver) {
    core_->attach(std::move(driver));
}
Client::Client(const asio::any_io_executor& executor) : Client(executor, Config()) {}
Client::Client(const asio::any_io_executor& executor, Config config)
    : Client(executor, std::move(config), UnixOptions()) {}
Client::Client(const asio::any_io_executor& executor, Config config, const UnixOptions& options)
    : Client(std::in_place_type<UnixInterface<n2c::Message>>, std::move(config), executor, options) {}
Client::~Client() {
    if (place_) place_->stop();
    core_->close();
}

asio::any_io_executor Client::get_executor() const noexcept { return place_ ? place_->executor() : core_->executor(); }
local_initiator::NodeState Client::node() const { return core_->node(); }
const local_initiator::Disconnected& Client::last_end() const noexcept { return core_->last_end(); }
const Violation& Client::last_unreadable() const noexcept { return core_->last_unreadable(); }
void Client::watch(std::function<void(const ConnectionEvent&)> watcher) { core_->watch(std::move(watcher)); }
void Client::stop() {
    if (place_) place_->stop();
    core_->stop();
}
asio::awaitable<void> Client::close() {
    stop();
    return close_all(core_);
}

asio::awaitable<Result<Agreement>> Client::connect(const PeerId& node, CallOptions options) {
    return connect_to(core_, node, options);
}
asio::awaitable<Result<Verdict>> Client::submit(const Tx& tx, CallOptions options) {
    return submit_to(core_, tx, options);
}
asio::awaitable<Result<LedgerState>> Client::acquire(LocalStateQuery::Target target, CallOptions options) {
    return detail::ClientCore::acquire(core_, target, core_->until(options));
}
asio::awaitable<Result<MempoolSnapshot>> Client::mempool(CallOptions options) {
    return detail::ClientCore::acquire_mempool(core_, options);
}

asio::awaitable<Result<Bytes>> Client::query(LocalStateQuery::Target target, const Bytes& query, CallOptions options) {
    return ask_once<Bytes>(
        core_, target, [query](const LedgerState& state, CallOptions rest) { return state.query(query, rest); },
        options);
}
asio::awaitable<Result<Tip>> Client::tip(CallOptions options) { return ask_tip(core_, &LedgerState::tip, options); }
asio::awaitable<Result<std::optional<BlockNumber>>> Client::block_number(CallOptions options) {
    return ask_tip(core_, &LedgerState::block_number, options);
}
asio::awaitable<Result<Era>> Client::era(CallOptions options) { return ask_tip(core_, &LedgerState::era, options); }
asio::awaitable<Result<std::vector<n2c::EraSummary>>> Client::era_history(CallOptions options) {
    return ask_tip(core_, &LedgerState::era_history, options);
}
asio::awaitable<Result<n2c::SystemStart>> Client::system_start(CallOptions options) {
    return ask_tip(core_, &LedgerState::system_start, options);
}
asio::awaitable<Result<std::uint64_t>> Client::epoch(CallOptions options) {
    return ask_tip(core_, &LedgerState::epoch, options);
}
asio::awaitable<Result<n2c::ProtocolParameters>> Client::protocol_parameters(CallOptions options) {
    return ask_tip(core_, &LedgerState::protocol_parameters, options);
}
asio::awaitable<Result<std::vector<n2c::Utxo>>> Client::utxo(List<Bytes> addresses, CallOptions options) {
    using Outputs = std::vector<n2c::Utxo>;
    return ask_once<Outputs>(
        core_, LocalStateQuery::VolatileTip{},
        [all = std::move(addresses).vector()](const LedgerState& state, CallOptions rest) {
            return state.utxo(all, rest);
        },
        options);
}

}  // namespace ouro
