#include <ouro/names/ledger_snapshot.hpp>

#include "names/json_fields.hpp"

namespace ouro {

namespace {

using Json = nlohmann::json;

class SnapshotReader : public detail::JsonFields {
  public:
    LedgerSnapshot snapshot(const Json& json) {
        LedgerSnapshot result;
        if (!object(json, "")) return result;
        const std::int64_t version = form(json);
        if (version == 23) {
            if (const auto* magic = required(json, "NetworkMagic"))
                result.magic = NetworkMagic{static_cast<std::uint32_t>(integer(*magic, "NetworkMagic", 0, UINT32_MAX))};
            if (const auto* point = required(json, "Point")) read_point(*point, result);
            result.all = json.contains("allLedgerPools");
            if (result.all && json.contains("bigLedgerPools")) fail("bigLedgerPools", "beside allLedgerPools");
        } else if (const auto* slot = required(json, "slotNo")) {
            result.slot = slot_number(*slot, "slotNo");
        }
        each(json, "", result.all ? "allLedgerPools" : "bigLedgerPools", true,
             [&](const Json& pool, const std::string& where) { read_pool(pool, where, version, result); });
        return result;
    }

  private:
    const Json* required(const Json& json, const char* field, const std::string& where = "") {
        const auto it = json.find(field);
        if (it == json.end()) fail(at(where, field), "missing");
        return it == json.end() ? nullptr : &*it;
    }

    /// 1, 2 or 23.
    std::int64_t form(const Json& json) {
        const bool old = json.contains("version");
        const char* const field = old ? "version" : "NodeToClientVersion";
        const auto* const number = required(json, field);
        if (number == nullptr) return 0;
        const std::int64_t version = integer(*number, field, INT64_MIN, INT64_MAX);
        if (version != 1 && version != 2 && version != 23)
            fail(field, std::to_string(version) + " is neither 1, 2 nor 23");
        return version;
    }

    /// Empty: the origin.
    std::optional<Slot> slot_number(const Json& json, const std::string& where) {
        if (json == "origin") return std::nullopt;
        return Slot{static_cast<std::uint64_t>(integer(json, where, 0, INT64_MAX))};
    }
    void read_point(const Json& json, LedgerSnapshot& to) {
        if (json == "origin" || !object(json, "Point")) return;
        if (const auto* slot = required(json, "blockPointSlot", "Point")) {
            if (*slot == "origin") return fail("Point.blockPointSlot", "no whole number");
            to.slot = slot_number(*slot, "Point.blockPointSlot");
        }
        const auto hash = text(json, "Point", "blockPointHash");
        const auto bytes = from_hex(hash.value_or(""));
        if (!bytes || bytes->size() != 32) fail("Point.blockPointHash", "not 64 hexadecimal digits");
    }

    double share(const Json& json, const std::string& where, const char* field) {
        const auto* const number = required(json, field, where);
        if (number == nullptr) return 0;
        if (!number->is_number()) return fail(at(where, field), "no number"), 0;
        const auto value = number->get<double>();
        if (!(value >= 0 && value <= 1)) fail(at(where, field), "not from 0 to 1");
        return value;
    }
    void read_pool(const Json& json, const std::string& where, std::int64_t version, LedgerSnapshot& to) {
        if (!object(json, where)) return;
        LedgerSnapshot::Pool pool;
        pool.stake = share(json, where, "relativeStake");
        if (!to.all) {
            pool.accumulated = share(json, where, "accumulatedStake");
            if (!to.pools.empty() && *pool.accumulated < *to.pools.back().accumulated)
                fail(at(where, "accumulatedStake"), "less than that of the pool before");
        }
        std::size_t count = 0;
        each(json, where, "relays", true, [&](const Json& relay, const std::string& place) {
            read_relay(relay, place, version, pool, to);
            ++count;
        });
        if (count == 0) fail(at(where, "relays"), "empty");
        to.pools.push_back(std::move(pool));
    }
    void read_relay(const Json& json, const std::string& where, std::int64_t version, LedgerSnapshot::Pool& pool,
                    LedgerSnapshot& to) {
        if (!object(json, where)) return;
        const char* const field = version == 1 && json.contains("domain") ? "domain" : "address";
        const auto host = text(json, where, field);
        std::optional<std::uint16_t> port;
        if (const Json* number = there(json, "port"))
            port = static_cast<std::uint16_t>(integer(*number, at(where, "port"), 0, 65'535));
        if (host && good()) to.add_relay(pool, *host, port);
    }
};

}  // namespace

LedgerSnapshot::Read LedgerSnapshot::parse(std::string_view json) {
    return detail::read_json<SnapshotReader, Read>(
        json, [](SnapshotReader& reader, const Json& root) { return reader.snapshot(root); });
}

LedgerSnapshot::Read LedgerSnapshot::load(const std::filesystem::path& file) {
    return detail::read_json_file(file, &LedgerSnapshot::parse);
}

}  // namespace ouro
