#pragma once

// The queries that are more than one question to the ledger.

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/base/json_writer.hpp>
#include <ouro/chain/era_history.hpp>
#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/ledger_peers.hpp>
#include <ouro/n2c/pools.hpp>
#include <ouro/n2c/protocol_state.hpp>

#include "output_file.hpp"
#include "query_session.hpp"

namespace cli {

/// Returns the JSON to print; an empty text if it has printed everything itself; nothing after an error.
using QueryProgram = asio::awaitable<std::optional<std::string>> (*)(QuerySession&);
using JsonAnswer = asio::awaitable<std::optional<std::string>>;

inline JsonAnswer query_tip(QuerySession& session) {
    const auto tip = co_await session.get(session.state().tip(session.limits()));
    if (!tip) co_return std::nullopt;
    const auto era = co_await session.get(session.state().era(session.limits()));
    if (!era) co_return std::nullopt;
    ouro::JsonWriter out;
    out.begin_object();
    out.key("block").uint(static_cast<std::uint64_t>(tip->block));
    if (tip->point.is_origin()) {
        out.key("slot").null().key("hash").null();
    } else {
        out.key("slot").uint(static_cast<std::uint64_t>(tip->point.slot()));
        out.key("hash").text(ouro::to_hex(tip->point.hash()));
    }
    out.key("era").text(era_name(*era)).end_object();
    co_return std::move(out).str();
}

inline JsonAnswer query_era(QuerySession& session) {
    const auto era = co_await session.get(session.state().era(session.limits()));
    if (!era) co_return std::nullopt;
    ouro::JsonWriter out;
    out.text(era_name(*era));
    co_return std::move(out).str();
}

inline JsonAnswer query_era_history(QuerySession& session) {
    const auto eras = co_await session.get(session.state().era_history(session.limits()));
    if (!eras) co_return std::nullopt;
    ouro::JsonWriter out;
    out.begin_array();
    for (const auto& era : *eras) ouro::n2c::write_json(out, era);
    out.end_array();
    co_return std::move(out).str();
}

inline JsonAnswer query_system_start(QuerySession& session) {
    const auto start = co_await session.get(session.state().system_start(session.limits()));
    if (!start) co_return std::nullopt;
    ouro::JsonWriter out;
    ouro::n2c::write_json(out, *start);
    co_return std::move(out).str();
}

/// The node's own history, for times and epochs.
inline QuerySession::Answer<ouro::chain::EraHistory> era_history_of(QuerySession& session) {
    const auto start = co_await session.get(session.state().system_start(session.limits()));
    if (!start) co_return std::nullopt;
    const auto eras = co_await session.get(session.state().era_history(session.limits()));
    if (!eras) co_return std::nullopt;
    const auto history = ouro::chain::EraHistory::from_node(*start, *eras);
    if (!history) co_return session.fail(history.error(), "the eras of the node do not follow one another");
    co_return *history;
}

inline JsonAnswer query_slot_number(QuerySession& session) {
    const auto history = co_await era_history_of(session);
    if (!history) co_return std::nullopt;
    const auto slot = history->slot_at(session.arguments().time);
    if (!slot && slot.error() == ouro::Errc::bad_argument)
        co_return session.fail(slot.error(), "the time is before the start of the chain");
    if (!slot) co_return session.fail(slot.error());
    co_return std::to_string(static_cast<std::uint64_t>(*slot));
}

inline ouro::n2c::query::InEra utxo_query(ouro::Era era, ouro::Version, const QueryArguments& arguments) {
    if (arguments.whole_utxo) return ouro::n2c::query::utxo_whole(era);
    if (!arguments.inputs.empty()) return ouro::n2c::query::utxo_by_input(era, arguments.inputs);
    return ouro::n2c::query::utxo_by_address(era, arguments.address_bytes());
}

/// Prints the outputs as they arrive.
inline JsonAnswer query_utxo(QuerySession& session) {
    std::exception_ptr unwritten;
    const auto print = [&](const ouro::n2c::Utxo& utxo) {
        if (unwritten) return;
        try {
            const std::string tx = ouro::to_hex(utxo.input.tx), output = ouro::to_hex(utxo.output);
            session.out().result({{"event", "utxo"}, {"tx", tx}, {"index", utxo.input.index}, {"output", output}},
                                 tx + "#" + std::to_string(utxo.input.index) + " " + output);
        } catch (...) {
            unwritten = std::current_exception();
        }
    };
    EraQuery query{&utxo_query, nullptr};
    std::function<void(const ouro::n2c::Utxo&)> each = print;
    const auto count = co_await session.outputs(query, std::move(each));
    if (unwritten) std::rethrow_exception(unwritten);
    if (!count) co_return std::nullopt;
    session.out().result({{"event", "done"}, {"outputs", *count}}, "");
    session.out().note(std::to_string(*count) + " outputs");
    co_return std::string();
}

inline JsonAnswer query_raw(QuerySession& session) {
    const auto answer = co_await session.raw(session.arguments().raw);
    if (!answer) co_return std::nullopt;
    ouro::JsonWriter out;
    out.text(ouro::to_hex(*answer));
    co_return std::move(out).str();
}

inline ouro::Result<std::string> stake_pools_json(ouro::Era, const ouro::Bytes& result) {
    const auto pools = ouro::n2c::parse_stake_pools(result);
    if (!pools) return {pools.error(), pools.offset()};
    ouro::JsonWriter out;
    out.begin_array();
    for (const auto& pool : *pools) out.text(ouro::chain::pool_text(pool));
    out.end_array();
    return std::move(out).str();
}

/// The value of a key; null if there is none.
template <class Key, class Value>
const Value* find(const std::vector<std::pair<Key, Value>>& entries, const Key& key) {
    for (const auto& [name, value] : entries)
        if (name == key) return &value;
    return nullptr;
}

inline JsonAnswer query_stake_address_info(QuerySession& session) {
    using namespace ouro::n2c;
    using Asked = const QueryArguments&;
    EraQuery of_pools{[](ouro::Era era, ouro::Version, Asked a) { return query::delegations(era, a.accounts()); }, {}};
    EraQuery of_deposits{[](ouro::Era era, ouro::Version, Asked a) { return query::stake_deposits(era, a.accounts()); },
                         {}};
    EraQuery of_votes{[](ouro::Era era, ouro::Version, Asked a) { return query::vote_delegations(era, a.accounts()); },
                      {}};
    const auto era = co_await session.get(session.state().era(session.limits()));
    if (!era) co_return std::nullopt;
    const auto delegations = co_await session.value(of_pools, &parse_delegations);
    if (!delegations) co_return std::nullopt;
    const auto deposits = co_await session.value(of_deposits, &parse_stake_deposits);
    if (!deposits) co_return std::nullopt;
    std::optional<Entries<Credential, DRep>> votes;
    if (*era >= ouro::Era::conway) {
        votes = co_await session.value(of_votes, &parse_vote_delegations);
        if (!votes) co_return std::nullopt;
    }
    ouro::JsonWriter out;
    out.begin_array();
    for (const auto& [text, bytes, address] : session.arguments().addresses) {
        const Credential account = credential_of(*address->stake());
        const auto* pool = find(delegations->pools, account);
        const auto* rewards = find(delegations->rewards, account);
        const auto* deposit = find(*deposits, account);
        const auto* vote = votes ? find(*votes, account) : nullptr;
        const auto number = [&](std::string_view name, const std::uint64_t* value) {
            out.key(name);
            if (value != nullptr)
                out.uint(*value);
            else
                out.null();
        };
        const auto name = [&](std::string_view key, std::optional<std::string> value) {
            out.key(key);
            if (value)
                out.text(*value);
            else
                out.null();
        };
        out.begin_object();
        out.key("address").text(text);
        name("stakeDelegation", pool ? std::optional(ouro::chain::pool_text(*pool)) : std::nullopt);
        name("voteDelegation", vote ? std::optional(to_string(*vote)) : std::nullopt);
        number("rewardAccountBalance", rewards);
        number("stakeRegistrationDeposit", deposit);
        out.end_object();
    }
    out.end_array();
    co_return std::move(out).str();
}

inline JsonAnswer query_leadership_inputs(QuerySession& session) {
    using namespace ouro::n2c;
    EraQuery of_epoch{[](ouro::Era era, ouro::Version, const QueryArguments&) { return query::epoch_number(era); }, {}};
    EraQuery of_state{[](ouro::Era era, ouro::Version, const QueryArguments&) { return query::chain_dep_state(era); },
                      {}};
    EraQuery of_genesis{[](ouro::Era era, ouro::Version, const QueryArguments&) { return query::genesis(era); }, {}};
    EraQuery of_stake{[](ouro::Era era, ouro::Version version, const QueryArguments& a) {
                          return query::pool_distribution(era, version, a.pools_or_all());
                      },
                      {}};
    const auto epoch = co_await session.value(of_epoch, &parse_epoch_number);
    if (!epoch) co_return std::nullopt;
    const auto state = co_await session.value(of_state, &parse_chain_dep_state);
    if (!state) co_return std::nullopt;
    const auto genesis = co_await session.value(of_genesis, &parse_genesis);
    if (!genesis) co_return std::nullopt;
    const auto stake = co_await session.value(of_stake, &parse_stake_distribution);
    if (!stake) co_return std::nullopt;
    const auto history = co_await era_history_of(session);
    if (!history) co_return std::nullopt;
    const auto first = history->first_slot(*epoch);
    if (!first) co_return session.fail(first.error());
    ouro::JsonWriter out;
    const auto fraction = [&](std::string_view key, Rational number) {
        out.key(key).begin_object().key("denominator").uint(number.denominator);
        out.key("numerator").uint(number.numerator).end_object();
    };
    out.begin_object();
    out.key("epoch").uint(*epoch);
    out.key("firstSlot").uint(static_cast<std::uint64_t>(*first));
    if (const auto next = history->first_slot(*epoch + 1))
        out.key("lastSlot").uint(static_cast<std::uint64_t>(*next) - 1);
    out.key("epochNonce");
    if (state->epoch)
        out.text(ouro::to_hex(*state->epoch));
    else
        out.null();
    fraction("activeSlotsCoeff", genesis->active_slots);
    out.key("slotsPerKESPeriod").uint(genesis->slots_per_kes_period);
    const auto pool = session.arguments().pools.at(0);
    out.key("pool").text(ouro::chain::pool_text(pool));
    const PoolStake* found = nullptr;
    for (const PoolStake& one : stake->pools)
        if (one.pool == pool) found = &one;
    if (found != nullptr) {
        fraction("stake", found->share);
        out.key("vrf").text(ouro::to_hex(found->vrf));
    } else {
        out.key("stake").null();
    }
    out.end_object();
    co_return std::move(out).str();
}

inline JsonAnswer query_ledger_peers(QuerySession& session) {
    using ouro::n2c::LedgerPeerKind;
    const EraQuery query{[](ouro::Era era, ouro::Version version, const QueryArguments& arguments) {
                             return ouro::n2c::query::ledger_peers(
                                 era, version, arguments.all_pools ? LedgerPeerKind::all : LedgerPeerKind::big);
                         },
                         nullptr};
    const auto peers = co_await session.value(query, &ouro::n2c::parse_ledger_peers);
    if (!peers) co_return std::nullopt;
    const QueryArguments& arguments = session.arguments();
    ouro::JsonWriter out;
    if (arguments.out.empty()) {
        ouro::n2c::write_json(out, *peers);
        co_return std::move(out).str();
    }
    const std::string text = ouro::n2c::snapshot_file(*peers) + '\n';
    OutputFile file(arguments.out, arguments.force, "a snapshot of ledger peers");
    if (!file.part().empty()) file.cut(0);  // of an earlier run
    file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    file.finish();
    if (file.is_stdout()) co_return std::string();
    out.begin_object();
    out.key("file").text(arguments.out);
    out.key("pools").uint(peers->pools.size());
    out.end_object();
    co_return std::move(out).str();
}

}  // namespace cli
