#include <ouro/n2c/encode_result.hpp>

#include <arpa/inet.h>

#include <algorithm>

#include <ouro/base/bytes.hpp>

#include "n2c/result_writer.hpp"

namespace ouro::n2c {

namespace {

void write_address(ResultWriter& to, const JsonValue& json, int family) {
    std::array<std::uint8_t, 16> address{};
    if (!json.is(JsonKind::text) || ::inet_pton(family, json.text.c_str(), address.data()) != 1)
        return to.fail(family == AF_INET ? "an IPv4 address" : "an IPv6 address");
    if (family == AF_INET) return void(to.out.bytes(BytesView(address).first(4)));
    for (auto word = address.begin(); word != address.end(); word += 4) std::reverse(word, word + 4);
    to.out.bytes(BytesView(address));
}
void write_ipv4(ResultWriter& to, const JsonValue& json) { write_address(to, json, AF_INET); }
void write_ipv6(ResultWriter& to, const JsonValue& json) { write_address(to, json, AF_INET6); }

void write_relay(ResultWriter& to, const JsonValue& json) {
    if (const JsonValue* host = json.find("single host address")) {
        to.out.array(4).uint(0);
        to.member(*host, "port", write_nullable<write_whole>);
        to.member(*host, "IPv4", write_nullable<write_ipv4>);
        to.member(*host, "IPv6", write_nullable<write_ipv6>);
    } else if (const JsonValue* name = json.find("single host name")) {
        to.out.array(3).uint(1);
        to.member(*name, "port", write_nullable<write_whole>);
        to.member(*name, "dnsName", write_text);
    } else if (const JsonValue* service = json.find("multi host name")) {
        to.out.array(2).uint(2);
        to.member(*service, "dnsName", write_text);
    } else {
        to.fail("a relay: single host address, single host name or multi host name");
    }
}

void write_bls(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "blsPubKey", write_hex);
    to.member(json, "blsPossessionProof", write_hex);
}

void write_metadata(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "url", write_text);
    to.member(json, "hash", write_hex);
}

template <ResultWriter::Write value>
constexpr ResultWriter::Write by_pool = write_map<write_hash<28>, value>;
template <ResultWriter::Write value>
constexpr ResultWriter::Write by_credential = write_map<write_credential, value>;
template <ResultWriter::Write value>
constexpr ResultWriter::Write by_drep = write_map<write_drep, value>;

void write_pool_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "stakePoolParams", by_pool<write_pool_parameters>);
    to.member(json, "futureStakePoolParams", by_pool<write_pool_parameters>);
    to.member(json, "retiring", by_pool<write_whole>);
    to.member(json, "deposits", by_pool<write_whole>);
}

void write_stakes(ResultWriter& to, const JsonValue& json) {
    for (const char* name : {"stakeMark", "stakeSet", "stakeGo"}) to.member(json, name, write_whole);
}
void write_pool_snapshots(ResultWriter& to, const JsonValue& json) {
    to.out.array(3);
    write_stakes(to, json);
}
void write_snapshots(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "pools", by_pool<write_pool_snapshots>);
    to.member(json, "total", write_stakes);
}

void write_share(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "individualPoolStake", write_rational);
    to.member(json, "individualPoolStakeVrf", write_hash<32>);
}
void write_share_with_total(ResultWriter& to, const JsonValue& json) {
    const bool with_bls = to.era >= Era::dijkstra;
    to.out.array(with_bls ? 4 : 3);
    to.member(json, "individualPoolStake", write_rational);
    to.member(json, "individualTotalPoolStake", write_whole);
    to.member(json, "individualPoolStakeVrf", write_hash<32>);
    if (with_bls) to.member_or(json, "individualPoolStakeBls", write_maybe<write_bls>, [&] { to.out.array(0); });
}
void write_distribution(ResultWriter& to, const JsonValue& json) {
    to.member(json, "unPoolDistr", by_pool<write_share>);
}
void write_distribution_with_total(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "unPoolDistr", by_pool<write_share_with_total>);
    to.member(json, "pdTotalActiveStake", write_whole);
}

void write_delegations(ResultWriter& to, const JsonValue& json) {
    if (json.items.size() != 2) return to.fail("a list of two objects, delegations and rewards");
    to.out.array(2);
    to.at("0", [&] { by_credential<write_hash<28>>(to, json.items[0]); });
    to.at("1", [&] { by_credential<write_whole>(to, json.items[1]); });
}

void write_member_rewards(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::array)) return to.fail("a list");
    to.out.map(json.items.size());
    for (const JsonValue& each : json.items) {
        const bool of_account = each.find("account") != nullptr;
        to.out.array(2).uint(of_account ? 1 : 0);
        to.member(each, of_account ? "account" : "lovelace", of_account ? write_credential : write_whole);
        to.member(each, "rewards", by_pool<write_whole>);
    }
}

void write_pots(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "treasury", write_whole);
    to.member(json, "reserves", write_whole);
}

void write_hot(ResultWriter& to, const JsonValue& json) {
    const JsonValue* tag = json.find("tag");
    if (tag == nullptr) return to.fail("an object with a tag");
    const std::size_t kind = one_of(to, *tag, {"MemberAuthorized", "MemberNotAuthorized", "MemberResigned"});
    to.out.array(kind == 1 ? 1 : 2).uint(kind);
    if (kind == 0) to.member(json, "contents", write_credential);
    if (kind == 2) to.member_or(json, "contents", write_maybe<write_anchor>, [&] { to.out.array(0); });
}
void write_change(ResultWriter& to, const JsonValue& json) {
    const JsonValue* tag = json.find("tag");
    if (tag == nullptr) return to.fail("an object with a tag");
    const std::size_t kind =
        one_of(to, *tag, {"ToBeEnacted", "ToBeRemoved", "NoChangeExpected", "ToBeExpired", "TermAdjusted"});
    to.out.array(kind == 4 ? 2 : 1).uint(kind);
    if (kind == 4) to.member(json, "contents", write_whole);
}
void write_member(ResultWriter& to, const JsonValue& json) {
    to.out.array(4);
    to.member(json, "hotCredsAuthStatus", write_hot);
    to.member(json, "status", [](ResultWriter& of, const JsonValue& value) {
        of.out.uint(one_of(of, value, {"Active", "Expired", "Unrecognized"}));
    });
    to.member(json, "expiration", write_maybe<write_whole>);
    to.member(json, "nextEpochChange", write_change);
}
void write_committee_state(ResultWriter& to, const JsonValue& json) {
    to.out.array(3);
    to.member(json, "committee", by_credential<write_member>);
    to.member(json, "threshold", write_maybe<write_rational>);
    to.member(json, "epoch", write_whole);
}

void write_default_vote(ResultWriter& to, const JsonValue& json) {
    to.out.uint(one_of(to, json, {"DefaultNo", "DefaultAbstain", "DefaultNoConfidence"}));
}

void write_protocol_state(ResultWriter& to, const JsonValue& json) {
    const bool previous = json.find("previousEpochNonce") != nullptr;
    to.out.array(2).uint(0).array(previous ? 8 : 7);
    to.member(json, "lastSlot", write_slot);
    to.member(json, "oCertCounters", by_pool<write_whole>);
    for (const char* name : {"evolvingNonce", "candidateNonce", "epochNonce"}) to.member(json, name, write_nonce);
    if (previous) to.member(json, "previousEpochNonce", write_nonce);
    for (const char* name : {"labNonce", "lastEpochBlockNonce"}) to.member(json, name, write_nonce);
}

void write_point(ResultWriter& to, const JsonValue& json) {
    const bool origin = ResultWriter::given(json, "slot") == nullptr;
    to.out.array(origin ? 0 : 2);
    if (origin) return;
    to.member(json, "slot", write_whole);
    to.member(json, "hash", write_hash<32>);
}

void write_utxo(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::array)) return to.fail("a list");
    to.out.map(json.items.size());
    for (std::size_t i = 0; i < json.items.size(); ++i) {
        to.at(std::to_string(i), [&] {
            to.out.array(2);
            to.member(json.items[i], "tx", write_hash<32>);
            to.member(json.items[i], "index", write_whole);
            to.member(json.items[i], "output", write_item);
        });
    }
}

struct Row {
    std::string_view query;
    ResultWriter::Write write;
};

constexpr std::array rows{
    Row{"GetSystemStart", write_start},
    Row{"GetInterpreter", write_list<write_summary>},
    Row{"GetChainPoint", write_point},
    Row{"GetLedgerTip", write_point},
    Row{"GetEpochNo", write_whole},
    Row{"GetNonMyopicMemberRewards", write_member_rewards},
    Row{"GetCurrentPParams", write_parameters},
    Row{"GetStakeDistribution", write_distribution},
    Row{"GetUTxOByAddress", write_utxo},
    Row{"GetUTxOWhole", write_utxo},
    Row{"GetFilteredDelegationsAndRewardAccounts", write_delegations},
    Row{"GetGenesisConfig", write_genesis},
    Row{"DebugChainDepState", write_protocol_state},
    Row{"GetUTxOByTxIn", write_utxo},
    Row{"GetStakePools", write_set<write_hash<28>>},
    Row{"GetStakePoolParams", by_pool<write_pool_parameters>},
    Row{"GetPoolState", write_pool_state},
    Row{"GetStakeSnapshots", write_snapshots},
    Row{"GetPoolDistr", write_distribution},
    Row{"GetStakeDelegDeposits", by_credential<write_whole>},
    Row{"GetConstitution", write_constitution},
    Row{"GetGovState", write_governance_state},
    Row{"GetDRepState", by_credential<write_drep_state>},
    Row{"GetDRepStakeDistr", by_drep<write_whole>},
    Row{"GetCommitteeMembersState", write_committee_state},
    Row{"GetFilteredVoteDelegatees", by_credential<write_drep>},
    Row{"GetAccountState", write_pots},
    Row{"GetSPOStakeDistr", by_pool<write_whole>},
    Row{"GetProposals", write_proposals},
    Row{"GetRatifyState", write_ratify_state},
    Row{"GetFuturePParams", write_maybe<write_parameters>},
    Row{"GetLedgerPeerSnapshot", write_peers_by_slot},
    Row{"GetLedgerPeerSnapshot by kind", write_peers},
    Row{"QueryStakePoolDefaultVote", write_default_vote},
    Row{"GetPoolDistr2", write_distribution_with_total},
    Row{"GetStakeDistribution2", write_distribution_with_total},
    Row{"GetMaxMajorProtocolVersion", write_whole},
    Row{"GetDRepDelegations", by_drep<write_set<write_credential>>},
};

}  // namespace

void write_pool_parameters(ResultWriter& to, const JsonValue& json) {
    const bool with_bls = to.era >= Era::dijkstra;
    to.out.array(with_bls ? 10 : 9);
    to.member(json, "poolId", write_hash<28>);
    to.member(json, "vrf", write_hash<32>);
    if (with_bls) to.member(json, "blsKey", write_nullable<write_bls>);
    to.member(json, "pledge", write_whole);
    to.member(json, "cost", write_whole);
    to.member(json, "margin", write_rational);
    to.member(json, "accountAddress", write_account);
    to.member(json, "owners", write_set<write_hash<28>>);
    to.member(json, "relays", write_list<write_relay>);
    to.member(json, "metadata", write_nullable<write_metadata>);
}

EncodedResult encode_result(std::string_view query, Era era, const JsonValue& json) {
    ResultWriter to(era);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.query == query; });
    if (const JsonValue* cbor = json.find("cbor"); cbor != nullptr && json.items.size() == 1)
        to.at("cbor", [&] { write_item(to, *cbor); });
    else if (row != rows.end())
        row->write(to, json);
    else
        to.fail("{\"cbor\": …}, which is the only form of this result");
    if (!to.trouble().empty()) return {{}, to.trouble()};
    return {to.take(), {}};
}

std::vector<std::string_view> encoded_queries() {
    std::vector<std::string_view> names;
    for (const Row& row : rows) names.push_back(row.query);
    return names;
}

}  // namespace ouro::n2c
