#include <ouro/n2c/accounts.hpp>

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

Credential credential(Credential::Kind kind, std::uint8_t byte) {
    KeyHash hash;
    hash.fill(byte);
    return {kind, hash};
}

const Credential key_a = credential(Credential::Kind::key, 0xaa);
const Credential key_b = credential(Credential::Kind::key, 0xbb);
const Credential script_b = credential(Credential::Kind::script, 0xbb);

/// `script_b`, `key_a` and `key_b` in the ledger's order.
const std::string three = "83 8201581c" + b + "8200581c" + a + "8200581c" + b;

}  // namespace

TEST_CASE("Results about accounts are the ledger's JSON", "[unit][n2c][accounts][golden]") {
    check({"queryStakePoolDelegsAndRewards", json_of(parse_delegations)});
    check({"queryAccountsDeposits", json_of(parse_stake_deposits)});
    check({"queryDRepDelegatees", json_of(parse_vote_delegations)});
    check({"queryChainAccountState", json_of(parse_pots)});
}

TEST_CASE("Queries about accounts contain a sorted set, scripts first", "[unit][n2c][accounts]") {
    const std::vector<Credential> unsorted{key_b, key_a, script_b, key_a};
    CHECK(query::delegations(Era::conway, unsorted).cbor == hex("820a d90102" + three));
    CHECK(query::delegations(Era::babbage, unsorted).cbor == hex("820a" + three));
    CHECK(query::stake_deposits(Era::conway, unsorted).cbor == hex("8216 d90102" + three));
    CHECK(query::stake_deposits(Era::babbage, unsorted).cbor == hex("8216 d90102" + three));
    CHECK(query::vote_delegations(Era::conway, unsorted).cbor == hex("82181c d90102" + three));
    CHECK(query::pots(Era::conway).cbor == hex("81181d"));
    CHECK(query::as_cbor(query::stake_deposits(Era::conway, {})).cbor == hex("8209 8216d9010280"));
}

TEST_CASE("A query about rewards has amounts before accounts", "[unit][n2c][accounts]") {
    CHECK(query::member_rewards(Era::conway, {key_a, std::uint64_t{5}, script_b}).cbor ==
          hex("8202 d90102 83 820005 82018201581c" + b + "82018200581c" + a));
}

TEST_CASE("Rewards of members are read from the reference's example", "[unit][n2c][accounts][golden]") {
    const auto folder = vectors::golden / "consensus/QueryVersion3/CardanoNodeToClientVersion19";
    if (!vectors::have(folder)) return;
    const auto answer = parse_era_answer(vectors::bytes_of(folder / "Result_Conway_NonMyopicMemberRewards"));
    REQUIRE(answer);
    const Bytes& result = std::get<Bytes>(*answer);
    const auto rewards = parse_member_rewards(result);
    REQUIRE(rewards);
    REQUIRE(rewards->size() == 3);
    CHECK((*rewards)[0].first == RewardSubject(std::uint64_t{100}));
    CHECK((*rewards)[0].second.at(0).second == 3);
    CHECK((*rewards)[1].second.empty());
    CHECK(std::get<Credential>((*rewards)[2].first).kind == Credential::Kind::key);
    vectors::sweep(result, json_of(parse_member_rewards));
    CHECK(to_json(*rewards).starts_with(R"([{"lovelace":100,"rewards":{"a646474b)"));
    CHECK(to_json(*rewards).find(R"({"account":{"scriptHash":"e0a71431)") != std::string::npos);

    // The query of the same folder has the same subjects.
    std::vector<RewardSubject> reversed;
    for (const auto& [subject, pools] : *rewards) reversed.insert(reversed.begin(), subject);
    const Bytes ours = query::member_rewards(Era::conway, reversed).ask();
    const Bytes theirs = vectors::bytes_of(folder / "Query_Conway_GetNonMyopicMemberRewards");
    CHECK(to_hex(ours) == "8200" + to_hex(theirs));
}

TEST_CASE("Credentials and accounts of another shape are refused where they begin", "[unit][n2c][accounts]") {
    const auto refused_at = [](const std::string& digits) {
        const auto parsed = parse_stake_deposits(hex(digits));
        CHECK(parsed.error() == Errc::malformed);
        return parsed.offset();
    };
    REQUIRE(parse_stake_deposits(hex("a18200581c" + a + "07")));
    CHECK(refused_at("a18202581c" + a + "07") == 2);
    CHECK(refused_at("a18200581b" + a.substr(2) + "07") == 3);
    CHECK(refused_at("a18100581c" + a + "07") == 1);
    CHECK(refused_at("a18200581c" + a + "f6") == 33);
    CHECK(refused_at("a18200581c" + a + "0700") == 34);
    const auto drep = [](const std::string& digits) {
        return parse_vote_delegations(hex("a18200581c" + a + digits)).error();
    };
    CHECK(drep("8102") == Errc::none);
    CHECK(drep("8103") == Errc::none);
    CHECK(drep("8104") == Errc::malformed);
    CHECK(drep("8100") == Errc::malformed);
    CHECK(drep("8202581c" + a) == Errc::malformed);
}
