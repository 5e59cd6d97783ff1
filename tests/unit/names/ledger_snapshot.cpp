#include <ouro/names/ledger_snapshot.hpp>

#include <cmath>
#include <map>
#include <string>

#include <ouro/n2c/ledger_peers.hpp>
#include <ouro/names/topology.hpp>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;

namespace {

LedgerSnapshot snapshot(const std::string& json) {
    auto read = LedgerSnapshot::parse(json);
    INFO(to_string(read.error));
    REQUIRE(read);
    return *std::move(read.snapshot);
}
std::string error(const std::string& json) { return to_string(LedgerSnapshot::parse(json).error); }

std::string text(const std::vector<AccessPoint>& points) {
    std::string all;
    for (const AccessPoint& point : points) all += (all.empty() ? "" : " ") + point.text();
    return all;
}

const std::string hash(64, 'a');
/// A snapshot of version 23 with these members of its last pool.
std::string with_pool(const std::string& pool, const std::string& kind = "big") {
    return R"({"NodeToClientVersion": 23, "NetworkMagic": 42, "Point": {"blockPointSlot": 7, "blockPointHash": ")" +
           hash + R"("}, ")" + kind + R"(LedgerPools": [)" + pool + "]}";
}
std::string pool_of(const std::string& accumulated, const std::string& share, const std::string& relays) {
    return R"({"accumulatedStake": )" + accumulated + R"(, "relativeStake": )" + share + R"(, "relays": )" + relays +
           "}";
}
/// Pools with these shares, each with one relay whose port is its number.
LedgerSnapshot of_shares(const std::vector<double>& shares, bool all) {
    LedgerSnapshot made;
    made.all = all;
    double sum = 0;
    for (const double share : shares) {
        LedgerSnapshot::Pool pool;
        pool.stake = share;
        sum += share;
        if (!all) pool.accumulated = sum;
        made.add_relay(pool, "relay.example", static_cast<std::uint16_t>(made.pools.size() + 1));
        made.pools.push_back(pool);
    }
    return made;
}
/// How often each pool is drawn.
std::map<std::uint16_t, int> count(const LedgerDraw& draw, LedgerDraw::Among among, int draws) {
    std::map<std::uint16_t, int> counts;
    std::uint64_t random = 1;
    for (int i = 0; i < draws; ++i) {
        const AccessPoint* const one = draw.draw(among, random);
        REQUIRE(one != nullptr);
        ++counts[one->port().value_or(0)];
    }
    return counts;
}
/// Five standard deviations of a count.
double tolerance(double chance, int draws) { return 5 * std::sqrt(draws * chance * (1 - chance)); }

}  // namespace

TEST_CASE("A snapshot of ledger peers is read in its four forms", "[unit][ledger_snapshot]") {
    const std::string name = GENERATE("snapshot-1", "snapshot-2", "snapshot-23-big", "snapshot-23-all");
    INFO(name);
    const auto read = LedgerSnapshot::load(OURO_TEST_DATA "/topology/" + name + ".json");
    if (read.error.system) {
        WARN("skipped, for there is no snapshot of ledger peers: set OURO_TEST_DATA");
        return;
    }
    INFO(to_string(read.error));
    REQUIRE(read);
    const LedgerSnapshot& found = *read.snapshot;
    const bool all = name.ends_with("all");
    CHECK(found.all == all);
    CHECK(found.slot == Slot{4242});
    CHECK(found.magic == (name.find("23") == std::string::npos ? std::nullopt : std::optional(NetworkMagic{42})));
    CHECK(found.left_out == 0);
    REQUIRE(found.pools.size() == 4);
    CHECK(text(found.pools[0].relays) == "relay-a.example:3001 relay-b.example:3001");
    CHECK(text(found.pools[1].relays) == "_cardano._tcp.srv-only.example");
    CHECK(found.pools[1].relays[0].service());
    CHECK(text(found.pools[2].relays) == "127.0.0.1:3001 [::1]:3002");
    CHECK(found.pools[3].stake == 0.15);
    CHECK(found.pools[3].accumulated == (all ? std::nullopt : std::optional(0.91)));
}

TEST_CASE("A relay with a text that is no name or address is left out of a snapshot", "[unit][ledger_snapshot]") {
    const auto found = snapshot(with_pool(pool_of("0.5", "0.5", R"([{"address": "http://relay.example/", "port": 1},
        {"address": "10.0.0.1"}, {"address": "relay.example", "port": 0}, {"address": "0.0.0.0", "port": 3001},
        {"address": "relay.example.", "port": 3001}, {"address": "srv.example.", "port": null}])")));
    CHECK(found.left_out == 4);
    CHECK(text(found.pools[0].relays) == "relay.example:3001 _cardano._tcp.srv.example");
}

TEST_CASE("A snapshot at the origin has no slot", "[unit][ledger_snapshot]") {
    CHECK_FALSE(snapshot(R"({"version": 2, "slotNo": "origin", "bigLedgerPools": []})").slot);
    CHECK_FALSE(
        snapshot(R"({"NodeToClientVersion": 23, "NetworkMagic": 1, "Point": "origin", "allLedgerPools": []})").slot);
}

TEST_CASE("The error of a malformed snapshot names its field", "[unit][ledger_snapshot]") {
    CHECK(error("[]") == "no object");
    CHECK(error("{\n\n,") == "line 3: not JSON");
    CHECK(error("{}") == "NodeToClientVersion: missing");
    CHECK(error(R"({"version": "2"})") == "version: no whole number");
    CHECK(error(R"({"version": 3})") == "version: 3 is neither 1, 2 nor 23");
    CHECK(error(R"({"NodeToClientVersion": 24})") == "NodeToClientVersion: 24 is neither 1, 2 nor 23");
    CHECK(error(R"({"version": 2})") == "slotNo: missing");
    CHECK(error(R"({"version": 2, "slotNo": -1})").starts_with("slotNo: -1 is not from 0"));
    CHECK(error(R"({"version": 2, "slotNo": 5})") == "bigLedgerPools: missing");
    CHECK(error(R"({"version": 2, "slotNo": 5, "bigLedgerPools": {}})") == "bigLedgerPools: no list");

    CHECK(error(R"({"NodeToClientVersion": 23})") == "NetworkMagic: missing");
    CHECK(
        error(R"({"NodeToClientVersion": 23, "NetworkMagic": 4294967296})").starts_with("NetworkMagic: 4294967296 is"));
    CHECK(error(R"({"NodeToClientVersion": 23, "NetworkMagic": 1})") == "Point: missing");
    const std::string point = R"({"NodeToClientVersion": 23, "NetworkMagic": 1, "Point": )";
    CHECK(error(point + "5}") == "Point: no object");
    CHECK(error(point + "{}}") == "Point.blockPointSlot: missing");
    CHECK(error(point + R"({"blockPointSlot": "origin"}})") == "Point.blockPointSlot: no whole number");
    CHECK(error(point + R"({"blockPointSlot": 5}})") == "Point.blockPointHash: missing");
    CHECK(error(point + R"({"blockPointSlot": 5, "blockPointHash": "ab"}})") ==
          "Point.blockPointHash: not 64 hexadecimal digits");
    CHECK(error(point + R"("origin", "allLedgerPools": [], "bigLedgerPools": []})") ==
          "bigLedgerPools: beside allLedgerPools");

    const std::string relays = R"([{"address": "a.example", "port": 1}])";
    const std::string good = pool_of("0.5", "0.5", relays);
    CHECK(error(with_pool(good)).empty());
    CHECK(error(with_pool("5")) == "bigLedgerPools[0]: no object");
    CHECK(error(with_pool(good + R"(, {"accumulatedStake": 1})")) == "bigLedgerPools[1].relativeStake: missing");
    CHECK(error(with_pool(R"({"relativeStake": 1})")) == "bigLedgerPools[0].accumulatedStake: missing");
    CHECK(error(with_pool(pool_of("0.5", "\"0.5\"", relays))) == "bigLedgerPools[0].relativeStake: no number");
    CHECK(error(with_pool(pool_of("1.5", "0.5", relays))) == "bigLedgerPools[0].accumulatedStake: not from 0 to 1");
    CHECK(error(with_pool(pool_of("0.5", "-0.5", relays))) == "bigLedgerPools[0].relativeStake: not from 0 to 1");
    CHECK(error(with_pool(good + ", " + pool_of("0.4", "0.1", relays))) ==
          "bigLedgerPools[1].accumulatedStake: less than that of the pool before");
    CHECK(error(with_pool(R"({"relativeStake": 1})", "all")) == "allLedgerPools[0].relays: missing");
    CHECK(error(with_pool(pool_of("0.5", "0.5", "[]"))) == "bigLedgerPools[0].relays: empty");
    const auto relay = [](const std::string& one) {
        return with_pool(pool_of("0.5", "0.5", R"([{"address": "a.example", "port": 1}, )" + one + "]"));
    };
    CHECK(error(relay("5")) == "bigLedgerPools[0].relays[1]: no object");
    CHECK(error(relay("{}")) == "bigLedgerPools[0].relays[1].address: missing");
    CHECK(error(relay(R"({"domain": "a.example"})")) == "bigLedgerPools[0].relays[1].address: missing");
    CHECK(error(relay(R"({"address": 5})")) == "bigLedgerPools[0].relays[1].address: no text");
    CHECK(error(relay(R"({"address": "a.example", "port": "1"})")) ==
          "bigLedgerPools[0].relays[1].port: no whole number");
    CHECK(error(relay(R"({"address": "a.example", "port": 65536})")) ==
          "bigLedgerPools[0].relays[1].port: 65536 is not from 0 to 65535");

    const support::TemporaryDirectory scratch;
    CHECK(LedgerSnapshot::load(scratch.path() / "absent").error.system == std::errc::no_such_file_or_directory);
}

TEST_CASE("Big ledger peers are drawn by stake up to nine tenths", "[unit][ledger_snapshot]") {
    constexpr int draws = 100'000;
    const bool all = GENERATE(false, true);
    // The fourth pool exceeds the quota and is drawn by its part below it. The last one is beyond it.
    const LedgerDraw draw(of_shares({0.4, 0.3, 0.15, 0.1, 0.05}, all));
    CHECK(draw.pools(LedgerDraw::Among::big) == 4);
    auto counts = count(draw, LedgerDraw::Among::big, draws);
    const std::vector<double> below{0.4, 0.3, 0.15, 0.05};
    for (std::size_t i = 0; i < below.size(); ++i) {
        const double chance = below[i] / LedgerDraw::big_quota;
        INFO("pool " << i);
        CHECK(std::abs(counts[static_cast<std::uint16_t>(i + 1)] - chance * draws) < tolerance(chance, draws));
    }
    CHECK(counts[5] == 0);
}

TEST_CASE("Big pools of all pools are found in any order, and shares need not add up to one",
          "[unit][ledger_snapshot]") {
    const LedgerDraw draw(of_shares({0.025, 0.2, 0.05, 0.15, 0.075}, true));  // together 0.5
    const auto counts = count(draw, LedgerDraw::Among::big, 1'000);
    CHECK(counts.size() == 4);
    CHECK_FALSE(counts.contains(1));
}

TEST_CASE("Other ledger peers are drawn by the square root of the stake, and each relay of a pool alike",
          "[unit][ledger_snapshot]") {
    constexpr int draws = 100'000;
    auto pools = of_shares({0.64, 0.16, 0.04, 0.04, 0}, GENERATE(false, true));
    pools.add_relay(pools.pools[0], "relay.example", std::uint16_t{101});
    pools.pools[3].relays.clear();  // all of them were left out
    const LedgerDraw draw(pools);
    CHECK(draw.pools(LedgerDraw::Among::all) == 3);
    auto counts = count(draw, LedgerDraw::Among::all, draws);
    const std::map<std::uint16_t, double> expected{{1, 0.4 / 1.4}, {101, 0.4 / 1.4}, {2, 0.4 / 1.4}, {3, 0.2 / 1.4}};
    for (const auto& [port, chance] : expected) {
        INFO("port " << port);
        CHECK(std::abs(counts[port] - chance * draws) < tolerance(chance, draws));
    }
    CHECK(counts.size() == expected.size());
}

TEST_CASE("The relays that are drawn are different, and those of a seed", "[unit][ledger_snapshot]") {
    const LedgerDraw draw(of_shares({0.4, 0.3, 0.15, 0.1, 0.05}, true));
    const auto drawn = [&](std::uint64_t seed, std::size_t count) {
        return text(draw.draw(LedgerDraw::Among::all, count, seed));
    };
    CHECK(drawn(7, 3) == drawn(7, 3));
    std::uint64_t random = 1;
    const auto most = draw.draw(LedgerDraw::Among::all, 60, random);
    CHECK(most.size() == 5);  // there are no more
    std::map<std::string, int> again;
    for (int seed = 0; seed < 20; ++seed) ++again[drawn(static_cast<std::uint64_t>(seed), 2)];
    CHECK(again.size() > 1);
    CHECK(LedgerDraw(LedgerSnapshot()).draw(LedgerDraw::Among::big, random) == nullptr);
    CHECK(LedgerDraw(LedgerSnapshot()).draw(LedgerDraw::Among::all, 5, random).empty());
}

TEST_CASE("A snapshot of a thousand pools is read whole", "[unit][ledger_snapshot]") {
    std::string pools;
    for (int i = 0; i < 1'000; ++i) {
        const std::string name = "relay-" + std::to_string(i) + ".example";
        pools += (i == 0 ? "" : ",") + std::string(R"({"relativeStake": 0.001, "relays": [{"address": ")") + name +
                 R"(", "port": 3001}, {"address": ")" + name + R"("}]})";
    }
    const auto read = snapshot(with_pool(pools, "all"));
    CHECK(read.pools.size() == 1'000);
    const LedgerDraw draw(read);
    CHECK(draw.pools(LedgerDraw::Among::all) == 1'000);
    CHECK(draw.pools(LedgerDraw::Among::big) >= 900);
    CHECK(draw.pools(LedgerDraw::Among::big) <= 901);
}

TEST_CASE("A topology is loaded with its snapshot of ledger peers", "[unit][ledger_snapshot]") {
    const support::TemporaryDirectory scratch;
    const auto write = [&](const char* name, const std::string& contents) {
        scratch.write(name, {reinterpret_cast<const std::uint8_t*>(contents.data()), contents.size()});
    };
    const auto load = [&](const std::string& after) {
        write("topology.json",
              R"({"localRoots": [], "publicRoots": [], "peerSnapshotFile": "peers.json")" + after + "}");
        return Topology::load(scratch.path() / "topology.json");
    };
    const auto at_slot = [](const std::string& slot) {
        return R"({"version": 2, "slotNo": )" + slot + R"(, "bigLedgerPools": []})";
    };
    const auto unused = load("");  // the file does not exist, and is not read
    REQUIRE(unused);
    CHECK_FALSE(unused.topology->ledger_peers);
    CHECK(load(R"(, "useLedgerAfterSlot": -1)"));
    const auto absent = load(R"(, "useLedgerAfterSlot": 0)");
    REQUIRE_FALSE(absent);
    CHECK(absent.error.system == std::errc::no_such_file_or_directory);
    CHECK(to_string(absent.error).starts_with("peerSnapshotFile: cannot be read: "));
    write("peers.json", R"({"version": 2})");
    CHECK(to_string(load(R"(, "useLedgerAfterSlot": 0)").error) == "peerSnapshotFile: slotNo: missing");
    write("peers.json", "{\n,");
    CHECK(to_string(load(R"(, "useLedgerAfterSlot": 0)").error) == "peerSnapshotFile: line 2: not JSON");

    write("peers.json", at_slot("100"));
    for (const auto& [after, used] : {std::pair("0", true), {"100", true}, {"101", false}}) {
        INFO(after);
        const auto read = load(std::string(R"(, "useLedgerAfterSlot": )") + after);
        REQUIRE(read);
        REQUIRE(read.topology->ledger_peers);
        CHECK(read.topology->uses_ledger_peers() == used);
    }
    write("peers.json", at_slot("\"origin\""));
    CHECK_FALSE(load(R"(, "useLedgerAfterSlot": 0)").topology->uses_ledger_peers());
    write("peers.json", at_slot("200"));  // a reload reads it again
    CHECK(load(R"(, "useLedgerAfterSlot": 200)").topology->uses_ledger_peers());
}

TEST_CASE("The result of a query is a snapshot, and the file that is written from it reads as the same",
          "[unit][ledger_snapshot]") {
    n2c::LedgerPeers peers;
    const bool all = GENERATE(true, false);
    const bool old = GENERATE(true, false);
    if (all && old) return;  // no version has all pools without a point
    peers.kind = all ? n2c::LedgerPeerKind::all : n2c::LedgerPeerKind::big;
    if (GENERATE(true, false)) peers.slot = Slot{7};
    if (!old) {
        peers.magic = NetworkMagic{42};
        if (peers.slot) peers.hash = Hash{};
    }
    n2c::LedgerPool& pool = peers.pools.emplace_back();
    pool.share = {1, 3};
    if (!all) pool.accumulated = n2c::Rational{1, 3};
    pool.relays = {n2c::RelayName{std::uint16_t{3001}, "relay.example"}, n2c::RelayService{"srv.example"},
                   n2c::RelayAddress{std::uint16_t{3002}, std::array<std::uint8_t, 4>{10, 0, 0, 1}, {}},
                   n2c::RelayAddress{std::uint16_t{3003}, {}, std::array<std::uint8_t, 16>{0x20, 1, 0xd, 0xb8}},
                   n2c::RelayName{std::uint16_t{1}, "no name"}};
    n2c::LedgerPool& tiny = peers.pools.emplace_back(pool);
    tiny.share = {1, 1'000'000'000};
    const LedgerSnapshot made = n2c::snapshot_of(peers);
    const LedgerSnapshot read = snapshot(n2c::snapshot_file(peers));
    for (const LedgerSnapshot& one : {made, read}) {
        CHECK(one.all == all);
        CHECK(one.slot == peers.slot);
        CHECK(one.magic == peers.magic);
        CHECK(one.left_out == 2);
        REQUIRE(one.pools.size() == 2);
        CHECK(one.pools[0].stake == 1.0 / 3);
        CHECK(one.pools[1].stake == 1e-9);
        CHECK(one.pools[0].accumulated == (all ? std::nullopt : std::optional(1.0 / 3)));
        CHECK(text(one.pools[0].relays) ==
              "relay.example:3001 _cardano._tcp.srv.example 10.0.0.1:3002 [2001:db8::]:3003");
    }
}
