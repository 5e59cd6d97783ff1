#include <ouro/n2c/query_result.hpp>

#include "support/catch.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace ouro::n2c;
using namespace std::chrono_literals;

namespace {

/// Each of these is refused by `parse`; `why` names what is wrong with them.
template <class Parse>
void check_refused(Parse parse, std::string_view why, const std::vector<std::string>& all) {
    for (const std::string& digits : all) {
        INFO(why << ": " << digits);
        CHECK(parse(hex(digits)).error() == Errc::malformed);
    }
}

/// `digits` mean `value`; no beginning of them does, nor they with a byte more.
template <class Parse, class T>
void check_parsed(Parse parse, const std::string& digits, const T& value) {
    INFO(digits);
    const Bytes whole = hex(digits);
    const auto parsed = parse(whole);
    REQUIRE(parsed);
    CHECK(*parsed == value);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(parse(whole.slice(0, size)).error() == Errc::malformed);
    check_refused(parse, "a byte too much", {digits + "00"});
}

const std::string pool_a = "a0000000000000000000000000000000000000000000000000000000";
const std::string pool_b = "b0000000000000000000000000000000000000000000000000000000";

PoolId pool(std::uint8_t first) { return {first}; }

}  // namespace

TEST_CASE("A system start is year, day and picoseconds", "[unit][n2c][query_result]") {
    check_parsed(parse_system_start, "831907e119010a1b0116253fec1c3000",
                 SystemStart{2017, 266, 78'291'000'000'000'000});
    check_parsed(parse_system_start, "83c24207e1c2410ac248 0116253fec1c3000",
                 SystemStart{2017, 10, 78'291'000'000'000'000});
    check_parsed(parse_system_start, "83c24900ffffffffffffffff0000", SystemStart{UINT64_MAX, 0, 0});
    check_refused(parse_system_start, "another shape", {"80", "820101", "8401010101", "9f010101ff", "01"});
    check_refused(parse_system_start, "no integers", {"83f40101", "83200101", "83c3410101", "830161 3001"});
    check_refused(parse_system_start, "an integer above 64 bits", {"83c2490100000000000000000101"});
}

TEST_CASE("A chain has a block number, but not at the origin", "[unit][n2c][query_result]") {
    check_parsed(parse_chain_block_number, "820102", std::optional(BlockNumber{2}));
    check_parsed(parse_chain_block_number, "8100", std::optional<BlockNumber>());
    check_refused(parse_chain_block_number, "another shape",
                  {"80", "8101", "820002", "83010200", "820202", "8102", "02"});
}

TEST_CASE("A point and an era are results of their own", "[unit][n2c][query_result]") {
    check_parsed(parse_point, "80", Point());
    check_parsed(parse_point, wire::point_a_hex, wire::point_a());
    check_refused(parse_point, "no point", {"f6", "8105", "00"});

    check_parsed(parse_current_era, "06", Era::conway);
    check_parsed(parse_current_era, "00", Era::byron);
    check_refused(parse_current_era, "no era", {"8106", "20"});
    CHECK(parse_current_era(hex("08")).error() == Errc::unknown_era);
}

TEST_CASE("An era history is read with three or four elements a bound and four or five parameters",
          "[unit][n2c][query_result]") {
    const EraSummary byron{{{0, 0}, Slot{0}, 0, {}}, EraBound{{100, 0}, Slot{10}, 1, {}}, {10, 20s, 20, 40, {}}};
    const EraSummary open{{{100, 0}, Slot{10}, 1, 7}, {}, {100, 1s, {}, 36, 9}};
    const std::string byron_hex = "83 83000000 831b00005af3107a40000a01 840a194e208300148100 1828";
    const std::string open_hex = "83 841b00005af3107a40000a0107 f6 8518641903e88101182409";
    check_parsed(parse_era_history, "9f" + byron_hex + open_hex + "ff", std::vector{byron, open});
    check_parsed(parse_era_history, "82" + byron_hex + open_hex, std::vector{byron, open});
    check_parsed(parse_era_history, "9fff", std::vector<EraSummary>());

    const auto of = [](const std::string& start, const std::string& end, const std::string& parameters) {
        return "81 83" + start + end + parameters;
    };
    const std::string bound = "83000000";
    const std::string params = "84010181 0101";
    REQUIRE(parse_era_history(hex(of(bound, "f6", params))));
    check_refused(parse_era_history, "a summary of another shape", {"8180", "8182" + bound + "f6", "81f6"});
    check_refused(parse_era_history, "a bound of another shape",
                  {of("820000", "f6", params), of("850000000000", "f6", params), of("f6", "f6", params)});
    // Where the lengths are not looked at, these hold one summary and three.
    const std::string summary = "83" + bound + "f6" + params;
    const std::string two = summary + summary;
    REQUIRE(parse_era_history(hex("9f" + two + "ff")));
    check_refused(parse_era_history, "an element that is its neighbour's",
                  {"9f83820000 00 f6" + params + "ff", "9f83 85000000f6" + params + two + "ff",
                   "9f83" + bound + "f6 83010181 01 01 ff", "9f83" + bound + "f6 86010181 0101" + two + "ff"});
    check_refused(parse_era_history, "an end that is none",
                  {of(bound, "f7", params), of(bound, "f4", params), of(bound, "80", params), of(bound, "00", params)});
    check_refused(parse_era_history, "a time that is none",
                  {of("83200000", "f6", params), of("83c341010000", "f6", params)});
    check_refused(parse_era_history, "parameters of another shape",
                  {of(bound, "f6", "8301018101"), of(bound, "f6", "8601018101010101")});
    check_refused(parse_era_history, "a safe zone of another shape",
                  {of(bound, "f6", "840101810001"), of(bound, "f6", "84010182010001"), of(bound, "f6", "840101810201"),
                   of(bound, "f6", "8401018300018001"), of(bound, "f6", "840101830001810101")});
}

TEST_CASE("A time on the chain may need more than 64 bits", "[unit][n2c][query_result]") {
    const auto time = [](const std::string& digits) {
        const auto start = parse_era_start(hex("8183" + digits + "0000"));
        return start ? (*start)->time : ChainTime{};
    };
    CHECK(time("1b0018de76816d8000") == ChainTime{7'000, 0});
    CHECK(time("1bffffffffffffffff") == ChainTime{18'446'744, 73'709'551'615});
    CHECK(time("c248ffffffffffffffff") == ChainTime{18'446'744, 73'709'551'615});
    CHECK(time("c249010000000000000000") == ChainTime{18'446'744, 73'709'551'616});
    CHECK(time("c24a0a968163f0a57b400000") == ChainTime{50'000'000'000, 0});
    CHECK(time("c240") == ChainTime{});
    // As many seconds as 64 bits hold, and one more.
    CHECK(time("c24de8d4a50fffffffff172b5af000") == ChainTime{UINT64_MAX, 0});
    CHECK(parse_era_start(hex("8183c24de8d4a510000000000000000000 0000")).error() == Errc::malformed);
}

TEST_CASE("An era that has not begun has no start", "[unit][n2c][query_result]") {
    check_parsed(parse_era_start, "80", std::optional<EraBound>());
    check_parsed(parse_era_start, "818300 0a01", std::optional(EraBound{{}, Slot{10}, 1, {}}));
    check_parsed(parse_era_start, "8184000a0103", std::optional(EraBound{{}, Slot{10}, 1, 3}));
    check_refused(parse_era_start, "another shape", {"f6", "82 83000000 83000000", "8283000000", "83000000"});
}

TEST_CASE("An answer in an era is one item, or the names of two eras", "[unit][n2c][query_result]") {
    using Answer = std::variant<Bytes, EraMismatch>;
    check_parsed(parse_era_answer, "810a", Answer(hex("0a")));
    check_parsed(parse_era_answer, "819f01ff", Answer(hex("9f01ff")));
    check_parsed(parse_era_answer, "828201675368656c6c65798200654279726f6e",
                 Answer(EraMismatch{{Era::shelley, "Shelley"}, {Era::byron, "Byron"}}));
    const Bytes answer = hex("81820102");
    CHECK(std::get<Bytes>(*parse_era_answer(answer)).data() == answer.data() + 1);
    check_refused(parse_era_answer, "another length",
                  {"80", "83010203", "83 82016161 82016161", "80 82016161 82016161", "9f01ff", "0a"});
    check_refused(parse_era_answer, "no mismatch", {"820102", "8281018101", "8282016161 8201"});
    CHECK(parse_era_answer(hex("8282086161 82016161")).error() == Errc::unknown_era);
    check_refused(parse_era_answer, "a name that is no text", {"82 82014161 82016161", "82 82016161 820161ff"});
    check_refused(parse_era_answer, "an item that is not well-formed", {"811c", "81ff"});
}

TEST_CASE("An epoch number, and a result as bytes", "[unit][n2c][query_result]") {
    check_parsed(parse_epoch_number, "0a", std::uint64_t{10});
    check_refused(parse_epoch_number, "no number", {"20", "810a", "f6"});
    check_parsed(parse_cbor, "d818430a0b0c", hex("0a0b0c"));
    check_refused(parse_cbor, "no bytes", {"430a0b0c", "d8186161", "d819410a", "d8185f410aff"});
}

TEST_CASE("Stake pools are a set, tagged or not, in either form", "[unit][n2c][query_result]") {
    const std::vector<PoolId> two{pool(0xa0), pool(0xb0)};
    const std::string ids = "581c" + pool_a + "581c" + pool_b;
    check_parsed(parse_stake_pools, "d9010282" + ids, two);
    check_parsed(parse_stake_pools, "82" + ids, two);
    check_parsed(parse_stake_pools, "d901029f" + ids + "ff", two);
    check_parsed(parse_stake_pools, "d9010280", std::vector<PoolId>());
    check_refused(parse_stake_pools, "another tag", {"d9010382" + ids, "d9010182" + ids});
    check_refused(parse_stake_pools, "an id of another length", {"8144a0000000", "815820" + wire::hash_a});
    check_refused(parse_stake_pools, "no set", {"a0", "f6", "d90102a0"});
}

TEST_CASE("A stake distribution is read under either tag", "[unit][n2c][query_result]") {
    const Hash vrf = wire::point_a().hash();
    const std::string vrf_hex = "5820" + wire::hash_a;
    const StakeDistribution shares{{{pool(0xb0), {1, 3}, {}, vrf}, {pool(0xa0), {2, 3}, {}, vrf}}, {}};
    const std::string b = "581c" + pool_b + "82d81e820103" + vrf_hex;
    const std::string a = "581c" + pool_a + "82820203" + vrf_hex;  // without the tag of a rational
    check_parsed(parse_stake_distribution, "a2" + b + a, shares);
    check_parsed(parse_stake_distribution, "bf" + b + a + "ff", shares);
    check_parsed(parse_stake_distribution, "a0", StakeDistribution());

    const StakeDistribution totals{{{pool(0xa0), {1, 1}, 5, vrf}}, 7};
    const std::string entry = "581c" + pool_a + "83d81e82010105" + vrf_hex;
    check_parsed(parse_stake_distribution, "82a1" + entry + "07", totals);
    check_parsed(parse_stake_distribution, "82bf" + entry + "ff07", totals);
    check_parsed(parse_stake_distribution, "82a000", StakeDistribution{{}, 0});

    // Since protocol version 12 with a key for votes, or none.
    const std::string start = "82a1581c" + pool_a + "84d81e82010105" + vrf_hex;
    check_parsed(parse_stake_distribution, start + "80 07", totals);
    StakeDistribution with_key = totals;
    with_key.pools[0].bls = BlsKey{hex("010203"), hex("0405")};
    check_parsed(parse_stake_distribution, start + "81 82 43010203 420405 07", with_key);
    check_refused(
        parse_stake_distribution, "a key of another shape",
        {start + "82 00 00 07", start + "81 81 43010203 07", start + "81 82 43010203 00 07", start + "f6 07"});

    check_refused(parse_stake_distribution, "the entries of the other tag", {"a1" + entry, "82a1" + a + "07"});
    check_refused(parse_stake_distribution, "another shape", {"81a0", "83a00000", "f6", "8280 00"});
    check_refused(parse_stake_distribution, "no rational",
                  {"a1581c" + pool_a + "8201" + vrf_hex, "a1581c" + pool_a + "82d81f820101" + vrf_hex,
                   "a1581c" + pool_a + "8283010101" + vrf_hex, "a1581c" + pool_a + "82820100" + vrf_hex});
    check_refused(parse_stake_distribution, "an id of another length", {"a141a0820101" + vrf_hex});
}

TEST_CASE("A rejection with a text is described by it, and another one is not", "[unit][n2c][query_result]") {
    CHECK(rejection_text(hex("828201675368656c6c65798200654279726f6e")) ==
          "a transaction of Shelley while the ledger is in Byron");
    CHECK(rejection_text(hex("656572726f72")) == "error");
    CHECK(rejection_text(hex("8203656572726f72")) == "error");
    CHECK(rejection_text(hex("8182068182018200f6")) == "Conway, UTXO: unknown failure f6");
    for (const char* digits : {"8100", "83000000", "8200",
                               "82006165"
                               "00",
                               "a0", ""}) {
        INFO(digits);
        CHECK(rejection_text(hex(digits)).empty());
    }
}
