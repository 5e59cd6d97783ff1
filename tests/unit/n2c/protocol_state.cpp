#include <ouro/n2c/protocol_state.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::check;
using vectors::json_of;

namespace {

const std::string pool(56, 'a');

/// A nonce of one repeated digit.
std::string nonce(char digit) { return "82015820" + std::string(64, digit); }
Hash hash(unsigned digit) {
    Hash filled;
    filled.fill(static_cast<std::uint8_t>(digit << 4 | digit));
    return filled;
}

const std::string counters = "a1581c" + pool + "1bffffffffffffffff";

/// The content of the answer in each file of a name, over all versions and eras.
std::vector<Bytes> consensus_results(const std::string& name) {
    std::vector<Bytes> results;
    for (const std::string codec : {"QueryVersion2", "QueryVersion3"}) {
        const vectors::fs::path parent = vectors::golden / "consensus" / codec;
        if (!vectors::have(parent)) return {};
        for (const auto& file : vectors::fs::recursive_directory_iterator(parent)) {
            const std::string found = file.path().filename().string();
            if (!found.starts_with("Result_") || !found.ends_with('_' + name)) continue;
            INFO(file.path().string());
            const auto answer = parse_era_answer(vectors::bytes_of(file.path()));
            REQUIRE(answer);
            results.push_back(std::get<Bytes>(*answer));
        }
    }
    return results;
}

}  // namespace

TEST_CASE("Epoch numbers and parameters are the ledger's JSON", "[unit][n2c][protocol_state][golden]") {
    const auto parameters = [](Era era) {
        return [era](const Bytes& result) { return parse_protocol_parameters(era, result); };
    };
    check({"queryCurrentEpochNo", json_of(parse_epoch_number)});
    check({"queryCurrentPParams", json_of(parameters(Era::conway))});
    check({"queryCurrentPParams", json_of(parameters(Era::dijkstra)), {}, "dijkstra"});
    check({"queryFuturePParams",
           json_of([](const Bytes& result) { return parse_future_parameters(Era::conway, result); })});
}

TEST_CASE("Queries about the protocol have no arguments", "[unit][n2c][protocol_state]") {
    CHECK(query::chain_dep_state(Era::conway).cbor == hex("810d"));
    CHECK(query::genesis(Era::conway).cbor == hex("810b"));
    CHECK(query::future_parameters(Era::conway).cbor == hex("811821"));
    CHECK(query::max_major_version(Era::conway).cbor == hex("811826"));
    CHECK(query::as_cbor(query::chain_dep_state(Era::conway)).cbor == hex("8209810d"));
}

TEST_CASE("The protocol state has five nonces, or six with that of the previous epoch", "[unit][n2c][protocol_state]") {
    ChainDepState expected;
    expected.last_slot = Slot{7};
    PoolId id;
    id.fill(0xaa);
    expected.counters = {{id, UINT64_MAX}};
    expected.evolving = hash(1);
    expected.candidate = hash(2);
    expected.epoch = hash(3);
    expected.last_block = hash(4);
    const std::string first = "820107" + counters + nonce('1') + nonce('2') + nonce('3');
    const std::string last = nonce('4') + "8100";
    CHECK(parse_chain_dep_state(hex("820087" + first + last)) == Result(expected));
    expected.previous_epoch = Nonce();
    CHECK(parse_chain_dep_state(hex("820088" + first + "8100" + last)) == Result(expected));
    expected.previous_epoch = Nonce(hash(5));
    const Bytes whole = hex("820088" + first + nonce('5') + last);
    CHECK(parse_chain_dep_state(whole) == Result(expected));
    vectors::sweep(whole, json_of(parse_chain_dep_state));

    const std::string digits_of_1(64, '1');
    const std::string json = to_json(expected);
    CHECK(json.find(R"("evolvingNonce":")" + digits_of_1 + '"') != std::string::npos);
    CHECK(json.find(R"("lastEpochBlockNonce":null,"lastSlot":7,"oCertCounters":{")" + pool +
                    R"(":18446744073709551615})") != std::string::npos);
    const auto origin = parse_chain_dep_state(hex("8200878100a0" + nonce('1') + nonce('2') + nonce('3') + last));
    REQUIRE(origin);
    CHECK_FALSE(origin->last_slot);
    CHECK(to_json(*origin).find(R"("lastSlot":"origin")") != std::string::npos);

    for (const std::string& wrong :
         {"820187" + first + last, "820086" + first + "8100", "820089" + first + last + "81008100",
          "8187" + first + last, "820087820207" + counters + nonce('1') + nonce('2') + nonce('3') + last,
          "820087" + first + "8101" + "8100", "820087" + first + "820041ff" + "8100"}) {
        INFO(wrong);
        CHECK(parse_chain_dep_state(hex(wrong)).error() == Errc::malformed);
    }
}

TEST_CASE("The genesis configuration is read in both lengths", "[unit][n2c][protocol_state][golden]") {
    const std::vector<Bytes> results = consensus_results("GenesisConfig");
    for (const Bytes& result : results) {
        const auto genesis = parse_genesis(result);
        REQUIRE(genesis);
        CHECK(genesis->start == SystemStart{2020, 135, 0});
        CHECK(genesis->active_slots == Rational{9, 10});
        CHECK(genesis->slot_length == std::chrono::seconds(2));
        CHECK(genesis->max_lovelace == 45'000'000'000'000'000);
        CHECK(genesis->parameters.version == ProtocolVersion{2, 0});
        CHECK_FALSE(genesis->extra);
        vectors::sweep(result, json_of(parse_genesis));
        CHECK(to_json(*genesis) ==
              R"({"activeSlotsCoeff":0.9,"epochLength":100,"genDelegs":{},"initialFunds":{},"maxKESEvolutions":10,)"
              R"("maxLovelaceSupply":45000000000000000,"networkId":"Testnet","networkMagic":0,"protocolParams":{)"
              R"("minFeeA":0,"minFeeB":0,"maxBlockBodySize":0,"maxTxSize":2048,"maxBlockHeaderSize":0,"keyDeposit":0,)"
              R"("poolDeposit":0,"eMax":0,"nOpt":100,"a0":0,"rho":0,"tau":0,"decentralisationParam":0,)"
              R"("extraEntropy":{"tag":"NeutralNonce"},"protocolVersion":{"major":2,"minor":0},"minUTxOValue":0,)"
              R"("minPoolCost":0},"securityParam":10,"slotLength":2,"slotsPerKESPeriod":20,)"
              R"("staking":{"pools":{},"stake":{}},"systemStart":"2020-05-14T00:00:00Z","updateQuorum":5})");
    }
    CHECK((results.empty() || results.size() == 4 * 7));
}

TEST_CASE("A genesis configuration has delegates, funds and data to inject", "[unit][n2c][protocol_state]") {
    const std::string head =
        "8319 07e4 190101 00 1a2d964a09 01 820114 190870 1a00069780 1a0001fa40 183e 1a000f4240 05 1b009fdf42f6e48000"
        "91 182c 1a00025ef5 1a00010000 194000 19044c 1a001e8480 1a1dcd6500 12 1896 d81e82030a d81e82031903e8 d81e820105"
        "   d81e820101 8100 820200 1a000f4240 1a1443fd00";
    const std::string delegates = "a1581c" + pool + "82581c" + pool + "5820" + std::string(64, 'b');
    const std::string funds = "a1 4261aa 1bffffffffffffffff";
    const std::string staking = "82 a0 a1581c" + pool + "581c" + pool;
    const auto genesis = parse_genesis(hex("90" + head + delegates + funds + staking + "81 83 8100 8100 8100"));
    REQUIRE(genesis);
    CHECK(genesis->magic == mainnet);
    CHECK(genesis->network == NetworkId::mainnet);
    CHECK(genesis->initial_funds == Entries<Bytes, std::uint64_t>{{hex("61aa"), UINT64_MAX}});
    CHECK(genesis->delegations.size() == 1);
    CHECK(genesis->extra == hex("83810081008100"));
    const std::string json = to_json(*genesis);
    CHECK(json.find(R"("initialFunds":{"61aa":18446744073709551615})") != std::string::npos);
    CHECK(json.find(R"("extraConfig":"83810081008100")") != std::string::npos);
    CHECK(json.find(R"("delegate":")" + pool) != std::string::npos);
    CHECK(json.find(R"("slotLength":1,)") != std::string::npos);
    CHECK(parse_genesis(hex("8f" + head + delegates + funds + staking)));
    CHECK(parse_genesis(hex("90" + head + delegates + funds + staking + "8200 00")).error() == Errc::malformed);
    CHECK(parse_genesis(hex("91" + head + delegates + funds + staking + "8000")).error() == Errc::malformed);
}

TEST_CASE("The highest major version is a number", "[unit][n2c][protocol_state][golden]") {
    const std::vector<Bytes> results = consensus_results("MaxMajorProtocolVersion");
    for (const Bytes& result : results) CHECK(parse_max_major_version(result) == Result(std::uint64_t{13}));
    CHECK((results.empty() || results.size() == 2 * 7));
    CHECK(parse_max_major_version(hex("810d")).error() == Errc::malformed);
    CHECK(parse_max_major_version(hex("")).offset() == 0);
}

TEST_CASE("Cost models have languages without a name under Unknown", "[unit][n2c][protocol_parameters]") {
    const Bytes models = hex("a4 0082 01 20 029f 3b7fffffffffffffff 1b7fffffffffffffff ff 0380 0881 1863");
    const auto parsed = parse_cost_models(models);
    REQUIRE(parsed);
    CHECK(*parsed == std::vector<CostModel>{{0, {1, -1}}, {2, {INT64_MIN, INT64_MAX}}, {3, {}}, {8, {99}}});
    ProtocolParameters parameters;
    parameters.scripts.emplace().cost_models = models;
    CHECK(to_json(parameters)
              .find(R"("costModels":{"PlutusV1":[1,-1],"PlutusV3":[-9223372036854775808,9223372036854775807],)"
                    R"("PlutusV4":[],"Unknown":{"8":[99]}})") != std::string::npos);
    for (const char* wrong : {"80", "a1 00 00", "a1 00 81 61 61", "a1 00 81 3b8000000000000000", "a1 20 80", "a1 00",
                              "a1 00 81 1b8000000000000000"}) {
        INFO(wrong);
        CHECK(parse_cost_models(hex(wrong)).error() == Errc::malformed);
    }
}

TEST_CASE("Parameters of older eras have their own members in JSON", "[unit][n2c][protocol_parameters]") {
    ProtocolParameters parameters;
    parameters.decentralization = Rational{1, 2};
    parameters.min_utxo_value = 3;
    std::string json = to_json(parameters);
    CHECK(json.find(R"("decentralization":0.5,"extraPraosEntropy":null)") != std::string::npos);
    CHECK(json.find(R"("minUTxOValue":3)") != std::string::npos);
    CHECK(json.find("costModels") == std::string::npos);
    parameters.extra_entropy = hash(1);
    parameters.others = {hex("00"), hex("9f01ff")};
    json = to_json(parameters);
    CHECK(json.find(R"("extraPraosEntropy":"1111)") != std::string::npos);
    CHECK(json.find(R"("unknown":["00","9f01ff"])") != std::string::npos);
}

TEST_CASE("A start is a date in JSON, and a time has its picoseconds", "[unit][n2c][protocol_state]") {
    const auto json = [](std::uint64_t year, std::uint64_t day, std::uint64_t picoseconds) {
        return to_json(SystemStart{year, day, picoseconds});
    };
    CHECK(json(2017, 266, 78'291'000'000'000'000) == R"("2017-09-23T21:44:51Z")");
    CHECK(json(2020, 366, 0) == R"("2020-12-31T00:00:00Z")");
    CHECK(json(2020, 1, 500'000'000'000) == R"("2020-01-01T00:00:00.5Z")");
    CHECK(json(UINT64_MAX, 1, 0) == R"("day 1 of 18446744073709551615")");
    CHECK(json(2020, 0, 0) == R"("day 0 of 2020")");
    const EraSummary open{{{100, 5}, Slot{10}, 1, 7}, {}, {100, std::chrono::milliseconds(1500), {}, 36, 9}};
    CHECK(to_json(open) ==
          R"({"end":null,"parameters":{"epochLength":100,"genesisWindow":36,"perasRoundLength":9,"safeZone":null,)"
          R"("slotLength":1.5},"start":{"epoch":1,"perasRound":7,"slot":10,"time":100.000000000005}})");
}
