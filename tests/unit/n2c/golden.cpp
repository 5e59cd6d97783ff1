#include <algorithm>
#include <map>

#include <ouro/dmq/n2c.hpp>
#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/ledger_peers.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/protocol_state.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/n2c/query_result.hpp>
#include <ouro/n2c/query_rules.hpp>

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using namespace vectors;
using namespace std::chrono_literals;

namespace {

/// A file of the reference: `<kind>_<rest>`, the item it holds, and the version that it is of.
struct File {
    std::string kind, rest;
    Bytes content;
    Version version;
};

/// The item in a message of `P`; decodes, and encodes to the same bytes.
template <class P, class M>
M check_wrapped(const std::string& before, const Bytes& content, const std::string& after = "") {
    const Bytes whole = hex(before + to_hex(content) + after);
    const auto message = n2c::Message::decode(P::channel, Item{whole, &whole});
    REQUIRE(message);
    CHECK(to_hex(cbor::encode(*message)) == to_hex(whole));
    return std::get<M>(*message->template as<P>());
}

const std::vector<std::string> era_names{"Byron",  "Shelley", "Allegra", "Mary",
                                         "Alonzo", "Babbage", "Conway",  "Dijkstra"};

/// The era that `text` begins with, and what follows it.
std::pair<Era, std::string> split_era(const std::string& text) {
    for (std::size_t i = 0; i < era_names.size(); ++i)
        if (text.starts_with(era_names[i])) return {static_cast<Era>(i), text.substr(era_names[i].size())};
    FAIL("no era in " << text);
    return {};
}

void check_block(const File& file) {
    const auto [era, rest] = split_era(file.rest);
    const auto forward = check_wrapped<LocalChainSync, LocalChainSync::RollForward>("8302", file.content, "828000");
    CHECK(to_hex(file.content).ends_with(to_hex(forward.block)));
    if (file.kind != "Block") return;
    const BlockTag tag =
        rest == "_EBB" ? BlockTag::byron_boundary : static_cast<BlockTag>(static_cast<std::uint8_t>(era) + 1);
    REQUIRE(forward.block.size() > 2);
    CHECK(forward.block.data()[0] == 0x82);
    CHECK(forward.block.data()[1] == static_cast<std::uint8_t>(tag));
}

void check_tx(const File& file) {
    const auto submit = check_wrapped<LocalTxSubmission, LocalTxSubmission::SubmitTx>("8200", file.content);
    CHECK(submit.tx.era == split_era(file.rest).first);
    CHECK(to_hex(file.content).ends_with(to_hex(submit.tx.cbor)));
    CHECK(check_wrapped<LocalTxMonitor, LocalTxMonitor::ReplyNextTx>("8206", file.content).tx == submit.tx);
}

void check_tx_id(const File& file) {
    const auto has = check_wrapped<LocalTxMonitor, LocalTxMonitor::HasTx>("8207", file.content);
    CHECK(has.id.era == split_era(file.rest).first);
    CHECK(to_hex(file.content).ends_with(to_hex(has.id.hash)));
}

void check_slot(const File& file) {
    CHECK(check_wrapped<LocalTxMonitor, LocalTxMonitor::Acquired>("8202", file.content).slot == Slot{42});
}

const std::map<std::string, EraMismatch> mismatches{
    {"WrongEraByron", {{Era::shelley, "Shelley"}, {Era::byron, "Byron"}}},
    {"WrongEraShelley", {{Era::byron, "Byron"}, {Era::shelley, "Shelley"}}},
    {"EraMismatchByron", {{Era::shelley, "Shelley"}, {Era::byron, "Byron"}}},
    {"EraMismatchShelley", {{Era::byron, "Byron"}, {Era::shelley, "Shelley"}}}};

/// The contents of the envelope; nothing if it has the names of two eras, which are checked.
std::optional<Bytes> check_answer(const File& file, const Bytes& answer) {
    const auto parsed = parse_era_answer(answer);
    REQUIRE(parsed);
    if (const auto* content = std::get_if<Bytes>(&*parsed)) return *content;
    const auto expected = mismatches.find(file.rest);
    REQUIRE(expected != mismatches.end());
    CHECK(std::get<EraMismatch>(*parsed) == expected->second);
    return std::nullopt;
}

void check_reason(const File& file) {
    const auto reject = check_wrapped<LocalTxSubmission, LocalTxSubmission::RejectTx>("8202", file.content);
    CHECK(reject.reason == file.content);
    const auto error = check_answer(file, reject.reason);
    if (!error) return;
    cbor::Reader in(*error);
    in.array_of(2);
    CHECK(read_era(in) == split_era(file.rest).first);
    in.skip();
    CHECK(in.finish() == Errc::none);
}

/// What the helpers make of a file's name.
Bytes expected_query(const File& file) {
    if (file.rest == "HardFork") return query::era_history();
    if (file.rest.starts_with("Anytime")) return query::era_start(split_era(file.rest.substr(7)).first);
    const auto [era, name] = split_era(file.rest);
    if (name == "_GetCurrentPParams") return query::protocol_parameters(era).ask();
    if (name == "_GetEpochNo") return query::epoch_number(era).ask();
    if (name == "_GetLedgerTip") return query::ledger_tip(era).ask();
    if (name == "_GetStakeDistribution" || name == "_GetStakeDistribution2")
        return query::stake_distribution(era, file.version).ask();
    if (name == "_GetGenesisConfig") return query::genesis(era).ask();
    if (name == "_GetBigLedgerPeerSnapshot") return query::ledger_peers(era, file.version, LedgerPeerKind::big).ask();
    if (name == "_GetMaxMajorProtocolVersion") return query::max_major_version(era).ask();
    if (name == "_GetNonMyopicMemberRewards") {
        const auto credential = [](Credential::Kind kind, const std::string& digits) {
            Credential made;
            made.kind = kind;
            std::ranges::copy(hex(digits).view(), made.hash.begin());
            return made;
        };
        const std::string first = "e0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541";
        const std::string second = "a646474b8f5431261506b6c273d307c7569a4eb6c96b42dd4a29520a";
        return query::member_rewards(era, {credential(Credential::Kind::key, second), std::uint64_t{100},
                                           credential(Credential::Kind::script, first)})
            .ask();
    }
    // Byron's only query has no helper.
    REQUIRE(name.empty());
    return query::InEra{era, hex("00")}.ask();
}

void check_query(const File& file) {
    // The files have what is asked of blocks, without the head that says so.
    const auto query = check_wrapped<LocalStateQuery, LocalStateQuery::Query>("82038200", file.content);
    CHECK(to_hex(query.cbor) == to_hex(expected_query(file)));
    CHECK(refusal(file.version, query.cbor).empty());
}

const EraBound origin{{}, Slot{0}, 0, 0};
const EraBound shelley{{7'000, 0}, Slot{1'000}, 10, 0};

void check_era_start(Era era, const Bytes& result) {
    CHECK(parse_era_start(result) == Result(std::optional(era == Era::byron ? origin : shelley)));
}

void check_era_history(const Bytes& result) {
    const EraBound allegra{{7'200, 0}, Slot{1'100}, 11, 0};
    CHECK(parse_era_history(result) == Result(std::vector<EraSummary>{{origin, shelley, {100, 7s, 20, 20, {}}},
                                                                      {shelley, allegra, {100, 2s, 34, 34, {}}}}));
}

void check_parameters(Era era, bool version_in_two, const Bytes& result) {
    const auto parsed = parse_protocol_parameters(era, result);
    REQUIRE(parsed);
    const std::uint64_t majors[] = {0, 2, 3, 4, 5, 7, 9, 12};
    CHECK(parsed->version == ProtocolVersion{majors[static_cast<std::size_t>(era)], 0});
    CHECK(parsed->max_tx == 2'048);
    CHECK(parsed->wanted_pools == 100);
    CHECK(parsed->treasury == Rational{0, 1});
    CHECK(parsed->decentralization.has_value() == (era <= Era::alonzo));
    CHECK(parsed->min_utxo_value.has_value() == (era <= Era::mary));
    REQUIRE(parsed->scripts.has_value() == (era >= Era::alonzo));
    if (parsed->scripts) {
        CHECK(parsed->scripts->cost_models == hex("a0"));
        CHECK(parsed->scripts->collateral_percentage == 150);
        CHECK(parsed->scripts->max_collateral_inputs == 5);
    }
    CHECK(parsed->governance.has_value() == (era >= Era::conway));
    CHECK(parsed->reference_scripts.has_value() == (era == Era::dijkstra));
    CHECK_FALSE(parsed->pool_limits);
    CHECK(parsed->others.empty());

    cbor::Reader in(result);
    const std::uint64_t sizes[] = {0, 17, 17, 17, 24, 22, 31, 35};
    CHECK(in.array() == sizes[static_cast<std::size_t>(era)] + (version_in_two && era <= Era::babbage ? 1 : 0));
}

void check_stake(Version version, const Bytes& result) {
    const auto parsed = parse_stake_distribution(result);
    REQUIRE(parsed);
    REQUIRE(parsed->pools.size() == 1);
    const PoolStake& stake = parsed->pools[0];
    CHECK(to_hex(stake.pool) == "e0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541");
    CHECK(stake.share == Rational{1, 1});
    CHECK(to_hex(stake.vrf) == "c5e21ab1c9f6022d81c3b25e3436cb7f1df77f9652ae3e1310c28e621dd87b4c");
    const bool with_totals = has(version, Feature::stake_with_totals);
    CHECK(stake.lovelace == (with_totals ? std::optional<std::uint64_t>(1) : std::nullopt));
    CHECK(parsed->lovelace == stake.lovelace);
}

void check_result(const File& file) {
    const auto answer = check_wrapped<LocalStateQuery, LocalStateQuery::Answer>("8204", file.content);
    CHECK(answer.cbor == file.content);
    if (file.kind == "LedgerConfig") return;
    if (file.rest == "HardFork") return check_era_history(answer.cbor);
    if (file.rest.starts_with("Anytime")) return check_era_start(split_era(file.rest.substr(7)).first, answer.cbor);
    const auto content = check_answer(file, answer.cbor);
    if (!content) return;
    const auto [era, name] = split_era(file.rest);
    if (name == "_EmptyPParams")
        check_parameters(era, !has(file.version, Feature::stake_with_totals), *content);
    else if (name == "_EpochNo")
        CHECK(parse_epoch_number(*content) == Result(std::uint64_t{10}));
    else if (name == "_LedgerTip")
        CHECK(parse_point(*content)->slot() == Slot{9});
    else if (name == "_StakeDistribution" || name == "_StakeDistribution2")
        check_stake(file.version, *content);
    else
        CHECK((name.empty() || name == "_GenesisConfig" || name == "_NonMyopicMemberRewards" ||
               name == "_GetBigLedgerPeerSnapshot" || name == "_MaxMajorProtocolVersion"));
}

using Check = void (*)(const File&);
const std::map<std::string, Check> checks{
    {"ApplyTxErr", check_reason}, {"Block", check_block},           {"GenTx", check_tx},
    {"GenTxId", check_tx_id},     {"LedgerConfig", check_result},   {"Query", check_query},
    {"Result", check_result},     {"SerialisedBlock", check_block}, {"SlotNo", check_slot}};

/// Every file of a folder that is named after a version; gives their number.
std::size_t check_folder(const fs::path& folder) {
    // The reference numbers them without those versions that it has forgotten.
    const std::string name = folder.filename().string();
    REQUIRE(name.starts_with("CardanoNodeToClientVersion"));
    const Version version = n2c::version(std::stoul(name.substr(26)) + 4);
    std::size_t read = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string file = entry.path().filename().string();
        INFO(name << ", " << file);
        const std::string kind = file.substr(0, file.find('_'));
        const std::string rest = kind.size() == file.size() ? "" : file.substr(kind.size() + 1);
        const auto check = checks.find(kind);
        REQUIRE(check != checks.end());
        check->second({kind, rest, bytes_of(entry.path()), version});
        ++read;
    }
    return read;
}

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("Every local message of the golden table is read and written back", "[unit][n2c][golden]") {
    if (!have(golden / "messages.tsv")) return;
    std::map<std::string, std::size_t> read;
    for (const Row& row : rows_of(golden / "messages.tsv")) {
        INFO(row.protocol << ", " << row.message << ": " << row.digits);
        const bool dmq = row.protocol == "dmq local-msg-notification";
        const std::map<std::string, Channel> channels{{"handshake", n2c::Handshake::channel},
                                                      {"chain-sync", LocalChainSync::channel},
                                                      {"local-tx-submission", LocalTxSubmission::channel},
                                                      {"local-tx-monitor", LocalTxMonitor::channel},
                                                      {"local-state-query", LocalStateQuery::channel}};
        const auto channel = channels.find(row.protocol);
        if (!dmq && channel == channels.end()) continue;
        if (row.protocol == "handshake" && row.message.find("n2c") == std::string::npos) continue;
        if (row.message.starts_with("RollForward n2n")) continue;

        const Bytes bytes = hex(row.digits);
        std::string again;
        if (dmq) {
            const auto message = dmq::n2c::Message::decode(LocalMsgNotification::channel, Item{bytes, &bytes});
            REQUIRE(message);
            again = to_hex(cbor::encode(*message));
        } else {
            const auto message = n2c::Message::decode(channel->second, Item{bytes, &bytes});
            REQUIRE(message);
            again = to_hex(cbor::encode(*message));
        }
        // A definite list of points is written back as the reference writes it.
        const bool rewritten = row.message.find("definite (must be accepted)") != std::string::npos;
        CHECK(again == (rewritten ? "82049f" + row.digits.substr(6) + "ff" : row.digits));
        ++read[row.protocol];
    }
    const std::map<std::string, std::size_t> expected{{"handshake", 2},           {"chain-sync", 12},
                                                      {"local-tx-submission", 5}, {"local-tx-monitor", 13},
                                                      {"local-state-query", 32},  {"dmq local-msg-notification", 3}};
    for (const auto& [protocol, rows] : expected) {
        INFO(protocol);
        CHECK(read[protocol] == rows);
    }
}

TEST_CASE("The reference's queries, results and transactions are read and written back", "[unit][n2c][golden]") {
    for (const std::string codec : {"QueryVersion2", "QueryVersion3"}) {
        const fs::path parent = golden / "consensus" / codec;
        if (!have(parent)) return;
        CHECK(files_in(parent) > 0);
        for (const auto& folder : fs::directory_iterator(parent)) {
            const std::size_t read = check_folder(folder.path());
            CHECK(read == files_in(folder.path()));
            CHECK(read >= 147);  // the oldest version's
        }
    }
}

TEST_CASE("Blocks captured from a test network roll a client forward", "[unit][n2c][golden]") {
    const fs::path folder = golden / "gouroboros";
    if (!have(folder)) return;
    std::map<BlockTag, std::size_t> blocks;
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename().string();
        if (!name.starts_with("rollforward_ntc_")) continue;
        INFO(name);
        std::string digits = text_of(file.path());
        while (!digits.empty() && digits.back() == '\n') digits.pop_back();
        const Bytes bytes = hex(digits);
        const auto message = n2c::Message::decode(LocalChainSync::channel, Item{bytes, &bytes});
        REQUIRE(message);
        CHECK(to_hex(cbor::encode(*message)) == digits);
        const auto& forward = std::get<LocalChainSync::RollForward>(*message->as<LocalChainSync>());
        CHECK_FALSE(forward.tip.point.is_origin());
        REQUIRE(forward.block.size() > 2);
        ++blocks[static_cast<BlockTag>(forward.block.data()[1])];
    }
    CHECK(blocks ==
          std::map<BlockTag, std::size_t>{{BlockTag::byron_boundary, 1}, {BlockTag::byron, 1}, {BlockTag::shelley, 1}});
}

TEST_CASE("The ledger's own examples of Dijkstra's parameters have all 37 by name", "[unit][n2c][golden]") {
    if (!have(golden / "ledger")) return;
    const Bytes examples = bytes_of(golden / "ledger/dijkstra/queryCurrentPParams.cbor");
    cbor::Reader in(examples);
    in.array_of(2);
    const auto least = parse_protocol_parameters(Era::dijkstra, examples.share(in.skip()));
    const auto real = parse_protocol_parameters(Era::dijkstra, examples.share(in.skip()));
    REQUIRE(in.finish() == Errc::none);
    REQUIRE((least && real));
    // Beside them, the same in JSON.
    CHECK(least->reference_scripts == ReferenceScriptParameters{0, 0, 1, {1, 10'000'000'000'000'000'000U}});
    CHECK(least->pool_limits == PoolLimits{{}, {0, 1}});
    CHECK(least->others.empty());
    CHECK(real->reference_scripts == ReferenceScriptParameters{1'048'576, 204'800, 25'600, {6, 5}});
    CHECK(real->pool_limits == PoolLimits{{}, {0, 1}});
    CHECK(real->others.empty());
    CHECK(real->version == ProtocolVersion{12, 0});
    CHECK(real->max_block_body == 90'112);
    CHECK(real->governance->script_cost_per_byte == Rational{15, 1});
    CHECK(real->governance->drep_activity == 20);

    const Bytes conway = bytes_of(golden / "ledger/conway/queryCurrentPParams.cbor");
    cbor::Reader conway_in(conway);
    for (std::uint64_t left = conway_in.array(); left > 0; --left) {
        const auto parsed = parse_protocol_parameters(Era::conway, conway.share(conway_in.skip()));
        REQUIRE(parsed);
        CHECK_FALSE(parsed->reference_scripts);
        CHECK_FALSE(parsed->pool_limits);
    }
    CHECK(conway_in.finish() == Errc::none);
}

TEST_CASE("The ledger's own examples of pool distributions are read with and without a voting key",
          "[unit][n2c][golden]") {
    if (!have(golden / "ledger")) return;
    for (const char* era : {"conway", "dijkstra"}) {
        INFO(era);
        const Bytes examples = bytes_of(golden / "ledger" / era / "querySetSnapshotStakePoolDistr.cbor");
        cbor::Reader in(examples);
        in.array_of(3);
        std::vector<StakeDistribution> parsed;
        for (int i = 0; i < 3; ++i) {
            const auto one = parse_stake_distribution(examples.share(in.skip()));
            REQUIRE(one);
            parsed.push_back(*one);
        }
        REQUIRE(in.finish() == Errc::none);
        CHECK(parsed[0] == StakeDistribution{{}, 1});
        CHECK(parsed[1].pools.size() == 1);
        REQUIRE(parsed[2].pools.size() == 2);
        CHECK(parsed[2].lovelace == 6'000'000'000U);
        const PoolStake& first = parsed[2].pools[0];
        CHECK(to_hex(first.pool) == "a646474b8f5431261506b6c273d307c7569a4eb6c96b42dd4a29520a");
        CHECK(first.share == Rational{3, 8});
        CHECK(first.lovelace == 5'000'000'000U);
        CHECK_FALSE(parsed[2].pools[1].bls);
        REQUIRE(first.bls.has_value() == (era == std::string("dijkstra")));
        if (!first.bls) continue;
        CHECK(first.bls->key.size() == 96);
        CHECK(to_hex(first.bls->key).starts_with("a57565542eaa01ef"));
        CHECK(first.bls->possession_proof.size() == 48);
        CHECK(to_hex(first.bls->possession_proof).ends_with("48374aa42a"));
    }
}
