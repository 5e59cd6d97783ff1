#include <ouro/names/topology.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;

namespace {

const std::string whole = R"({
  "localRoots": [
    { "accessPoints": [ {"address": "10.0.0.1", "port": 3001}, {"address": "relay.example.", "port": 3002} ],
      "hotValency": 1, "warmValency": 2, "advertise": true, "trustable": true,
      "diffusionMode": "InitiatorOnly", "behindFirewall": false, "comment": "unknown" },
    { "accessPoints": [ {"address": "_cardano._tcp.example.org"} ], "valency": 1, "hotValency": 7 },
    { "accessPoints": [ {"address": "2001:db8::1", "port": 3001} ], "valency": 1, "behindFirewall": true },
    { "accessPoints": [], "valency": 0 }
  ],
  "publicRoots": [ { "accessPoints": [ {"address": "backbone.example", "port": 3001} ], "advertise": true },
                   { "accessPoints": [] } ],
  "bootstrapPeers": [ {"address": "boot.example", "port": 3001} ],
  "useLedgerAfterSlot": 128908821,
  "peerSnapshotFile": "peer-snapshot.json",
  "Producers": []
})";

std::string text(const std::vector<AccessPoint>& points) {
    std::string all;
    for (const AccessPoint& point : points) all += (all.empty() ? "" : " ") + point.text();
    return all;
}
/// A file with one group of local roots, and this in it.
std::string with_group(const std::string& group) {
    return R"({"localRoots": [{)" + group + R"(}], "publicRoots": []})";
}
std::string with_point(const std::string& point) {
    return with_group(R"("accessPoints": [{"address": "a.example", "port": 1}, )" + point + R"(], "valency": 1)");
}

}  // namespace

TEST_CASE("Every field of a topology file is read", "[unit][topology]") {
    const auto read = Topology::parse(whole);
    INFO(to_string(read.error));
    REQUIRE(read);
    const Topology& topology = *read.topology;
    REQUIRE(topology.local_roots.size() == 4);
    const auto& first = topology.local_roots[0];
    CHECK(text(first.access_points) == "10.0.0.1:3001 relay.example:3002");
    CHECK(first.hot_valency == 1);
    CHECK(first.warm_valency == 2);
    CHECK(first.advertise);
    CHECK(first.trustable);
    CHECK(first.initiator_only);
    CHECK_FALSE(first.behind_firewall);
    const auto& second = topology.local_roots[1];
    CHECK(text(second.access_points) == "_cardano._tcp.example.org");
    CHECK(second.access_points[0].service());
    CHECK(second.hot_valency == 1);  // valency wins
    CHECK(second.warm_valency == 1);
    CHECK_FALSE(second.advertise);
    CHECK_FALSE(second.trustable);
    CHECK_FALSE(second.initiator_only);
    CHECK(topology.local_roots[2].behind_firewall);
    REQUIRE(topology.public_roots.size() == 2);
    CHECK(text(topology.public_roots[0].access_points) == "backbone.example:3001");
    CHECK(topology.public_roots[0].advertise);
    CHECK_FALSE(topology.public_roots[1].advertise);
    CHECK(text(topology.bootstrap_peers) == "boot.example:3001");
    CHECK(topology.use_ledger_after_slot == 128'908'821);
    CHECK(topology.peer_snapshot_file == "peer-snapshot.json");
    CHECK(topology.safe_when_behind());
}

TEST_CASE("Optional fields may be missing", "[unit][topology]") {
    const auto read = Topology::parse(R"({"localRoots": [], "publicRoots": [], "bootstrapPeers": null})");
    REQUIRE(read);
    CHECK_FALSE(read.topology->use_ledger_after_slot);
    CHECK_FALSE(read.topology->peer_snapshot_file);
    CHECK_FALSE(read.topology->safe_when_behind());
    const auto never = Topology::parse(R"({"localRoots": [], "publicRoots": [], "useLedgerAfterSlot": -1})");
    REQUIRE(never);
    CHECK(never.topology->use_ledger_after_slot == -1);
    // A number may be written as people write it.
    const auto real = Topology::parse(R"({"localRoots": [], "publicRoots": [], "useLedgerAfterSlot": 1e6})");
    REQUIRE(real);
    CHECK(real.topology->use_ledger_after_slot == 1'000'000);
    // The same peer twice in a group is there once.
    const auto twice = Topology::parse(with_point(R"({"address": "A.example.", "port": 1})"));
    REQUIRE(twice);
    CHECK(twice.topology->local_roots[0].access_points.size() == 1);
}

TEST_CASE("Every optional field of a topology may be null", "[unit][topology]") {
    const auto read = Topology::load(OURO_TEST_DATA "/topology/nulls.json");
    if (read.error.system) {
        WARN("skipped, for there is no topology/nulls.json");
        return;
    }
    INFO(to_string(read.error));
    REQUIRE(read);
    REQUIRE(read.topology->local_roots.size() == 1);
    const Topology::LocalRoots& group = read.topology->local_roots.front();
    CHECK(group.hot_valency == 1);
    CHECK(group.warm_valency == 1);
    CHECK_FALSE((group.advertise || group.trustable || group.behind_firewall || group.initiator_only));
    CHECK_FALSE(read.topology->use_ledger_after_slot);
    CHECK_FALSE(read.topology->peer_snapshot_file);
    CHECK(read.topology->bootstrap_peers.empty());
}

TEST_CASE("Each optional field of a topology may be null by itself", "[unit][topology]") {
    const std::string field = GENERATE("useLedgerAfterSlot", "peerSnapshotFile", "bootstrapPeers");
    const auto root = Topology::parse(R"({"localRoots": [], "publicRoots": [], ")" + field + R"(": null})");
    INFO(field << ": " << to_string(root.error));
    CHECK(root);
    const std::string in_group =
        GENERATE("valency", "warmValency", "advertise", "trustable", "behindFirewall", "diffusionMode");
    const auto group =
        Topology::parse(with_group(R"("accessPoints": [], "hotValency": 0, ")" + in_group + R"(": null)"));
    INFO(in_group << ": " << to_string(group.error));
    CHECK(group);
    CHECK(Topology::parse(with_group(R"("accessPoints": [], "hotValency": null, "valency": 0)")));
    CHECK(Topology::parse(with_point(R"({"address": "a.example", "port": null})")));
    CHECK(Topology::parse(R"({"localRoots": [], "publicRoots": [{"accessPoints": [], "advertise": null}]})"));
}

TEST_CASE("A topology file of the old form is recognised by name", "[unit][topology]") {
    const auto read = Topology::parse(R"({"Producers": [{"addr": "a.example", "port": 3001, "valency": 1}]})");
    REQUIRE_FALSE(read);
    CHECK(to_string(read.error) ==
          "Producers: the old form of a topology file; this one has localRoots and publicRoots");
}

TEST_CASE("An error names its place", "[unit][topology]") {
    struct Row {
        std::string json;
        std::string said;
    };
    const std::vector<Row> rows{
        {"[]", "no object"},
        {"{}", "localRoots: missing"},
        {R"({"localRoots": []})", "publicRoots: missing"},
        {R"({"localRoots": null, "publicRoots": []})", "localRoots: no list"},
        {with_group(R"("accessPoints": [], "valency": null)"), "localRoots[0].hotValency: missing, and valency too"},
        {R"({"localRoots": {}, "publicRoots": []})", "localRoots: no list"},
        {R"({"localRoots": [7], "publicRoots": []})", "localRoots[0]: no object"},
        {R"({"localRoots": [], "publicRoots": [{}]})", "publicRoots[0].accessPoints: missing"},
        {R"({"localRoots": [], "publicRoots": [{"accessPoints": [], "advertise": 1}]})",
         "publicRoots[0].advertise: neither true nor false"},
        {R"({"localRoots": [], "publicRoots": [], "useLedgerAfterSlot": "0"})", "useLedgerAfterSlot: no whole number"},
        {R"({"localRoots": [], "publicRoots": [], "useLedgerAfterSlot": 18446744073709551615})",
         "useLedgerAfterSlot: no whole number"},
        {R"({"localRoots": [], "publicRoots": [], "useLedgerAfterSlot": 1e300})",
         "useLedgerAfterSlot: no whole number"},
        {R"({"localRoots": [], "publicRoots": [], "peerSnapshotFile": 5})", "peerSnapshotFile: no text"},
        {R"({"localRoots": [], "publicRoots": [], "bootstrapPeers": {}})", "bootstrapPeers: no list"},
        {R"({"localRoots": [], "publicRoots": [], "bootstrapPeers": [{"port": 1}]})",
         "bootstrapPeers[0].address: missing"},
        {with_group(R"("accessPoints": [])"), "localRoots[0].hotValency: missing, and valency too"},
        {with_group(R"("accessPoints": [], "valency": -1)"), "localRoots[0].valency: -1 is not from 0 to 10000"},
        {with_group(R"("accessPoints": [], "valency": 1.5)"), "localRoots[0].valency: no whole number"},
        {with_group(R"("accessPoints": [], "hotValency": 3, "warmValency": 2)"),
         "localRoots[0].warmValency: less than hotValency, 3"},
        {with_group(R"("accessPoints": [], "valency": 3, "warmValency": 2)"),
         "localRoots[0].warmValency: less than valency, 3"},
        {with_group(R"("accessPoints": [], "valency": 1, "trustable": "yes")"),
         "localRoots[0].trustable: neither true nor false"},
        {with_group(R"("accessPoints": [], "valency": 1, "diffusionMode": "Both")"),
         "localRoots[0].diffusionMode: neither InitiatorOnly nor InitiatorAndResponder"},
        {with_group(R"("valency": 1)"), "localRoots[0].accessPoints: missing"},
        {with_point("{}"), "localRoots[0].accessPoints[1].address: missing"},
        {with_point(R"({"address": 5, "port": 1})"), "localRoots[0].accessPoints[1].address: no text"},
        {with_point(R"({"address": "b.example", "port": 65536})"),
         "localRoots[0].accessPoints[1].port: 65536 is not from 1 to 65535"},
        {with_point(R"({"address": "b.example", "port": 0})"),
         "localRoots[0].accessPoints[1].port: 0 is not from 1 to 65535"},
        {with_point(R"({"address": "b.example", "port": "1"})"), "localRoots[0].accessPoints[1].port: no whole number"},
        {with_point(R"({"address": "1.2.3.4"})"),
         "localRoots[0].accessPoints[1].port: missing: only a name goes without"},
        {with_point(R"({"address": "0.0.0.0", "port": 1})"),
         "localRoots[0].accessPoints[1].address: \"0.0.0.0\" is neither a name nor somebody's address"},
        {with_point(R"({"address": "\u001b[2J", "port": 1})"),
         "localRoots[0].accessPoints[1].address: \"\\x1b[2J\" is neither a name nor somebody's address"},
        {R"({"localRoots": [{"accessPoints": [{"address": "a.example", "port": 1}], "valency": 1},
             {"accessPoints": [{"address": "a.example", "port": 1}], "valency": 1}], "publicRoots": []})",
         "localRoots[1]: a.example:1 is in an earlier group"},
    };
    for (const Row& row : rows) {
        INFO(row.json);
        const auto read = Topology::parse(row.json);
        CHECK_FALSE(read);
        CHECK(to_string(read.error) == row.said);
    }
}

TEST_CASE("Invalid JSON is reported with its line", "[unit][topology]") {
    const auto read = Topology::parse("{\n  \"localRoots\": [\n    {]\n}");
    REQUIRE_FALSE(read);
    CHECK(read.error.line == 3);
    CHECK(to_string(read.error) == "line 3: not JSON, in or after the field localRoots");
    CHECK(to_string(Topology::parse("{").error) == "line 1: not JSON");
    CHECK(to_string(Topology::parse(R"({"useLedgerAfterSlot": 1e999})").error) ==
          "useLedgerAfterSlot: a number out of range");
    CHECK_FALSE(Topology::parse(""));
    CHECK_FALSE(Topology::parse(std::string(1'000'000, '[')));
    CHECK_FALSE(Topology::parse("\xff\xfe"));
}

TEST_CASE("A file can be read again", "[unit][topology]") {
    const support::TemporaryDirectory scratch;
    const auto write = [&](const std::string& content) {
        scratch.write("topology.json", {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
    };
    const auto file = scratch.path() / "topology.json";
    const auto absent = Topology::load(file);
    CHECK_FALSE(absent);
    CHECK(absent.error.system == std::errc::no_such_file_or_directory);
    CHECK(to_string(absent.error) == "cannot be read: No such file or directory");
    write(whole);
    CHECK(to_string(Topology::load(file).error).starts_with("peerSnapshotFile: cannot be read: "));
    const std::string snapshot = R"({"version": 2, "slotNo": 1, "bigLedgerPools": []})";
    scratch.write("peer-snapshot.json", {reinterpret_cast<const std::uint8_t*>(snapshot.data()), snapshot.size()});
    CHECK(Topology::load(file));
    write("{}");
    CHECK(to_string(Topology::load(file).error) == "localRoots: missing");
    CHECK_FALSE(Topology::load(scratch.path()));
}
