#include <ouro/n2c/governance.hpp>

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

KeyHash hash(std::uint8_t byte) {
    KeyHash filled;
    filled.fill(byte);
    return filled;
}

const Credential key_a{Credential::Kind::key, hash(0xaa)};
const Credential script_b{Credential::Kind::script, hash(0xbb)};
const std::string anchor = "82 6175 5820" + std::string(64, 'c');

}  // namespace

TEST_CASE("Results about governance are the ledger's JSON", "[unit][n2c][governance][golden]") {
    check({"queryConstitution", json_of(parse_constitution)});
    check({"queryDRepState", json_of(parse_drep_state), {"delegators"}});
    check({"queryDRepStakeDistr", json_of(parse_drep_stake)});
    check({"queryCommitteeMembersState", json_of(parse_committee)});
    check({"queryStakePoolDefaultVote", json_of(parse_default_vote)});
    check({"queryDRepDelegations", json_of(parse_drep_delegations)});
}

TEST_CASE("Queries about governance contain sorted sets", "[unit][n2c][governance]") {
    CHECK(query::constitution(Era::conway).cbor == hex("8117"));
    CHECK(query::drep_state(Era::conway).cbor == hex("821819 d9010280"));
    CHECK(query::drep_state(Era::conway, {key_a, script_b}).cbor ==
          hex("821819 d9010282 8201581c" + b + "8200581c" + a));
    const std::vector<DRep> dreps{DRep(DRep::Kind::no_confidence), DRep(DRep::Kind::abstain),
                                  DRep(DRep::Kind::script, hash(0xbb)), DRep(DRep::Kind::key, hash(0xaa)),
                                  DRep(DRep::Kind::abstain)};
    const std::string sorted = "d9010284 8200581c" + a + "8201581c" + b + "8102 8103";
    CHECK(query::drep_stake(Era::conway, dreps).cbor == hex("82181a" + sorted));
    CHECK(query::drep_delegations(Era::conway, dreps).cbor == hex("821827" + sorted));
    CHECK(query::default_vote(Era::conway, hash(0xaa)).cbor == hex("821823 581c" + a));
    CHECK(query::committee(Era::conway).cbor == hex("84181b d9010280 d9010280 d9010280"));
    CHECK(query::committee(Era::conway, script_b, {key_a, script_b}, {MemberStatus::unrecognized, MemberStatus::active})
              .cbor ==
          hex("84181b d9010281 8201581c" + b + "d9010282 8201581c" + b + "8200581c" + a + "d9010282 00 02"));
    CHECK(query::as_cbor(query::constitution(Era::conway)).cbor == hex("82098117"));
}

TEST_CASE("A representative has its delegators, which older nodes do not send", "[unit][n2c][governance]") {
    const std::string key = "a1 8200581c" + a;
    DRepState expected;
    expected.expiry = 7;
    expected.deposit = 8;
    expected.anchor = Anchor{"u", {}};
    expected.anchor->hash.fill(0xcc);
    const std::string three = "07 81" + anchor + "08";
    CHECK(parse_drep_state(hex(key + "83" + three)) == Result(Entries<Credential, DRepState>{{key_a, expected}}));
    expected.delegators = {script_b, key_a};
    const Bytes whole = hex(key + "84" + three + "d9010282 8201581c" + b + "8200581c" + a);
    CHECK(parse_drep_state(whole) == Result(Entries<Credential, DRepState>{{key_a, expected}}));
    CHECK(to_json(*parse_drep_state(whole))
              .find(R"("delegators":[{"scriptHash":")" + b + R"("},{"keyHash":")" + a + R"("}])") != std::string::npos);
    vectors::sweep(whole, json_of(parse_drep_state));
    CHECK(parse_drep_state(hex(key + "85" + three + "8000")).error() == Errc::malformed);
    CHECK(parse_drep_state(hex(key + "82 07 80")).error() == Errc::malformed);
    CHECK(parse_drep_state(hex(key + "83 07" + anchor + "08")).error() == Errc::malformed);
}

TEST_CASE("A member of the committee of another shape is refused", "[unit][n2c][governance]") {
    const auto member = [](const std::string& hot, const std::string& rest = "00 80 8102") {
        return parse_committee(hex("83 a1 8200581c" + a + "84" + hot + rest + "80 07")).error();
    };
    CHECK(member("8101") == Errc::none);
    CHECK(member("82 02 80") == Errc::none);
    for (const char* hot : {"8100", "820100", "8102", "8103", "80", "820300", "f6"})
        CHECK(member(hot) == Errc::malformed);
    for (const char* rest : {"03 80 8102", "00 820102 8102", "00 80 8105", "00 80 820102", "00 80 8104", "00 80 80"})
        CHECK(member("8101", rest) == Errc::malformed);
    CHECK(parse_default_vote(hex("03")).error() == Errc::malformed);
    CHECK(parse_constitution(hex("82" + anchor + "581c" + a)));
    CHECK(parse_constitution(hex("83" + anchor + "581c" + a + "00")).error() == Errc::malformed);
}
