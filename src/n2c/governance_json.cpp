#include <ouro/n2c/governance.hpp>

#include "n2c/json.hpp"

namespace ouro::n2c {

namespace {

void write_hot(JsonWriter& out, const std::variant<Credential, NotAuthorized, Resigned>& hot) {
    out.begin_object();
    if (const auto* credential = std::get_if<Credential>(&hot)) {
        member(out, "contents", *credential);
        out.key("tag").text("MemberAuthorized");
    } else if (const auto* resigned = std::get_if<Resigned>(&hot)) {
        member_or_null(out, "contents", resigned->anchor);
        out.key("tag").text("MemberResigned");
    } else {
        out.key("tag").text("MemberNotAuthorized");
    }
    out.end_object();
}

std::string_view name_of(MemberStatus status) noexcept {
    switch (status) {
        case MemberStatus::active: return "Active";
        case MemberStatus::expired: return "Expired";
        case MemberStatus::unrecognized: return "Unrecognized";
    }
    return {};
}

std::string_view name_of(MemberChange::Kind kind) noexcept {
    switch (kind) {
        case MemberChange::Kind::enacted: return "ToBeEnacted";
        case MemberChange::Kind::removed: return "ToBeRemoved";
        case MemberChange::Kind::none: return "NoChangeExpected";
        case MemberChange::Kind::expired: return "ToBeExpired";
        case MemberChange::Kind::term_adjusted: return "TermAdjusted";
    }
    return {};
}

std::string_view name_of(DefaultVote vote) noexcept {
    switch (vote) {
        case DefaultVote::no: return "DefaultNo";
        case DefaultVote::abstain: return "DefaultAbstain";
        case DefaultVote::no_confidence: return "DefaultNoConfidence";
    }
    return {};
}

}  // namespace

void write_json(JsonWriter& out, const Constitution& constitution) {
    out.begin_object();
    member(out, "anchor", constitution.anchor);
    member_if_any(out, "script", constitution.script);
    out.end_object();
}

void write_json(JsonWriter& out, const DRepState& state) {
    out.begin_object();
    member_if_any(out, "anchor", state.anchor);
    member_list(out, "delegators", state.delegators);
    out.key("deposit").uint(state.deposit);
    out.key("expiry").uint(state.expiry);
    out.end_object();
}

void write_json(JsonWriter& out, const Entries<Credential, DRepState>& dreps) { write_entries(out, dreps); }
void write_json(JsonWriter& out, const Entries<DRep, std::uint64_t>& stake) { write_entries(out, stake); }

void write_json(JsonWriter& out, const CommitteeMember& of) {
    out.begin_object();
    member_or_null(out, "expiration", of.expiration);
    out.key("hotCredsAuthStatus");
    write_hot(out, of.hot);
    out.key("nextEpochChange").begin_object();
    if (of.change.kind == MemberChange::Kind::term_adjusted) out.key("contents").uint(of.change.term);
    out.key("tag").text(name_of(of.change.kind));
    out.end_object();
    out.key("status").text(name_of(of.status));
    out.end_object();
}

void write_json(JsonWriter& out, const CommitteeState& committee) {
    out.begin_object();
    member_entries(out, "committee", committee.members);
    out.key("epoch").uint(committee.epoch);
    out.key("threshold");
    if (committee.threshold)
        write_decimal(out, *committee.threshold);
    else
        out.null();
    out.end_object();
}

void write_json(JsonWriter& out, DefaultVote vote) { out.text(name_of(vote)); }

void write_json(JsonWriter& out, const Entries<DRep, std::vector<Credential>>& delegations) {
    write_entries(out, delegations);
}

}  // namespace ouro::n2c
