#include <algorithm>

#include <ouro/n2c/query_rules.hpp>

#include "client_core.hpp"

namespace ouro {

using Core = std::shared_ptr<detail::ClientCore>;

namespace detail {

// Has a name, because it is in the frames of coroutines that are templates: in a unity build g++ warns of others.
/// A state, and the limits of a call on it, which may need several queries.
struct Asked {
    CommandId state;
    Instant until;
    std::optional<std::size_t> bytes;
    std::optional<Duration> idle{};  ///< replaces `until`: the longest time without a byte
};

}  // namespace detail

namespace {

using detail::Asked;
using Watch = std::shared_ptr<cbor::ItemWatch>;

asio::awaitable<Result<Bytes>> ask(Core core, Asked asked, Bytes query, Watch watch = {}) {
    if (asked.idle && !watch) watch = std::make_shared<cbor::ItemWatch>();
    const Duration time = asked.idle ? *asked.idle : core->left(asked.until);
    local_initiator::Command command =
        local_initiator::QueryState{asked.state, std::move(query), asked.bytes, time, std::move(watch)};
    auto event = co_await detail::call(core, std::move(command));
    if (!event) co_return event.error();
    co_return std::move(std::get<local_initiator::StateAnswered>(*event).result);
}

template <class T>
asio::awaitable<Result<T>> ask_for(Core core, Asked asked, Bytes query, Result<T> (*parse)(const Bytes&),
                                   Watch watch = {}) {
    const auto result = co_await ask(core, asked, std::move(query), std::move(watch));
    if (!result) co_return result.error();
    auto answer = parse(*result);
    if (!answer) core->cannot_read(answer.error(), answer.offset(), *result);
    co_return answer;
}

using MakeQuery = std::function<n2c::query::InEra(Era)>;
using EraAnswer = std::variant<Bytes, n2c::EraMismatch>;

asio::awaitable<Result<EraAnswer>> ask_of_era(Core core, Asked asked, n2c::query::InEra query, const Watch& watch) {
    const Bytes whole = query.ask();
    const auto agreement = core->node().agreement;
    if (agreement && !n2c::answered(agreement->version, whole)) co_return Errc::unsupported;
    co_return co_await ask_for(core, asked, whole, &n2c::parse_era_answer, watch);
}

asio::awaitable<Result<EraResult>> ask_in_era(Core core, Asked asked, MakeQuery make, Watch watch = {}) {
    const auto current = co_await ask_for(core, asked, n2c::query::current_era(), &n2c::parse_current_era);
    if (!current) co_return current.error();
    Era era = *current;
    auto answer = co_await ask_of_era(core, asked, make(era), watch);
    if (answer) {
        if (const auto* mismatch = std::get_if<n2c::EraMismatch>(&*answer)) {
            era = mismatch->ledger.era;
            answer = co_await ask_of_era(core, asked, make(era), watch);
        }
    }
    if (!answer) co_return answer.error();
    if (std::holds_alternative<n2c::EraMismatch>(*answer)) co_return Errc::era_mismatch;
    EraResult found{era, std::get<Bytes>(*std::move(answer))};
    co_return found;
}

/// Calls a stream's function no longer than this exists: an answer that is not awaited any more still arrives.
struct StreamScope {
    std::shared_ptr<n2c::UtxoStream> stream;

    explicit StreamScope(std::shared_ptr<n2c::UtxoStream> to) noexcept : stream(std::move(to)) {}
    StreamScope(const StreamScope&) = delete;
    StreamScope& operator=(const StreamScope&) = delete;
    ~StreamScope() { stream->forget(); }
};

asio::awaitable<Result<std::uint64_t>> ask_each(Core core, Asked asked, MakeQuery make,
                                                std::function<void(const n2c::Utxo&)> each) {
    const StreamScope scope(std::make_shared<n2c::UtxoStream>(std::move(each)));
    const auto answer = co_await ask_in_era(core, asked, std::move(make), scope.stream);
    if (!answer) co_return answer.error();
    co_return scope.stream->outputs();
}

asio::awaitable<Result<Tip>> ask_tip(Core core, Asked asked) {
    const auto point = co_await ask_for(core, asked, n2c::query::chain_point(), &n2c::parse_point);
    if (!point) co_return point.error();
    const auto block = co_await ask_for(core, asked, n2c::query::chain_block_number(), &n2c::parse_chain_block_number);
    if (!block) co_return block.error();
    co_return Tip{*point, block->value_or(BlockNumber{})};
}

asio::awaitable<Result<std::uint64_t>> ask_epoch(Core core, Asked asked) {
    MakeQuery query = &n2c::query::epoch_number;
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_epoch_number(answer->result);
}

asio::awaitable<Result<n2c::ProtocolParameters>> ask_parameters(Core core, Asked asked) {
    MakeQuery query = &n2c::query::protocol_parameters;
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_protocol_parameters(answer->era, answer->result);
}

asio::awaitable<Result<std::vector<n2c::Utxo>>> ask_utxo(Core core, Asked asked, std::vector<Bytes> addresses) {
    MakeQuery query = [&](Era era) { return n2c::query::utxo_by_address(era, addresses); };
    const auto answer = co_await ask_in_era(core, asked, std::move(query));
    if (!answer) co_return answer.error();
    co_return n2c::parse_utxo(answer->result);
}

asio::awaitable<Errc> acquire_again(Core core, CommandId state, LocalStateQuery::Target target, CallOptions options) {
    local_initiator::Command command = local_initiator::ReacquireState{state, target, options.time};
    const auto event = co_await detail::call(core, std::move(command));
    co_return event.error();
}

Asked with(const Core& core, CommandId state, CallOptions options) {
    const auto idle = options.idle ? std::optional(options.time.value_or(core->call_timeout())) : std::nullopt;
    return {state, core->until(options), options.bytes, idle};
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
    Command command = local_initiator::AcquireState{target, core->left(until)};
    const auto event = co_await call(core, std::move(command));
    if (!event) co_return event.error();
    co_return LedgerState(core, std::get<local_initiator::StateAcquired>(*event).command);
}

LedgerState& LedgerState::operator=(LedgerState&& other) noexcept {
    if (this == &other) return *this;
    release();
    core_ = std::move(other.core_);
    id_ = other.id_;
    return *this;
}

void LedgerState::release() noexcept {
    if (const auto core = std::exchange(core_, nullptr)) (void)core->execute(local_initiator::ReleaseState{id_});
}

asio::awaitable<Result<Bytes>> LedgerState::query(const Bytes& query, CallOptions options) const {
    return ask(core_, with(core_, id_, options), query);
}
asio::awaitable<Result<EraResult>> LedgerState::query_in_era(MakeQuery make, CallOptions options) const {
    return ask_in_era(core_, with(core_, id_, options), std::move(make));
}
asio::awaitable<Result<std::uint64_t>> LedgerState::each_utxo(MakeQuery make,
                                                              std::function<void(const n2c::Utxo&)> each,
                                                              CallOptions options) const {
    options.idle = true;
    if (!options.bytes) options.bytes = SIZE_MAX;
    return ask_each(core_, with(core_, id_, options), std::move(make), std::move(each));
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
