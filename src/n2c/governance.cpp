#include "n2c/governance.hpp"

#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra constitution(Era era) { return plain(era, 23); }

InEra drep_state(Era era, List<Credential> dreps) {
    return about_set(era, 25, SetTag::always, std::move(dreps), written);
}

InEra drep_stake(Era era, List<DRep> dreps) {
    return about_set(era, 26, SetTag::from_conway, std::move(dreps), written);
}

InEra committee(Era era, List<Credential> cold, List<Credential> hot, List<MemberStatus> status) {
    return {era, item([&](cbor::Writer& out) {
                out.array(4).uint(27);
                write_set(out, era, SetTag::always, std::move(cold).vector(), written);
                write_set(out, era, SetTag::always, std::move(hot).vector(), written);
                write_set(out, era, SetTag::from_conway, std::move(status).vector(),
                          [](cbor::Writer& to, MemberStatus each) { to.uint(static_cast<std::uint64_t>(each)); });
            })};
}

InEra default_vote(Era era, const PoolId& pool) {
    return about(era, 35, [&](cbor::Writer& out) { write(out, pool); });
}

InEra drep_delegations(Era era, List<DRep> dreps) {
    return about_set(era, 39, SetTag::from_conway, std::move(dreps), written);
}

}  // namespace query

namespace {

std::variant<Credential, NotAuthorized, Resigned> read_hot(cbor::Reader& in) {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto kind = in.uint(2);
    if (size != (kind == 1 ? 1U : 2U)) in.fail_at(start);
    if (kind == 0) return read_credential(in);
    if (kind == 1) return NotAuthorized();
    return Resigned{read_maybe(in, read_anchor)};
}

MemberChange read_change(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const auto size = in.array();
    MemberChange change{read_enum(in, MemberChange::Kind::term_adjusted), 0};
    const bool with_term = change.kind == MemberChange::Kind::term_adjusted;
    if (size != (with_term ? 2U : 1U)) in.fail_at(start);
    if (with_term) change.term = in.uint();
    return change;
}

CommitteeMember read_member(cbor::Reader& in) {
    in.array_of(4);
    CommitteeMember member;
    member.hot = read_hot(in);
    member.status = read_enum(in, MemberStatus::unrecognized);
    member.expiration = read_maybe(in, read_uint);
    member.change = read_change(in);
    return member;
}

}  // namespace

Constitution read_constitution(cbor::Reader& in) {
    in.array_of(2);
    Anchor anchor = read_anchor(in);
    return {std::move(anchor), read_nullable(in, read_key_hash)};
}

DRepState read_drep_state(cbor::Reader& in) {
    constexpr std::uint64_t without_delegators = 3;
    const std::size_t start = in.offset();
    const auto size = in.array();
    if (size != without_delegators && size != without_delegators + 1) in.fail_at(start);
    DRepState state;
    state.expiry = in.uint();
    state.anchor = read_maybe(in, read_anchor);
    state.deposit = in.uint();
    if (size > without_delegators) state.delegators = read_set(in, read_credential);
    return state;
}

Result<Constitution> parse_constitution(const Bytes& result) { return parse(result, read_constitution); }

Result<Entries<Credential, DRepState>> parse_drep_state(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_entries(in, read_credential, read_drep_state); });
}

Result<Entries<DRep, std::uint64_t>> parse_drep_stake(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_entries(in, read_drep, read_uint); });
}

Result<CommitteeState> parse_committee(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        in.array_of(3);
        CommitteeState committee;
        committee.members = read_entries(in, read_credential, read_member);
        committee.threshold = read_maybe(in, read_rational);
        committee.epoch = in.uint();
        return committee;
    });
}

Result<DefaultVote> parse_default_vote(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_enum(in, DefaultVote::no_confidence); });
}

Result<Entries<DRep, std::vector<Credential>>> parse_drep_delegations(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        return read_entries(in, read_drep, [](cbor::Reader& of) { return read_set(of, read_credential); });
    });
}

}  // namespace ouro::n2c
