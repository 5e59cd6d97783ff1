#include <ouro/n2c/encode_result.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <chrono>

#include <ouro/base/bytes.hpp>

#include "n2c/result_writer.hpp"

namespace ouro::n2c {

using Kind = JsonValue::Kind;

namespace {

void write_address(ResultWriter& to, const JsonValue& json, int family) {
    std::array<std::uint8_t, 16> address{};
    if (!json.is(Kind::text) || ::inet_pton(family, json.text.c_str(), address.data()) != 1)
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
        to.member(*host, "port", write_or_null<write_whole>);
        to.member(*host, "IPv4", write_or_null<write_ipv4>);
        to.member(*host, "IPv6", write_or_null<write_ipv6>);
    } else if (const JsonValue* name = json.find("single host name")) {
        to.out.array(3).uint(1);
        to.member(*name, "port", write_or_null<write_whole>);
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
    if (!json.is(Kind::array)) return to.fail("a list");
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

void write_nonce(ResultWriter& to, const JsonValue& json) {
    const bool neutral = json.is(Kind::null);
    to.out.array(neutral ? 1 : 2).uint(neutral ? 0 : 1);
    if (!neutral) write_hash<32>(to, json);
}
/// `[0]`, or `[1, slot]`.
void write_slot(ResultWriter& to, const JsonValue& json) {
    const bool origin = json.text == "origin";
    to.out.array(origin ? 1 : 2).uint(origin ? 0 : 1);
    if (!origin) write_whole(to, json);
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
    if (!json.is(Kind::array)) return to.fail("a list");
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

/// A fraction without a tag.
void write_plain_rational(ResultWriter& to, const JsonValue& json) {
    const Rational number = rational(to, json);
    to.out.array(2).uint(number.numerator).uint(number.denominator);
}

void write_domain(ResultWriter& to, const JsonValue& json) {
    if (!json.is(Kind::text)) return to.fail("a text");
    to.out.bytes(BytesView(reinterpret_cast<const std::uint8_t*>(json.text.data()), json.text.size()));
}
/// The bytes of an IPv4 address, or the 16-bit groups of an IPv6 address.
void write_groups(ResultWriter& to, const JsonValue& json) {
    std::array<std::uint8_t, 16> address{};
    if (::inet_pton(AF_INET, json.text.c_str(), address.data()) == 1) {
        to.out.array(4);
        for (std::size_t i = 0; i < 4; ++i) to.out.uint(address[i]);
    } else if (::inet_pton(AF_INET6, json.text.c_str(), address.data()) == 1) {
        to.out.array(8);
        for (std::size_t i = 0; i < 16; i += 2) to.out.uint(std::uint64_t{address[i]} << 8 | address[i + 1]);
    } else {
        to.fail("an IP address");
    }
}
void write_host(ResultWriter& to, const JsonValue& json) {
    const JsonValue* address = json.find("address");
    const bool with_port = json.find("port") != nullptr;
    const bool ipv6 = address != nullptr && address->text.find(':') != std::string::npos;
    to.out.array(with_port ? 3 : 2).uint(address == nullptr ? (with_port ? 0 : 3) : ipv6 ? 2 : 1);
    if (with_port) to.member(json, "port", write_whole);
    to.member(json, address != nullptr ? "address" : "domain", address != nullptr ? write_groups : write_domain);
}
void write_hosts(ResultWriter& to, const JsonValue& json) {
    to.member(json, "relativeStake", write_plain_rational);
    to.member(json, "relays", write_list<write_host>);
}
void write_big_pool_by_slot(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "accumulatedStake", write_plain_rational);
    to.out.array(2);
    write_hosts(to, json);
}
void write_big_pool(ResultWriter& to, const JsonValue& json) {
    to.out.array(3);
    to.member(json, "accumulatedStake", write_plain_rational);
    write_hosts(to, json);
}
void write_any_pool(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    write_hosts(to, json);
}
/// The answer to the query without a kind.
void write_peers_by_slot(ResultWriter& to, const JsonValue& json) {
    to.out.array(2).uint(1).array(2);
    to.member(json, "slotNo", write_slot);
    to.member(json, "bigLedgerPools", write_list<write_big_pool_by_slot>);
}
void write_peers(ResultWriter& to, const JsonValue& json) {
    const bool all = json.find("allLedgerPools") != nullptr;
    const JsonValue* hash = ResultWriter::given(json, "blockHash");
    to.out.array(2).uint(all ? 3 : 2).array(3).array(hash != nullptr ? 3 : 1).uint(hash != nullptr ? 1 : 0);
    if (hash != nullptr) {
        to.member(json, "slotNo", write_whole);
        to.member(json, "blockHash", write_hash<32>);
    }
    to.member(json, "networkMagic", write_whole);
    to.member(json, all ? "allLedgerPools" : "bigLedgerPools",
              all ? write_list<write_any_pool> : write_list<write_big_pool>);
}

constexpr std::uint64_t picoseconds_in_second = 1'000'000'000'000;

/// `2020-07-21T02:24:00Z` as year, day of the year and picoseconds of the day.
void write_start(ResultWriter& to, const JsonValue& json) {
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    const std::string& text = json.text;
    bool right = text.size() == form.size();
    for (std::size_t i = 0; right && i < form.size(); ++i)
        right = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    if (!right) return to.fail("a time, such as 2020-07-21T02:24:00Z");
    const auto part = [&](std::size_t at, std::size_t size) { return std::stoul(text.substr(at, size)); };
    const std::chrono::year year(static_cast<int>(part(0, 4)));
    const std::chrono::year_month_day date{year, std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(part(8, 2)))};
    if (!date.ok()) return to.fail("a time on a day that exists");
    const auto day = (std::chrono::sys_days(date) - std::chrono::sys_days(year / 1 / 1)).count() + 1;
    to.out.array(3).uint(part(0, 4)).uint(static_cast<std::uint64_t>(day));
    to.out.uint((part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2)) * picoseconds_in_second);
}

/// Seconds as picoseconds, which may need more than 64 bits.
void write_seconds(ResultWriter& to, const JsonValue& json) {
    const Rational seconds = rational(to, json);
    if (!to.trouble().empty() || picoseconds_in_second % seconds.denominator != 0)
        return to.fail("seconds with up to 12 decimals");
    __extension__ using Wide = unsigned __int128;
    const Wide picoseconds = Wide{seconds.numerator} * (picoseconds_in_second / seconds.denominator);
    if (picoseconds >> 64 == 0) return void(to.out.uint(static_cast<std::uint64_t>(picoseconds)));
    std::vector<std::uint8_t> bytes;
    for (int shift = 120; shift >= 0; shift -= 8)
        if (const auto byte = static_cast<std::uint8_t>(picoseconds >> shift); byte != 0 || !bytes.empty())
            bytes.push_back(byte);
    to.out.tag(2).bytes(BytesView(bytes));
}

void write_bound(ResultWriter& to, const JsonValue& json) {
    const bool peras = json.find("perasRound") != nullptr;
    to.out.array(peras ? 4 : 3);
    to.member(json, "time", write_seconds);
    to.member(json, "slot", write_whole);
    to.member(json, "epoch", write_whole);
    if (peras) to.member(json, "perasRound", write_whole);
}
void write_safe_zone(ResultWriter& to, const JsonValue& json) {
    if (json.is(Kind::null)) return void(to.out.array(1).uint(1));
    to.out.array(3).uint(0);
    write_whole(to, json);
    to.out.array(1).uint(0);
}
void write_milliseconds(ResultWriter& to, const JsonValue& json) {
    const Rational seconds = rational(to, json);
    if (1'000 % seconds.denominator != 0) return to.fail("seconds with up to 3 decimals");
    to.out.uint(seconds.numerator * (1'000 / seconds.denominator));
}
void write_era_parameters(ResultWriter& to, const JsonValue& json) {
    const bool peras = json.find("perasRoundLength") != nullptr;
    to.out.array(peras ? 5 : 4);
    to.member(json, "epochLength", write_whole);
    to.member(json, "slotLength", write_milliseconds);
    to.member(json, "safeZone", write_safe_zone);
    to.member(json, "genesisWindow", write_whole);
    if (peras) to.member(json, "perasRoundLength", write_whole);
}
void write_summary(ResultWriter& to, const JsonValue& json) {
    to.out.array(3);
    to.member(json, "start", write_bound);
    to.member(json, "end", write_or_null<write_bound>);
    to.member(json, "parameters", write_era_parameters);
}

void write_microseconds(ResultWriter& to, const JsonValue& json) {
    constexpr std::uint64_t microseconds_in_second = 1'000'000;
    const Rational seconds = rational(to, json);
    if (microseconds_in_second % seconds.denominator != 0) return to.fail("seconds with up to 6 decimals");
    to.out.uint(seconds.numerator * (microseconds_in_second / seconds.denominator));
}
void write_first_parameters(ResultWriter& to, const JsonValue& json) {
    to.out.array(17);
    for (const char* name : {"minFeeA", "minFeeB", "maxBlockBodySize", "maxTxSize", "maxBlockHeaderSize", "keyDeposit",
                             "poolDeposit", "eMax", "nOpt"})
        to.member(json, name, write_whole);
    for (const char* name : {"a0", "rho", "tau", "decentralisationParam"}) to.member(json, name, write_rational);
    to.member(json, "extraEntropy", [](ResultWriter& of, const JsonValue& entropy) {
        const JsonValue* nonce = ResultWriter::given(entropy, "contents");
        write_nonce(of, nonce != nullptr ? *nonce : JsonValue());
    });
    to.member(json, "protocolVersion", write_version);
    to.member(json, "minUTxOValue", write_whole);
    to.member(json, "minPoolCost", write_whole);
}
void write_delegate(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "delegate", write_hash<28>);
    to.member(json, "vrf", write_hash<32>);
}
void write_staking(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "pools", by_pool<write_pool_parameters>);
    to.member(json, "stake", by_pool<write_hash<28>>);
}
void write_genesis(ResultWriter& to, const JsonValue& json) {
    to.out.array(16);
    to.member(json, "systemStart", write_start);
    to.member(json, "networkMagic", write_whole);
    to.member(json, "networkId", [](ResultWriter& of, const JsonValue& network) {
        of.out.uint(one_of(of, network, {"Testnet", "Mainnet"}));
    });
    to.member(json, "activeSlotsCoeff", write_plain_rational);
    for (const char* name : {"securityParam", "epochLength", "slotsPerKESPeriod", "maxKESEvolutions"})
        to.member(json, name, write_whole);
    to.member(json, "slotLength", write_microseconds);
    to.member(json, "updateQuorum", write_whole);
    to.member(json, "maxLovelaceSupply", write_whole);
    to.member(json, "protocolParams", write_first_parameters);
    to.member(json, "genDelegs", by_pool<write_delegate>);
    to.member(json, "initialFunds", write_map<write_hex, write_whole>);
    to.member(json, "staking", write_staking);
    to.member_or(json, "extraConfig", write_maybe<write_item>, [&] { to.out.array(0); });
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
    if (with_bls) to.member(json, "blsKey", write_or_null<write_bls>);
    to.member(json, "pledge", write_whole);
    to.member(json, "cost", write_whole);
    to.member(json, "margin", write_rational);
    to.member(json, "accountAddress", write_account);
    to.member(json, "owners", write_set<write_hash<28>>);
    to.member(json, "relays", write_list<write_relay>);
    to.member(json, "metadata", write_or_null<write_metadata>);
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
