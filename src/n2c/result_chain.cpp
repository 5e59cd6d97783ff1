#include <arpa/inet.h>

#include <array>
#include <chrono>

#include "n2c/picoseconds.hpp"
#include "n2c/result_writer.hpp"

/// Results about the chain as a whole: its start, its eras, its genesis, and the relays of its pools.
namespace ouro::n2c {

void write_nonce(ResultWriter& to, const JsonValue& json) {
    const bool neutral = json.is(JsonKind::null);
    to.out.array(neutral ? 1 : 2).uint(neutral ? 0 : 1);
    if (!neutral) write_hash<32>(to, json);
}

/// `[0]`, or `[1, slot]`.
void write_slot(ResultWriter& to, const JsonValue& json) {
    const bool origin = json.text == "origin";
    to.out.array(origin ? 1 : 2).uint(origin ? 0 : 1);
    if (!origin) write_whole(to, json);
}

namespace {

/// A fraction without a tag.
void write_plain_rational(ResultWriter& to, const JsonValue& json) {
    const Rational number = rational(to, json);
    to.out.array(2).uint(number.numerator).uint(number.denominator);
}

void write_domain(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::text)) return to.fail("a text");
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

}  // namespace

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

namespace {

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
    if (json.is(JsonKind::null)) return void(to.out.array(1).uint(1));
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

}  // namespace

void write_summary(ResultWriter& to, const JsonValue& json) {
    to.out.array(3);
    to.member(json, "start", write_bound);
    to.member(json, "end", write_nullable<write_bound>);
    to.member(json, "parameters", write_era_parameters);
}

namespace {

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
    to.member(json, "pools", write_map<write_hash<28>, write_pool_parameters>);
    to.member(json, "stake", write_map<write_hash<28>, write_hash<28>>);
}

}  // namespace

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
    to.member(json, "genDelegs", write_map<write_hash<28>, write_delegate>);
    to.member(json, "initialFunds", write_map<write_hex, write_whole>);
    to.member(json, "staking", write_staking);
    to.member_or(json, "extraConfig", write_maybe<write_item>, [&] { to.out.array(0); });
}

}  // namespace ouro::n2c
