#include <ouro/n2c/governance_state.hpp>

#include "n2c/governance.hpp"
#include "n2c/json.hpp"
#include "n2c/proposals.hpp"
#include "n2c/protocol_parameters.hpp"
#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra governance_state(Era era) { return plain(era, 24); }
InEra ratify_state(Era era) { return plain(era, 32); }

}  // namespace query

namespace {

/// Reads the parts of one result, which share its era and its bytes.
struct PartReader {
    cbor::Reader& in;
    Era era;
    const Bytes& item;

    ProtocolParameters parameters() const { return read_protocol_parameters(in, era, item); }

    std::optional<ProtocolParameters> maybe_parameters() const {
        return read_maybe(in, [this](cbor::Reader&) { return parameters(); });
    }

    std::optional<Committee> committee() const {
        return read_maybe(in, [](cbor::Reader& of) {
            of.array_of(2);
            auto members = read_entries(of, read_credential, read_uint);
            return Committee{std::move(members), read_rational(of)};
        });
    }

    LastActions last_actions() const {
        in.array_of(4);
        LastActions last;
        for (auto* each : {&last.parameters, &last.hard_fork, &last.committee, &last.constitution})
            *each = read_maybe(in, read_action_id);
        return last;
    }

    EnactState enact_state() const {
        in.array_of(7);
        EnactState state;
        state.committee = committee();
        state.constitution = read_constitution(in);
        state.parameters = parameters();
        state.previous_parameters = parameters();
        state.treasury = in.uint();
        state.withdrawals = read_entries(in, read_credential, read_uint);
        state.last = last_actions();
        return state;
    }

    RatifyState ratify_state() const {
        in.array_of(4);
        RatifyState state;
        state.next = enact_state();
        state.enacted = read_proposals(in, item);
        state.expired = read_set(in, read_action_id);
        state.delayed = in.boolean();
        return state;
    }

    FutureParameters future() const {
        const std::size_t start = in.offset();
        const auto size = in.array();
        FutureParameters future;
        future.kind = read_enum(in, FutureParameters::Kind::potential);
        if (size != (future.kind == FutureParameters::Kind::none ? 1U : 2U)) in.fail_at(start);
        if (future.kind == FutureParameters::Kind::definite) future.parameters = parameters();
        if (future.kind == FutureParameters::Kind::potential) future.parameters = maybe_parameters();
        return future;
    }

    VotingSnapshot snapshot() const {
        in.array_of(4);
        VotingSnapshot snapshot;
        snapshot.proposals = read_proposals(in, item);
        snapshot.drep_stake = read_entries(in, read_drep, read_uint);
        snapshot.dreps = read_entries(in, read_credential, read_drep_state);
        snapshot.pool_stake = read_entries(in, read_key_hash, read_uint);
        return snapshot;
    }

    GovernanceState governance_state() const {
        in.array_of(7);
        GovernanceState state;
        in.array_of(2);
        state.last = last_actions();
        state.proposals = read_proposals(in, item);
        state.committee = committee();
        state.constitution = read_constitution(in);
        state.parameters = parameters();
        state.previous_parameters = parameters();
        state.future_parameters = future();
        in.array_of(2);
        state.snapshot = snapshot();
        state.ratify = ratify_state();
        return state;
    }
};

}  // namespace

Result<RatifyState> parse_ratify_state(Era era, const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return PartReader{in, era, result}.ratify_state(); });
}

Result<GovernanceState> parse_governance_state(Era era, const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return PartReader{in, era, result}.governance_state(); });
}

void write_json(JsonWriter& out, const Committee& committee) {
    out.begin_object();
    member(out, "members", committee.members);
    member_decimal(out, "threshold", committee.threshold);
    out.end_object();
}

void write_json(JsonWriter& out, const LastActions& actions) {
    out.begin_object();
    member_or_null(out, "Committee", actions.committee);
    member_or_null(out, "Constitution", actions.constitution);
    member_or_null(out, "HardFork", actions.hard_fork);
    member_or_null(out, "PParamUpdate", actions.parameters);
    out.end_object();
}

void write_json(JsonWriter& out, const EnactState& state) {
    out.begin_object();
    member_or_null(out, "committee", state.committee);
    member(out, "constitution", state.constitution);
    member(out, "curPParams", state.parameters);
    member(out, "prevGovActionIds", state.last);
    member(out, "prevPParams", state.previous_parameters);
    out.key("treasury").uint(state.treasury);
    member(out, "withdrawals", state.withdrawals);
    out.end_object();
}

void write_json(JsonWriter& out, const RatifyState& state) {
    out.begin_object();
    member(out, "enactedGovActions", state.enacted);
    member_list(out, "expiredGovActions", state.expired);
    member(out, "nextEnactState", state.next);
    out.key("ratificationDelayed").boolean(state.delayed);
    out.end_object();
}

void write_json(JsonWriter& out, const FutureParameters& future) {
    constexpr std::array tags{"NoPParamsUpdate", "DefinitePParamsUpdate", "PotentialPParamsUpdate"};
    out.begin_object();
    if (future.kind != FutureParameters::Kind::none) member_or_null(out, "contents", future.parameters);
    out.key("tag").text(tags[static_cast<std::size_t>(future.kind)]);
    out.end_object();
}

void write_json(JsonWriter& out, const VotingSnapshot& snapshot) {
    out.begin_object();
    member(out, "psDRepDistr", snapshot.drep_stake);
    member(out, "psDRepState", snapshot.dreps);
    member_entries(out, "psPoolDistr", snapshot.pool_stake);
    member(out, "psProposals", snapshot.proposals);
    out.end_object();
}

void write_json(JsonWriter& out, const GovernanceState& state) {
    out.begin_object();
    member_or_null(out, "committee", state.committee);
    member(out, "constitution", state.constitution);
    member(out, "currentPParams", state.parameters);
    member(out, "futurePParams", state.future_parameters);
    member(out, "nextRatifyState", state.ratify);
    member(out, "proposalRoots", state.last);
    member(out, "previousPParams", state.previous_parameters);
    member(out, "proposals", state.proposals);
    member(out, "votingSnapshot", state.snapshot);
    out.end_object();
}

}  // namespace ouro::n2c
