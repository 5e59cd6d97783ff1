#include <ouro/n2c/accounts.hpp>

#include "n2c/credential.hpp"
#include "n2c/json.hpp"
#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra delegations(Era era, List<Credential> accounts) {
    return about_set(era, 10, SetTag::from_conway, std::move(accounts), written);
}

InEra stake_deposits(Era era, List<Credential> accounts) {
    return about_set(era, 22, SetTag::always, std::move(accounts), written);
}

InEra vote_delegations(Era era, List<Credential> accounts) {
    return about_set(era, 28, SetTag::from_conway, std::move(accounts), written);
}

InEra pots(Era era) { return plain(era, 29); }

InEra member_rewards(Era era, List<RewardSubject> subjects) {
    return about_set(era, 2, SetTag::always, std::move(subjects), [](cbor::Writer& out, const RewardSubject& subject) {
        out.array(2).uint(subject.index());
        if (const auto* account = std::get_if<Credential>(&subject))
            write(out, *account);
        else
            out.uint(std::get<std::uint64_t>(subject));
    });
}

}  // namespace query

namespace {

RewardSubject read_subject(cbor::Reader& in) noexcept {
    in.array_of(2);
    if (in.uint(1) == 1) return read_credential(in);
    return in.uint();
}

}  // namespace

Result<Delegations> parse_delegations(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        in.array_of(2);
        auto pools = read_entries(in, read_credential, read_key_hash);
        return Delegations{std::move(pools), read_entries(in, read_credential, read_uint)};
    });
}

Result<Entries<Credential, std::uint64_t>> parse_stake_deposits(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_entries(in, read_credential, read_uint); });
}

Result<Entries<Credential, DRep>> parse_vote_delegations(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_entries(in, read_credential, read_drep); });
}

Result<Pots> parse_pots(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        in.array_of(2);
        return Pots{in.uint(), in.uint()};
    });
}

Result<MemberRewards> parse_member_rewards(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        return read_entries(in, read_subject,
                            [](cbor::Reader& of) { return read_entries(of, read_key_hash, read_uint); });
    });
}

void write_json(JsonWriter& out, const Delegations& delegations) {
    out.begin_array();
    write_entries(out, delegations.pools);
    write_entries(out, delegations.rewards);
    out.end_array();
}

void write_json(JsonWriter& out, const Entries<Credential, std::uint64_t>& deposits) { write_entries(out, deposits); }

void write_json(JsonWriter& out, const Entries<Credential, DRep>& delegations) {
    write_entries(out, delegations, [](JsonWriter& to, const DRep& drep) { to.text(to_string(drep)); });
}

void write_json(JsonWriter& out, const Pots& pots) {
    out.begin_object();
    out.key("reserves").uint(pots.reserves);
    out.key("treasury").uint(pots.treasury);
    out.end_object();
}

void write_json(JsonWriter& out, const MemberRewards& rewards) {
    out.begin_array();
    for (const auto& [subject, pools] : rewards) {
        out.begin_object();
        if (const auto* account = std::get_if<Credential>(&subject))
            member(out, "account", *account);
        else
            out.key("lovelace").uint(std::get<std::uint64_t>(subject));
        member_entries(out, "rewards", pools);
        out.end_object();
    }
    out.end_array();
}

}  // namespace ouro::n2c
