#include <algorithm>

#include <ouro/n2c/proposals.hpp>

#include "n2c/proposals.hpp"
#include "n2c/result_writer.hpp"

namespace ouro::n2c {

namespace {

void write_vote(ResultWriter& to, const JsonValue& json) {
    to.out.uint(one_of(to, json, {"VoteNo", "VoteYes", "Abstain"}));
}

void write_action_id(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "txId", write_hash<32>);
    to.member(json, "govActionIx", write_whole);
}

using Write = ResultWriter::Write;

Write writer_of(ParameterKind kind) {
    switch (kind) {
        case ParameterKind::unknown: return write_item;
        case ParameterKind::number: return write_whole;
        case ParameterKind::rational: return write_rational;
        case ParameterKind::rational_or_null: return write_nullable<write_rational>;
        case ParameterKind::units: return write_units;
        case ParameterKind::prices: return write_prices;
        case ParameterKind::pool_thresholds: return write_pool_thresholds;
        case ParameterKind::drep_thresholds: return write_drep_thresholds;
        case ParameterKind::cost_models: return write_cost_models;
    }
    return write_item;
}

void write_updates(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::object)) return to.fail("an object");
    to.out.map(json.items.size());
    for (std::uint64_t key = 0; key < parameter_count; ++key) {
        const auto [name, kind] = parameter(key);
        const JsonValue* value = name.empty() ? nullptr : json.find(name);
        if (value == nullptr) continue;
        to.out.uint(key);
        to.at(name, [&, write = writer_of(kind)] { write(to, *value); });
    }
    for (const std::string& name : json.names)
        if (!parameter_key(name)) to.at(name, [&] { to.fail("the name of a parameter"); });
}

void write_withdrawal(ResultWriter& to, const JsonValue& json) {
    if (json.items.size() != 2) return to.fail("an account and its amount");
    write_account(to, json.items[0]);
    write_whole(to, json.items[1]);
}

/// The contents of an action, one after another. Those of `NoConfidence` are no list, because there is only one.
void write_contents(ResultWriter& to, const JsonValue& action, std::initializer_list<Write> items) {
    const JsonValue* contents = action.find("contents");
    if (contents == nullptr) return to.fail("an action with contents");
    if (items.size() == 1) return (*items.begin())(to, *contents);
    if (contents->items.size() != items.size()) return to.fail("a list of the contents of this action");
    for (std::size_t i = 0; i < items.size(); ++i) items.begin()[i](to, contents->items[i]);
}

void write_withdrawals(ResultWriter& to, const JsonValue& json) {
    to.out.map(json.items.size());
    for (const JsonValue& each : json.items) write_withdrawal(to, each);
}

constexpr Write previous = write_nullable<write_action_id>;
constexpr Write policy = write_nullable<write_hash<28>>;

void write_action(ResultWriter& to, const JsonValue& json) {
    const JsonValue* tag = json.find("tag");
    if (tag == nullptr) return to.fail("an action with a tag");
    const std::size_t kind = one_of(to, *tag,
                                    {"ParameterChange", "HardForkInitiation", "TreasuryWithdrawals", "NoConfidence",
                                     "UpdateCommittee", "NewConstitution", "InfoAction"});
    constexpr std::array<std::uint64_t, 7> sizes{4, 3, 3, 2, 5, 3, 1};
    to.out.array(sizes[kind]).uint(kind);
    switch (kind) {
        case 0: return write_contents(to, json, {previous, write_updates, policy});
        case 1: return write_contents(to, json, {previous, write_version});
        case 2: return write_contents(to, json, {write_withdrawals, policy});
        case 3: return write_contents(to, json, {previous});
        case 4:
            return write_contents(
                to, json,
                {previous, write_set<write_credential>, write_map<write_credential, write_whole>, write_rational});
        case 5: return write_contents(to, json, {previous, write_constitution});
        default: return;
    }
}

void write_proposal(ResultWriter& to, const JsonValue& json) {
    to.out.array(7);
    to.member(json, "actionId", write_action_id);
    to.member(json, "committeeVotes", write_map<write_credential, write_vote>);
    to.member(json, "dRepVotes", write_map<write_credential, write_vote>);
    to.member(json, "stakePoolVotes", write_map<write_hash<28>, write_vote>);
    to.member(json, "proposalProcedure", [](ResultWriter& of, const JsonValue& procedure) {
        of.out.array(4);
        of.member(procedure, "deposit", write_whole);
        of.member(procedure, "returnAddr", write_account);
        of.member(procedure, "govAction", write_action);
        of.member(procedure, "anchor", write_anchor);
    });
    to.member(json, "proposedIn", write_whole);
    to.member(json, "expiresAfter", write_whole);
}

void write_committee(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "members", write_map<write_credential, write_whole>);
    to.member(json, "threshold", write_rational);
}

void write_last_actions(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    for (const char* name : {"PParamUpdate", "HardFork", "Committee", "Constitution"})
        to.member(json, name, write_maybe<write_action_id>);
}
void write_no_actions(ResultWriter& to) {
    to.out.array(4);
    for (int i = 0; i < 4; ++i) to.out.array(0);
}

void write_enact_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(7);
    to.member(json, "committee", write_maybe<write_committee>);
    to.member(json, "constitution", write_constitution);
    to.member(json, "curPParams", write_parameters);
    to.member(json, "prevPParams", write_parameters);
    to.member_or(json, "treasury", write_whole, [&] { to.out.uint(0); });
    to.member_or(json, "withdrawals", write_map<write_credential, write_whole>, [&] { to.out.map(0); });
    to.member(json, "prevGovActionIds", write_last_actions);
}

void write_future(ResultWriter& to, const JsonValue& json) {
    const JsonValue* tag = json.find("tag");
    if (tag == nullptr) return to.fail("an object with a tag");
    const std::size_t kind = one_of(to, *tag, {"NoPParamsUpdate", "DefinitePParamsUpdate", "PotentialPParamsUpdate"});
    to.out.array(kind == 0 ? 1 : 2).uint(kind);
    if (kind == 1) to.member(json, "contents", write_parameters);
    if (kind == 2) to.member(json, "contents", write_maybe<write_parameters>);
}

void write_snapshot(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "psProposals", write_proposals);
    to.member(json, "psDRepDistr", write_map<write_drep, write_whole>);
    to.member(json, "psDRepState", write_map<write_credential, write_drep_state>);
    to.member(json, "psPoolDistr", write_map<write_hash<28>, write_whole>);
}
void write_no_snapshot(ResultWriter& to) { to.out.array(4).array(0).map(0).map(0).map(0); }

}  // namespace

void write_constitution(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "anchor", write_anchor);
    to.member_or(json, "script", policy, [&] { policy(to, JsonValue()); });
}

void write_drep_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "expiry", write_whole);
    to.member_or(json, "anchor", write_maybe<write_anchor>, [&] { to.out.array(0); });
    to.member(json, "deposit", write_whole);
    to.member_or(json, "delegators", write_set<write_credential>, [&] { to.out.tag(cbor::set_tag).array(0); });
}

void write_proposals(ResultWriter& to, const JsonValue& json) { write_list<write_proposal>(to, json); }

void write_ratify_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "nextEnactState", write_enact_state);
    to.member(json, "enactedGovActions", write_proposals);
    to.member(json, "expiredGovActions", write_set<write_action_id>);
    to.member(json, "ratificationDelayed", [](ResultWriter& of, const JsonValue& value) {
        if (!value.is(JsonKind::boolean)) of.fail("true or false");
        of.out.boolean(value.boolean);
    });
}

void write_governance_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(7).array(2);
    to.member_or(json, "proposalRoots", write_last_actions, [&] { write_no_actions(to); });
    to.member(json, "proposals", write_proposals);
    to.member(json, "committee", write_maybe<write_committee>);
    to.member(json, "constitution", write_constitution);
    to.member(json, "currentPParams", write_parameters);
    to.member(json, "previousPParams", write_parameters);
    to.member(json, "futurePParams", write_future);
    to.out.array(2);
    to.member_or(json, "votingSnapshot", write_snapshot, [&] { write_no_snapshot(to); });
    to.member(json, "nextRatifyState", write_ratify_state);
}

}  // namespace ouro::n2c
