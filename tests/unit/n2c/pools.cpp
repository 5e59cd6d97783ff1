#include <ouro/n2c/pools.hpp>

#include <ouro/n2c/message.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::check;
using vectors::json_of;

namespace {

const std::string a(56, 'a');
const std::string b(56, 'b');

PoolId pool(std::uint8_t byte) {
    PoolId id;
    id.fill(byte);
    return id;
}

const std::string two = "82 581c" + a + "581c" + b;

/// Named exception: the examples have the IPv4 addresses of relays reversed beside the text of their JSON. Nodes send
/// them as they stand in the transactions, in network byte order (cardano-ledger, `ipv4ToBytes`; cardano-cli, issue
/// 1442).
Bytes with_ipv4_in_network_order(const Bytes& example) {
    std::string digits = to_hex(example);
    for (const auto& [reversed, right] : {std::pair("440100007f", "447f000001"), std::pair("440100000a", "440a000001")})
        for (std::size_t at = digits.find(reversed); at != std::string::npos; at = digits.find(reversed, at))
            digits.replace(at, 10, right);
    return hex(digits);
}

const std::string vrf = "5820" + std::string(64, 'c');
const std::string account = "581de0" + a;

/// A pool with `relays`, and `bls` before the pledge.
std::string registration(const std::string& relays, const std::string& bls = {}) {
    return "a1 581c" + b + (bls.empty() ? "89" : "8a") + "581c" + b + vrf + bls + "01 02 d81e820102" + account +
           "81581c" + a + relays + "f6";
}

}  // namespace

TEST_CASE("Results about pools are the ledger's JSON", "[unit][n2c][pools][golden]") {
    check({"queryPoolParameters", json_of(parse_pool_parameters), {}, "conway", with_ipv4_in_network_order});
    check({"queryPoolState", json_of(parse_pool_state), {}, "conway", with_ipv4_in_network_order});
    check({"querySPOStakeDistr", json_of(parse_pool_voting_stake)});
    for (const char* era : {"conway", "dijkstra"}) {
        check({"queryStakeSnapshots", json_of(parse_stake_snapshots), {}, era});
        check({"querySetSnapshotStakePoolDistr", json_of(parse_stake_distribution), {}, era});
    }
}

TEST_CASE("Queries about pools contain a sorted set, or none for all", "[unit][n2c][pools]") {
    const std::vector<PoolId> unsorted{pool(0xbb), pool(0xaa), pool(0xbb)};
    const auto some = std::optional(List<PoolId>(unsorted));
    for (const Era era : {Era::babbage, Era::conway}) {
        CHECK(query::pool_parameters(era, unsorted).cbor == hex("8211 d90102" + two));
        CHECK(query::pool_state(era, some).cbor == hex("8213 81 d90102" + two));
        CHECK(query::pool_state(era).cbor == hex("8213 80"));
        CHECK(query::stake_snapshots(era, some).cbor == hex("8214 81 d90102" + two));
        CHECK(query::stake_snapshots(era).cbor == hex("8214 80"));
    }
    CHECK(query::pool_distribution(Era::conway, version(20), some).cbor == hex("8215 81 d90102" + two));
    CHECK(query::pool_distribution(Era::conway, version(21), some).cbor == hex("821824 81 d90102" + two));
    CHECK(query::pool_distribution(Era::conway, version(23)).cbor == hex("821824 80"));
    CHECK(query::pool_voting_stake(Era::conway, unsorted).cbor == hex("82181e d90102" + two));
    CHECK(query::as_cbor(query::stake_snapshots(Era::conway)).cbor == hex("8209 821480"));
}

TEST_CASE("Relays keep their addresses in network byte order", "[unit][n2c][pools]") {
    const auto parsed = parse_pool_parameters(
        hex(registration("83 8400190bb9 440a000001 50b80d0120000000000000000001000000 8301f6616e 820261 73")));
    REQUIRE(parsed);
    const std::vector<Relay>& relays = parsed->at(0).second.relays;
    REQUIRE(relays.size() == 3);
    CHECK(relays[0] == Relay(RelayAddress{
                           3001, std::array<std::uint8_t, 4>{10, 0, 0, 1},
                           std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}));
    CHECK(relays[1] == Relay(RelayName{{}, "n"}));
    CHECK(relays[2] == Relay(RelayService{"s"}));
    CHECK(to_json(relays[0]) == R"({"single host address":{"IPv4":"10.0.0.1","IPv6":"2001:db8::1","port":3001}})");
    CHECK(to_json(relays[1]) == R"({"single host name":{"dnsName":"n","port":null}})");
    CHECK(to_json(relays[2]) == R"({"multi host name":{"dnsName":"s"}})");

    for (const char* wrong : {"8183026161f6", "81820061 61", "818400f6f6", "81 84001a00010000f6f6",
                              "81840043010203f6f6", "8184 00f6450102030405f6", "81830161 6161", "818103"}) {
        INFO(wrong);
        CHECK(parse_pool_parameters(hex(registration(wrong))).error() == Errc::malformed);
    }
}

TEST_CASE("A pool of Dijkstra may have a voting key after its VRF key", "[unit][n2c][pools]") {
    const auto bls_of = [](const std::string& bls) {
        const auto parsed = parse_pool_parameters(hex(registration("80", bls)));
        REQUIRE(parsed);
        CHECK(parsed->at(0).second.pledge == 1);
        return parsed->at(0).second.bls;
    };
    CHECK_FALSE(bls_of(""));
    CHECK_FALSE(bls_of("f6"));
    CHECK(bls_of("82 4101 4102") == BlsKey{hex("01"), hex("02")});
    CHECK(parse_pool_parameters(hex(registration("80", "00"))).error() == Errc::malformed);
}

TEST_CASE("A reward account is 29 bytes of a known kind and network", "[unit][n2c][pools]") {
    const auto account_of = [](const std::string& head) {
        std::string digits = registration("80");
        digits.replace(digits.find(account), account.size(), "581d" + head + a);
        return parse_pool_parameters(hex(digits));
    };
    const auto read = [&](const std::string& head) { return account_of(head)->at(0).second.account; };
    CHECK(read("e0").network == NetworkId::testnet);
    CHECK(read("e1").network == NetworkId::mainnet);
    CHECK(read("e1").credential.kind == Credential::Kind::key);
    CHECK(read("f0").credential.kind == Credential::Kind::script);
    CHECK(to_json(read("f1")) == R"({"credential":{"scriptHash":")" + a + R"("},"network":"Mainnet"})");
    for (const char* head : {"e2", "ff", "61", "00"}) CHECK(account_of(head).error() == Errc::malformed);
}
