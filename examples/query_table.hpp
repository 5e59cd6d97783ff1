#pragma once

// The list of queries. A query is a row here, and nothing else has to agree with it.

#include <array>
#include <string_view>
#include <variant>

#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/governance.hpp>
#include <ouro/n2c/governance_state.hpp>
#include <ouro/n2c/pools.hpp>
#include <ouro/n2c/proposals.hpp>
#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/protocol_state.hpp>

#include "query_programs.hpp"

namespace cli {

struct Subcommand {
    std::string_view name;  ///< two words: a subcommand of a subcommand
    std::string_view help;
    void (*arguments)(CLI::App&, QueryArguments&);
    /// One query of the ledger's era, or a program that asks several, and returns JSON.
    std::variant<EraQuery, QueryProgram> ask;
};

namespace query_arguments {

inline void none(CLI::App&, QueryArguments&) {}
inline void pools(CLI::App& app, QueryArguments& to) {
    list_option(app, "--stake-pool-id", to.pools, "pools, as pool1… or 56 hexadecimal digits; without it, all",
                pool_argument);
}
inline void some_pools(CLI::App& app, QueryArguments& to) {
    list_option(app, "--stake-pool-id", to.pools, "pools, as pool1… or 56 hexadecimal digits", pool_argument)
        ->required();
}
inline void one_pool(CLI::App& app, QueryArguments& to) {
    list_option(app, "--stake-pool-id", to.pools, "the pool, as pool1… or 56 hexadecimal digits", pool_argument)
        ->required()
        ->expected(1);
}
inline void accounts(CLI::App& app, QueryArguments& to) {
    list_option(app, "--address", to.addresses, "addresses with a stake credential: stake1…, addr1… or hexadecimal",
                account_argument)
        ->required();
}
inline void utxo(CLI::App& app, QueryArguments& to) {
    auto* group = app.add_option_group("outputs", "which outputs")->require_option(1);
    list_option(*group, "--address", to.addresses, "those at addresses, in bech32, base58 or hexadecimal",
                address_argument);
    list_option(*group, "--tx-in", to.inputs, "those of transactions, as TXID#INDEX", input_argument);
    group->add_flag("--whole-utxo", to.whole_utxo, "all of them");
}
inline void subjects(CLI::App& app, QueryArguments& to) {
    auto* group = app.add_option_group("subjects", "whose rewards")->require_option(1, 2);
    list_option(*group, "--address", to.addresses, "those of accounts: stake1…, addr1… or hexadecimal",
                account_argument);
    group->add_option("--lovelace", to.lovelace, "those of amounts of stake");
}
inline void dreps(CLI::App& app, QueryArguments& to) {
    list_option(app, "--drep-id", to.dreps, "representatives, as drep1…, abstain or no-confidence; without it, all",
                drep_argument);
}
inline void registered_dreps(CLI::App& app, QueryArguments& to) {
    const auto read = [](std::string_view option, const std::string& text) {
        const auto drep = drep_argument(option, text);
        if (drep.kind >= ouro::n2c::DRep::Kind::abstain)
            throw CLI::ValidationError(std::string(option), text + " is a vote, and not registered");
        return drep;
    };
    list_option(app, "--drep-id", to.dreps, "representatives, as drep1…; without it, all", read);
}
inline void committee(CLI::App& app, QueryArguments& to) {
    using ouro::chain::GovernanceRole;
    const auto cold = [](std::string_view option, const std::string& text) {
        return governance_argument(option, text, GovernanceRole::cc_cold, "a cold credential (cc_cold1…)");
    };
    const auto hot = [](std::string_view option, const std::string& text) {
        return governance_argument(option, text, GovernanceRole::cc_hot, "a hot credential (cc_hot1…)");
    };
    list_option(app, "--cold", to.cold, "members by cold credential, as cc_cold1…", cold);
    list_option(app, "--hot", to.hot, "members by hot credential, as cc_hot1…", hot);
    list_option(app, "--status", to.statuses, "members that are active, expired or unrecognized", status_argument);
}
inline void actions(CLI::App& app, QueryArguments& to) {
    list_option(app, "--action", to.actions, "actions, as gov_action1… or TXID#INDEX; without it, all",
                action_argument);
}
inline void peers(CLI::App& app, QueryArguments& to) {
    app.add_flag("--all-pools", to.all_pools, "all pools, not only those that together hold nine tenths of the stake");
    auto* const out =
        app.add_option("--out", to.out, "write a snapshot file, which peerSnapshotFile of a topology may name");
    app.add_flag("--force", to.force, "replace the file of --out if it exists")->needs(out);
}
inline void time(CLI::App& app, QueryArguments& to) {
    app.add_option_function<std::string>(
           "TIME", [&to](const std::string& text) { to.time = time_argument("TIME", text); },
           "in UTC, such as 2020-07-21T02:24:00Z")
        ->required();
}
inline void raw(CLI::App& app, QueryArguments& to) {
    app.add_option_function<std::string>(
           "HEX", [&to](const std::string& text) { to.raw = hex_argument("HEX", text); },
           "the query, as hexadecimal digits of one CBOR item")
        ->required();
}

}  // namespace query_arguments

/// The JSON of a result that `parse` reads.
template <auto parse>
ouro::Result<std::string> json_of(ouro::Era era, const ouro::Bytes& result) {
    const auto parsed = [&] {
        if constexpr (std::is_invocable_v<decltype(parse), ouro::Era, const ouro::Bytes&>)
            return parse(era, result);
        else
            return parse(result);
    }();
    if (!parsed) return {parsed.error(), parsed.offset()};
    using ouro::n2c::write_json;
    return ouro::to_json(*parsed);
}

inline std::vector<ouro::n2c::Credential> credentials_of(const std::vector<ouro::n2c::DRep>& dreps) {
    using Kind = ouro::n2c::Credential::Kind;
    std::vector<ouro::n2c::Credential> all;
    for (const auto& drep : dreps)
        all.emplace_back(drep.kind == ouro::n2c::DRep::Kind::key ? Kind::key : Kind::script, drep.hash);
    return all;
}

inline std::vector<ouro::n2c::RewardSubject> subjects_of(const QueryArguments& arguments) {
    std::vector<ouro::n2c::RewardSubject> all(arguments.lovelace.begin(), arguments.lovelace.end());
    for (const auto& account : arguments.accounts()) all.emplace_back(account);
    return all;
}

/// The form of `EraQuery::make` for a query without arguments.
template <ouro::n2c::query::InEra (*query)(ouro::Era)>
ouro::n2c::query::InEra plain(ouro::Era era, ouro::Version, const QueryArguments&) {
    return query(era);
}

// In the order of the help.
inline const auto& subcommands() {
    using namespace ouro;
    using namespace ouro::n2c;
    namespace with = query_arguments;
    using Asked = const QueryArguments&;
    static const std::array all{
        Subcommand{"tip", "the newest block", with::none, &query_tip},
        Subcommand{"era", "the ledger's era", with::none, &query_era},
        Subcommand{"epoch", "the number of the epoch", with::none,
                   EraQuery{plain<query::epoch_number>, json_of<parse_epoch_number>}},
        Subcommand{"era-history", "the eras up to now", with::none, &query_era_history},
        Subcommand{"slot-number", "the slot at a time", with::time, &query_slot_number},
        Subcommand{"system-start", "the start of the chain", with::none, &query_system_start},
        Subcommand{"genesis", "the genesis configuration of Shelley", with::none,
                   EraQuery{plain<query::genesis>, json_of<parse_genesis>}},
        Subcommand{"protocol-parameters", "the protocol parameters", with::none,
                   EraQuery{plain<query::protocol_parameters>, json_of<parse_protocol_parameters>}},
        Subcommand{"future-pparams", "the parameters of the next epoch, if they change", with::none,
                   EraQuery{plain<query::future_parameters>, json_of<parse_future_parameters>}},
        Subcommand{"max-major-version", "the highest protocol version that the node supports", with::none,
                   EraQuery{plain<query::max_major_version>, json_of<parse_max_major_version>}},
        Subcommand{"protocol-state", "nonces, and counters of certificates", with::none,
                   EraQuery{plain<query::chain_dep_state>, json_of<parse_chain_dep_state>}},
        Subcommand{"utxo", "unspent outputs", with::utxo, &query_utxo},
        Subcommand{"stake-address-info", "delegation, rewards, deposit and vote of accounts", with::accounts,
                   &query_stake_address_info},
        Subcommand{"delegations", "the pools that accounts delegate to, and their rewards", with::accounts,
                   EraQuery{[](Era era, Version, Asked a) { return query::delegations(era, a.accounts()); },
                            json_of<parse_delegations>}},
        Subcommand{"stake-deposits", "the deposits of accounts", with::accounts,
                   EraQuery{[](Era era, Version, Asked a) { return query::stake_deposits(era, a.accounts()); },
                            json_of<parse_stake_deposits>}},
        Subcommand{"vote-delegations", "the representatives that accounts delegate to", with::accounts,
                   EraQuery{[](Era era, Version, Asked a) { return query::vote_delegations(era, a.accounts()); },
                            json_of<parse_vote_delegations>}},
        Subcommand{"member-rewards", "rewards to expect from each pool", with::subjects,
                   EraQuery{[](Era era, Version, Asked a) { return query::member_rewards(era, subjects_of(a)); },
                            json_of<parse_member_rewards>}},
        Subcommand{"stake-pools", "the ids of all pools", with::none,
                   EraQuery{plain<query::stake_pools>, stake_pools_json}},
        Subcommand{"pool-params", "the registrations of pools", with::some_pools,
                   EraQuery{[](Era era, Version, Asked a) { return query::pool_parameters(era, a.pools); },
                            json_of<parse_pool_parameters>}},
        Subcommand{"pool-state", "registrations, changes, retirements and deposits of pools", with::pools,
                   EraQuery{[](Era era, Version, Asked a) { return query::pool_state(era, a.pools_or_all()); },
                            json_of<parse_pool_state>}},
        Subcommand{"stake-snapshot", "the stake of pools in the last three epochs", with::pools,
                   EraQuery{[](Era era, Version, Asked a) { return query::stake_snapshots(era, a.pools_or_all()); },
                            json_of<parse_stake_snapshots>}},
        Subcommand{"stake-distribution", "the stake of all pools", with::none,
                   EraQuery{[](Era era, Version v, Asked) { return query::stake_distribution(era, v); },
                            json_of<parse_stake_distribution>}},
        Subcommand{
            "pool-distribution", "the stake that elects leaders, of pools", with::pools,
            EraQuery{[](Era era, Version v, Asked a) { return query::pool_distribution(era, v, a.pools_or_all()); },
                     json_of<parse_stake_distribution>}},
        Subcommand{"leadership inputs", "what the slots of a pool in this epoch depend on, besides its key",
                   with::one_pool, &query_leadership_inputs},
        Subcommand{"stake-pool-default-vote", "the vote that counts for a pool that does not vote", with::one_pool,
                   EraQuery{[](Era era, Version, Asked a) { return query::default_vote(era, a.pools.at(0)); },
                            json_of<parse_default_vote>}},
        Subcommand{"ledger-peer-snapshot", "the relays of pools", with::peers, &query_ledger_peers},
        Subcommand{"gov-state", "proposals, committee, constitution and parameters", with::none,
                   EraQuery{plain<query::governance_state>, json_of<parse_governance_state>}},
        Subcommand{"constitution", "the constitution", with::none,
                   EraQuery{plain<query::constitution>, json_of<parse_constitution>}},
        Subcommand{"committee-state", "the members of the committee", with::committee,
                   EraQuery{[](Era era, Version, Asked a) { return query::committee(era, a.cold, a.hot, a.statuses); },
                            json_of<parse_committee>}},
        Subcommand{"proposals", "the proposals and their votes", with::actions,
                   EraQuery{[](Era era, Version, Asked a) { return query::proposals(era, a.actions); },
                            json_of<parse_proposals>}},
        Subcommand{"ratify-state", "the actions that the next epoch enacts", with::none,
                   EraQuery{plain<query::ratify_state>, json_of<parse_ratify_state>}},
        Subcommand{"drep-state", "registered representatives", with::registered_dreps,
                   EraQuery{[](Era era, Version, Asked a) { return query::drep_state(era, credentials_of(a.dreps)); },
                            json_of<parse_drep_state>}},
        Subcommand{"drep-stake-distribution", "the stake that representatives vote with", with::dreps,
                   EraQuery{[](Era era, Version, Asked a) { return query::drep_stake(era, a.dreps); },
                            json_of<parse_drep_stake>}},
        Subcommand{"drep-delegations", "the accounts that delegate to representatives", with::dreps,
                   EraQuery{[](Era era, Version, Asked a) { return query::drep_delegations(era, a.dreps); },
                            json_of<parse_drep_delegations>}},
        Subcommand{"spo-stake-distribution", "the stake that pools vote with", with::pools,
                   EraQuery{[](Era era, Version, Asked a) { return query::pool_voting_stake(era, a.pools); },
                            json_of<parse_pool_voting_stake>}},
        Subcommand{"treasury", "the treasury and the reserves", with::none,
                   EraQuery{plain<query::pots>, json_of<parse_pots>}},
        Subcommand{"raw", "any query, and its answer as bytes", with::raw, &query_raw},
    };
    return all;
}

}  // namespace cli
