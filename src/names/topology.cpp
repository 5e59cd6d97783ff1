#include <ouro/names/topology.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>
#include <unordered_set>

#include <nlohmann/json.hpp>

namespace ouro {

namespace {

using Json = nlohmann::json;

/// Reads fields and remembers the first error.
class Reader {
  public:
    [[nodiscard]] bool good() const noexcept { return error_.reason.empty(); }
    [[nodiscard]] TopologyError error() { return std::move(error_); }

    void fail(const std::string& where, std::string reason) {
        if (good()) error_ = {where, std::move(reason), 0, {}};
    }

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
    static std::string at(const std::string& where, const std::string& field) {
        return where.empty() ? field : where + "." + field;
    }
    /// The field; null if it is missing or null.
    static const Json* there(const Json& json, const char* field) {
        const auto it = json.find(field);
        return it == json.end() || it->is_null() ? nullptr : &*it;
    }

    bool object(const Json& json, const std::string& where) {
        if (!json.is_object()) fail(where, "no object");
        return json.is_object();
    }
    template <class F>
    void each(const Json& json, const std::string& where, const char* field, bool required, F&& read) {
        const std::string place = at(where, field);
        const auto it = json.find(field);
        if (it == json.end()) {
            if (required) fail(place, "missing");
            return;
        }
        if (!it->is_array()) return fail(place, "no list");
        for (std::size_t i = 0; i < it->size() && good(); ++i) read((*it)[i], place + "[" + std::to_string(i) + "]");
    }
    bool boolean(const Json& json, const std::string& where, const char* field) {
        const Json* const value = there(json, field);
        if (value == nullptr) return false;
        if (!value->is_boolean()) fail(at(where, field), "neither true nor false");
        return value->is_boolean() && value->get<bool>();
    }
    std::int64_t integer(const Json& json, const std::string& where, std::int64_t least, std::int64_t most) {
        std::int64_t value = 0;
        bool whole = json.is_number_integer();
        if (json.is_number_unsigned()) {
            whole = json.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            value = whole ? json.get<std::int64_t>() : 0;
        } else if (whole) {
            value = json.get<std::int64_t>();
        } else if (json.is_number_float()) {  // 3.0 and 1e3 are whole numbers, too
            constexpr double exact = 9'007'199'254'740'992;
            const auto number = json.get<double>();
            whole =
                number >= -exact && number <= exact && static_cast<double>(static_cast<std::int64_t>(number)) == number;
            value = whole ? static_cast<std::int64_t>(number) : 0;
        }
        if (!whole)
            fail(where, "no whole number");
        else if (value < least || value > most)
            fail(where,
                 std::to_string(value) + " is not from " + std::to_string(least) + " to " + std::to_string(most));
        return value;
    }
    std::size_t valency(const Json& json, const std::string& where) {
        return static_cast<std::size_t>(integer(json, where, 0, 10'000));
    }

    AccessPoint access_point(const Json& json, const std::string& where) {
        if (!object(json, where)) return {};
        const auto host = json.find("address");
        if (host == json.end()) return fail(at(where, "address"), "missing"), AccessPoint();
        if (!host->is_string()) return fail(at(where, "address"), "no text"), AccessPoint();
        std::optional<std::uint16_t> port;
        if (const Json* number = there(json, "port"))
            port = static_cast<std::uint16_t>(integer(*number, at(where, "port"), 1, 65'535));
        const auto text = host->get<std::string>();
        const auto point = AccessPoint::make(text, port.value_or(1) == 0 ? 1 : port);
        if (point) return *point;
        const bool alone = !port && AccessPoint::make(text, 1).has_value();
        fail(at(where, alone ? "port" : "address"), alone ? "missing: only a name goes without" : no_address(text));
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

    TopologyError error_;
};

Topology::Read failed(TopologyError error) { return {std::nullopt, std::move(error)}; }

}  // namespace

Topology::Read Topology::parse(std::string_view json) {
    Json parsed;
    std::string key;  // the last one that was read, which names the place of an error
    const auto remember = [&key](int, Json::parse_event_t event, const Json& value) {
        if (event == Json::parse_event_t::key) key = value.get<std::string>();
        return true;
    };
    try {
        parsed = Json::parse(json, remember);
    } catch (const Json::parse_error& error) {
        const auto end = json.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, json.size()));
        const auto line = static_cast<std::size_t>(std::count(json.begin(), end, '\n')) + 1;
        return failed({"", "not JSON" + (key.empty() ? "" : ", in or after the field " + printable(key)), line, {}});
    } catch (const Json::out_of_range&) {
        return failed({printable(key), "a number out of range", 0, {}});
    }
    Reader reader;
    Topology topology = reader.topology(parsed);
    if (!reader.good()) return failed(reader.error());
    return {std::move(topology), {}};
}

Topology::Read Topology::load(const std::filesystem::path& file) {
    constexpr std::size_t largest = 16U << 20;
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    std::string text;
    std::vector<char> part(65'536);
    while (in && text.size() <= largest) {
        in.read(part.data(), static_cast<std::streamsize>(part.size()));
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (text.size() > largest) return failed({"", "more than 16 MiB", 0, {}});
    if (in.bad() || !in.eof()) {
        const std::error_code why(errno != 0 ? errno : EIO, std::generic_category());
        return failed({"", "cannot be read: " + why.message(), 0, why});
    }
    return parse(text);
}

bool Topology::safe_when_behind() const noexcept {
    return !bootstrap_peers.empty() ||
           std::any_of(local_roots.begin(), local_roots.end(), [](const LocalRoots& group) { return group.trustable; });
}

std::string to_string(const TopologyError& error) {
    if (error.line != 0) return "line " + std::to_string(error.line) + ": " + error.reason;
    return error.where.empty() ? error.reason : error.where + ": " + error.reason;
}

std::vector<initiator::LocalRoots> local_roots(const Topology& topology, const PeersOf& peers_of) {
    std::vector<initiator::LocalRoots> groups;
    std::unordered_set<PeerId> named;
    for (const Topology::LocalRoots& wish : topology.local_roots) {
        initiator::LocalRoots group;
        for (const AccessPoint& point : wish.access_points)
            for (const PeerId& peer : peers_of(point))
                if (named.insert(peer).second) group.peers.push_back(peer);
        if (group.peers.empty()) continue;  // no peer is known yet
        group.hot_valency = std::min(wish.hot_valency, group.peers.size());
        group.warm_valency = std::min(wish.warm_valency, group.peers.size());
        group.trusted = wish.trustable;
        group.advertise = wish.advertise;
        group.initiator_only = wish.initiator_only;
        group.behind_firewall = wish.behind_firewall;
        groups.push_back(std::move(group));
    }
    return groups;
}

}  // namespace ouro
