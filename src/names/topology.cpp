#include <ouro/names/topology.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include "names/json_fields.hpp"

namespace ouro {

namespace {

using Json = nlohmann::json;

class TopologyReader : public detail::JsonFields {
  public:
    Topology topology(const Json& json) {
        Topology result;
        if (!object(json, "")) return result;
        if (json.contains("Producers") && !json.contains("localRoots")) {
            fail("Producers", "the old form of a topology file; this one has localRoots and publicRoots");
            return result;
        }
        each(json, "", "localRoots", true, [&](const Json& group, const std::string& where) {
            result.local_roots.push_back(local_roots(group, where));
        });
        each(json, "", "publicRoots", true, [&](const Json& group, const std::string& where) {
            if (!object(group, where)) return;
            result.public_roots.push_back({access_points(group, where), boolean(group, where, "advertise")});
        });
        if (const Json* slot = there(json, "useLedgerAfterSlot"))
            result.use_ledger_after_slot =
                integer(*slot, "useLedgerAfterSlot", std::numeric_limits<std::int64_t>::min(),
                        std::numeric_limits<std::int64_t>::max());
        if (const Json* path = there(json, "peerSnapshotFile")) {
            if (path->is_string())
                result.peer_snapshot_file = path->get<std::string>();
            else
                fail("peerSnapshotFile", "no text");
        }
        if (there(json, "bootstrapPeers") != nullptr)
            each(json, "", "bootstrapPeers", false, [&](const Json& point, const std::string& where) {
                result.bootstrap_peers.push_back(access_point(point, where));
            });
        no_peer_twice(result);
        return result;
    }

  private:
    std::size_t valency(const Json& json, const std::string& where) {
        return static_cast<std::size_t>(integer(json, where, 0, 10'000));
    }

    AccessPoint access_point(const Json& json, const std::string& where) {
        if (!object(json, where)) return {};
        const auto host = text(json, where, "address");
        if (!host) return {};
        std::optional<std::uint16_t> port;
        if (const Json* number = there(json, "port"))
            port = static_cast<std::uint16_t>(integer(*number, at(where, "port"), 1, 65'535));
        const auto point = AccessPoint::make(*host, port.value_or(1) == 0 ? 1 : port);
        if (point) return *point;
        const bool alone = !port && AccessPoint::make(*host, 1).has_value();
        fail(at(where, alone ? "port" : "address"), alone ? "missing: only a name goes without" : no_address(*host));
        return {};
    }
    static std::string no_address(const std::string& text) {
        return '"' + printable(text) + "\" is neither a name nor somebody's address";
    }
    std::vector<AccessPoint> access_points(const Json& json, const std::string& where) {
        std::vector<AccessPoint> points;
        each(json, where, "accessPoints", true, [&](const Json& point, const std::string& place) {
            AccessPoint one = access_point(point, place);
            if (std::find(points.begin(), points.end(), one) == points.end()) points.push_back(std::move(one));
        });
        return points;
    }
    Topology::LocalRoots local_roots(const Json& json, const std::string& where) {
        Topology::LocalRoots group;
        if (!object(json, where)) return group;
        group.access_points = access_points(json, where);
        const char* field = there(json, "valency") != nullptr ? "valency" : "hotValency";
        if (const Json* hot = there(json, field))
            group.hot_valency = valency(*hot, at(where, field));
        else
            fail(at(where, "hotValency"), "missing, and valency too");
        group.warm_valency = group.hot_valency;
        if (const Json* warm = there(json, "warmValency"))
            group.warm_valency = valency(*warm, at(where, "warmValency"));
        if (group.warm_valency < group.hot_valency)
            fail(at(where, "warmValency"),
                 "less than " + std::string(field) + ", " + std::to_string(group.hot_valency));
        group.advertise = boolean(json, where, "advertise");
        group.trustable = boolean(json, where, "trustable");
        group.behind_firewall = boolean(json, where, "behindFirewall");
        if (const Json* mode = there(json, "diffusionMode")) {
            group.initiator_only = *mode == "InitiatorOnly";
            if (!group.initiator_only && *mode != "InitiatorAndResponder")
                fail(at(where, "diffusionMode"), "neither InitiatorOnly nor InitiatorAndResponder");
        }
        return group;
    }
    void no_peer_twice(const Topology& topology) {
        std::set<AccessPoint> named;
        for (std::size_t i = 0; i < topology.local_roots.size(); ++i)
            for (const AccessPoint& point : topology.local_roots[i].access_points)
                if (!named.insert(point).second)
                    fail("localRoots[" + std::to_string(i) + "]", point.text() + " is in an earlier group");
    }
};

}  // namespace

Topology::Read Topology::parse(std::string_view json) {
    return detail::read_json<TopologyReader, Read>(
        json, [](TopologyReader& reader, const Json& root) { return reader.topology(root); });
}

Topology::Read Topology::load(const std::filesystem::path& file) {
    Read read = detail::read_json_file(file, &Topology::parse);
    if (!read) return read;
    Topology& topology = *read.topology;
    if (!topology.peer_snapshot_file || topology.use_ledger_after_slot.value_or(-1) < 0) return read;
    LedgerSnapshot::Read peers = LedgerSnapshot::load(file.parent_path() / *topology.peer_snapshot_file);
    if (!peers) {
        peers.error.reason = to_string(peers.error);
        peers.error.where = "peerSnapshotFile";
        peers.error.line = 0;
        return {std::nullopt, std::move(peers.error)};
    }
    topology.ledger_peers = std::move(peers.snapshot);
    return read;
}

bool Topology::safe_when_behind() const noexcept {
    return !bootstrap_peers.empty() ||
           std::any_of(local_roots.begin(), local_roots.end(), [](const LocalRoots& group) { return group.trustable; });
}

std::string to_string(const TopologyError& error) {
    if (error.line != 0) return "line " + std::to_string(error.line) + ": " + error.reason;
    return error.where.empty() ? error.reason : error.where + ": " + error.reason;
}

}  // namespace ouro
