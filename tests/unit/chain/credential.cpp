#include <ouro/chain/credential.hpp>

#include <algorithm>
#include <string>

#include <ouro/chain/bech32.hpp>

#include "support/hex.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

Hash28 hash_of(const std::string& digits) {
    const Bytes bytes = hex(digits);
    Hash28 hash{};
    REQUIRE(bytes.size() == hash.size());
    std::copy_n(bytes.data(), hash.size(), hash.begin());
    return hash;
}

constexpr auto key = Credential::Kind::key, script = Credential::Kind::script;
const std::string some_hash(56, '7');

}  // namespace

TEST_CASE("Credentials of governance are written as in CIP-129", "[unit][chain][credential]") {
    const auto [text, role, kind] = GENERATE(table<std::string, GovernanceRole, Credential::Kind>(
        {{"cc_hot1qgqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqvcdjk7", GovernanceRole::cc_hot, key},
         {"cc_cold1zvqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq6kflvs", GovernanceRole::cc_cold, script},
         {"drep1ygqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq7vlc9n", GovernanceRole::drep, key}}));
    INFO(text);
    const GovernanceId id{role, {kind, {}}};
    CHECK(to_string(id) == text);
    const auto parsed = parse_governance_id(text);
    REQUIRE(parsed);
    CHECK(*parsed == id);
}

TEST_CASE("Credentials of governance are read in all three forms in use", "[unit][chain][credential]") {
    const Hash28 hash = hash_of(some_hash);
    for (const auto& [name, role, header] : {std::tuple{"cc_hot", GovernanceRole::cc_hot, "0"},
                                             {"cc_cold", GovernanceRole::cc_cold, "1"},
                                             {"drep", GovernanceRole::drep, "2"}}) {
        INFO(name);
        const std::string prefix(name);
        for (const auto kind : {key, script}) {
            const GovernanceId id{role, {kind, hash}};
            const std::string cip129 =
                to_bech32(prefix, hex(header + std::string(kind == key ? "2" : "3") + some_hash));
            const std::string cip105 = to_bech32(prefix + (kind == key ? "_vkh" : "_script"), hash);
            CHECK(to_string(id) == cip129);
            CHECK(to_string(id, GovernanceText::cip105) == cip105);
            CHECK(parse_governance_id(cip129) == Result(id));
            CHECK(parse_governance_id(cip105) == Result(id));
        }
        CHECK(parse_governance_id(to_bech32(prefix, hash)) == Result(GovernanceId{role, {key, hash}}));
    }
}

TEST_CASE("A text that is not a credential of governance is refused", "[unit][chain][credential]") {
    const auto error = [](std::string_view prefix, const std::string& digits) {
        return parse_governance_id(to_bech32(prefix, hex(digits))).error();
    };
    CHECK(error("pool", some_hash) == Errc::wrong_prefix);
    CHECK(error("drep_vk", some_hash) == Errc::wrong_prefix);
    CHECK(error("drep", "02" + some_hash) == Errc::malformed);
    CHECK(error("drep", "24" + some_hash) == Errc::malformed);
    CHECK(error("drep", some_hash.substr(2)) == Errc::malformed);
    CHECK(error("drep_vkh", "22" + some_hash) == Errc::malformed);
    CHECK(error("drep", "") == Errc::malformed);
    CHECK(parse_governance_id("drep1ygqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq7vlc9m").error() ==
          Errc::wrong_checksum);
}

TEST_CASE("A pool id is the hash of the key that signs its blocks", "[unit][chain][credential]") {
    const std::string text = "pool1pu5jlj4q9w9jlxeu370a3c9myx47md5j5m2str0naunn2q3lkdy";
    const auto pool = parse_pool(text);
    REQUIRE(pool);
    CHECK(to_hex(*pool) == "0f292fcaa02b8b2f9b3c8f9fd8e0bb21abedb692a6d5058df3ef2735");
    CHECK(pool_text(*pool) == text);
    CHECK(parse_pool(to_bech32("pool", hex("00"))).error() == Errc::malformed);
    CHECK(parse_pool(to_bech32("pool_vk", hex(some_hash))).error() == Errc::wrong_prefix);
    // The payment key of CIP-19 and its hash there.
    const auto vector = from_bech32("addr_vk1w0l2sr2zgfm26ztc6nl9xy8ghsk5sh6ldwemlpmp9xylzy4dtf7st80zhd", "addr_vk");
    REQUIRE(vector);
    CHECK(to_hex(pool_of(*vector)) == "9493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e");
}
