#include <algorithm>

#include "client_core.hpp"

namespace ouro {

using namespace local_initiator;
using Core = std::shared_ptr<detail::ClientCore>;

namespace {

/// A state, and the limits of a call on it, which may need several queries.
struct Asked {
    CommandId state;
    Instant until;
    std::optional<std::size_t> bytes;
};

asio::awaitable<Result<Bytes>> ask(Core core, Asked asked, Bytes query) {
    Command command = QueryState{asked.state, std::move(query), asked.bytes, core->left(asked.until)};
    auto event = co_await detail::call(core, std::move(command));
    if (!event) co_return event.error();
    co_return std::move(std::get<StateAnswered>(*event).result);
}

template <class T>
asio::awaitable<Result<T>> ask_for(Core core, Asked asked, Bytes query, Result<T> (*parse)(const Bytes&)) {
    const auto result = co_await ask(core, asked, std::move(query));
    if (!result) co_return result.error();
    auto answer = parse(*result);
    if (!answer) core->cannot_read(answer.error(), answer.offset(), *result);
    co_return answer;
}

struct OfEra {
    Era era{};
    Bytes result;
};

/// Sends the query for the current era of the state's ledger.
asio::awaitable<Result<OfEra>> ask_in_era(Core core, Asked asked, std::function<n2c::query::InEra(Era)> query) {
    const auto era = co_await ask_for(core, asked, n2c::query::current_era(), &n2c::parse_current_era);
    if (!era) co_return era.error();
    if (*era == Era::byron) co_return Errc::unsupported;
    const auto result = co_await ask(core, asked, query(*era).ask());
    if (!result) co_return result.error();
    auto answer = n2c::parse_era_answer(*result);
    if (!answer) core->cannot_read(answer.error(), answer.offset(), *result);
    if (!answer) co_return answer.error();
    if (std::holds_alternative<n2c::EraMismatch>(*answer)) co_return Errc::era_mismatch;
    OfEra found{*era, std::get<Bytes>(*std::move(answer))};
    co_return found;
}

asio::awaitable<Result<Tip>> ask_tip(Core core, Asked asked) {
    const auto point = co_await ask_for(core, asked, n2c::query::chain_point(), &n2c::parse_point);
    if (!point) co_return point.error();
    const auto block = co_await ask_for(core, asked, n2c::query::chain_block_number(), &n2c::parse_chain_block_number);
    if (!block) co_return block.error();
    co_return Tip{*point, block->value_or(BlockNumber{})};
}

asio::awaitable<Result<std::uint64_t>> ask_epoch(Core core, Asked asked) {
    std::function<n2c::query::InEra(Era)> query = &n2c::query::epoch_number;
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_epoch_number(answer->result);
}

asio::awaitable<Result<n2c::ProtocolParameters>> ask_parameters(Core core, Asked asked) {
    std::function<n2c::query::InEra(Era)> query = &n2c::query::protocol_parameters;
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_protocol_parameters(answer->era, answer->result);
}

asio::awaitable<Result<std::vector<n2c::Utxo>>> ask_utxo(Core core, Asked asked, std::vector<Bytes> addresses) {
    std::function<n2c::query::InEra(Era)> query = [&](Era era) {
        return n2c::query::utxo_by_address(era, std::move(addresses));
    };
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_utxo(answer->result);
}

asio::awaitable<Errc> acquire_again(Core core, CommandId state, LocalStateQuery::Target target, CallOptions options) {
    Command command = ReacquireState{state, target, options.time};
    const auto event = co_await detail::call(core, std::move(command));
    co_return event.error();
}

Asked with(const Core& core, CommandId state, CallOptions options) {
    return {state, core->until(options), options.bytes};
}

/// For answers that are small on any chain. In memory an answer takes up to thirty times its bytes on the wire, so
/// these have a lower limit than other answers.
Asked with_small(const Core& core, CommandId state, CallOptions options) {
    constexpr std::size_t small_answer = 1U << 20;
    options.bytes = options.bytes.value_or(std::min(small_answer, core->answer_bytes()));
    return with(core, state, options);
}

}  // namespace

asio::awaitable<Result<LedgerState>> detail::ClientCore::acquire(std::shared_ptr<ClientCore> core,
                                                                 LocalStateQuery::Target target, Instant until) {
    Command command = AcquireState{target, core->left(until)};
    const auto event = co_await call(core, std::move(command));
    if (!event) co_return event.error();
    co_return LedgerState(core, std::get<StateAcquired>(*event).command);
}

LedgerState& LedgerState::operator=(LedgerState&& other) noexcept {
    if (this == &other) return *this;
    release();
    core_ = std::move(other.core_);
    id_ = other.id_;
    return *this;
}

void LedgerState::release() noexcept {
    if (const auto core = std::exchange(core_, nullptr)) (void)core->execute(ReleaseState{id_});
}

asio::awaitable<Result<Bytes>> LedgerState::query(const Bytes& query, CallOptions options) const {
    return ask(core_, with(core_, id_, options), query);
}
asio::awaitable<Errc> LedgerState::reacquire(LocalStateQuery::Target target, CallOptions options) const {
    return acquire_again(core_, id_, target, options);
}
asio::awaitable<Result<Tip>> LedgerState::tip(CallOptions options) const {
    return ask_tip(core_, with_small(core_, id_, options));
}
asio::awaitable<Result<Point>> LedgerState::point(CallOptions options) const {
    return ask_for(core_, with_small(core_, id_, options), n2c::query::chain_point(), &n2c::parse_point);
}
asio::awaitable<Result<std::optional<BlockNumber>>> LedgerState::block_number(CallOptions options) const {
    return ask_for(core_, with_small(core_, id_, options), n2c::query::chain_block_number(),
                   &n2c::parse_chain_block_number);
}
asio::awaitable<Result<Era>> LedgerState::era(CallOptions options) const {
    return ask_for(core_, with_small(core_, id_, options), n2c::query::current_era(), &n2c::parse_current_era);
}
asio::awaitable<Result<std::vector<n2c::EraSummary>>> LedgerState::era_history(CallOptions options) const {
    return ask_for(core_, with_small(core_, id_, options), n2c::query::era_history(), &n2c::parse_era_history);
}
asio::awaitable<Result<n2c::SystemStart>> LedgerState::system_start(CallOptions options) const {
    return ask_for(core_, with_small(core_, id_, options), n2c::query::system_start(), &n2c::parse_system_start);
}
asio::awaitable<Result<std::uint64_t>> LedgerState::epoch(CallOptions options) const {
    return ask_epoch(core_, with_small(core_, id_, options));
}
asio::awaitable<Result<n2c::ProtocolParameters>> LedgerState::protocol_parameters(CallOptions options) const {
    return ask_parameters(core_, with_small(core_, id_, options));
}
asio::awaitable<Result<std::vector<n2c::Utxo>>> LedgerState::utxo(List<Bytes> addresses, CallOptions options) const {
    return ask_utxo(core_, with(core_, id_, options), std::move(addresses).vector());
}

}  // namespace ouro
