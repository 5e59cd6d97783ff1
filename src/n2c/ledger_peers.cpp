#include <ouro/n2c/ledger_peers.hpp>

#include <charconv>

#include <ouro/n2c/message.hpp>

#include "n2c/json.hpp"
#include "n2c/parse.hpp"
#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra ledger_peers(Era era, Version version, LedgerPeerKind kind) {
    constexpr std::uint64_t tag = 34;
    if (kind == LedgerPeerKind::big && !has(version, Feature::ledger_peer_kinds)) return plain(era, tag);
    return about(era, tag, [&](cbor::Writer& out) { out.uint(static_cast<std::uint64_t>(kind)); });
}

}  // namespace query

namespace {

enum class Form : std::uint8_t { big_by_slot = 1, big, all };

/// A host name, which is a byte string here.
std::string read_name(cbor::Reader& in) {
    const std::size_t start = in.offset();
    const BytesView bytes = in.bytes();
    std::string name(bytes.begin(), bytes.end());
    if (!cbor::valid_utf8(name)) in.fail_at(start);
    return name;
}

/// The bytes of an IPv4 address, or the 16-bit groups of an IPv6 address, in a list of either form.
template <class Number, std::size_t count>
std::array<std::uint8_t, count * sizeof(Number)> read_address(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    std::array<std::uint8_t, count * sizeof(Number)> address{};
    std::size_t at = 0;
    for_each(in, in.array_of_any(), [&] {
        const auto group = in.uint_as<Number>();
        if (at == address.size()) return in.fail_at(start);
        if constexpr (sizeof(Number) == 2) address[at++] = static_cast<std::uint8_t>(group >> 8);
        address[at++] = static_cast<std::uint8_t>(group);
    });
    if (at != address.size()) in.fail_at(start);
    return address;
}

Relay read_ledger_relay(cbor::Reader& in) {
    enum class Kind : std::uint8_t { name, ipv4, ipv6, service };
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto kind = read_enum(in, Kind::service);
    if (size != (kind == Kind::service ? 2U : 3U)) in.fail_at(start);
    if (kind == Kind::service) return RelayService{read_name(in)};
    const auto port = in.uint_as<std::uint16_t>();
    if (kind == Kind::name) return RelayName{port, read_name(in)};
    RelayAddress address{port, {}, {}};
    if (kind == Kind::ipv4)
        address.ipv4 = read_address<std::uint8_t, 4>(in);
    else
        address.ipv6 = read_address<std::uint16_t, 8>(in);
    return address;
}

LedgerPool read_pool(cbor::Reader& in, Form form) {
    LedgerPool pool;
    in.array_of(form == Form::big ? 3 : 2);
    if (form != Form::all) pool.accumulated = read_rational(in);
    if (form == Form::big_by_slot) in.array_of(2);
    pool.share = read_rational(in);
    pool.relays = read_list(in, read_ledger_relay);
    return pool;
}

/// `[0]`, or `[1, slot]` and, if `with_hash`, the hash.
void read_ledger_point(cbor::Reader& in, bool with_hash, LedgerPeers& peers) noexcept {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const bool origin = in.uint(1) == 0;
    if (size != (origin ? 1U : with_hash ? 3U : 2U)) in.fail_at(start);
    if (origin) return;
    peers.slot = Slot{in.uint()};
    if (with_hash) peers.hash = in.bytes<32>();
}

void write_host(JsonWriter& out, const Relay& relay) {
    out.begin_object();
    if (const auto* address = std::get_if<RelayAddress>(&relay)) {
        if (address->ipv4) out.key("address").text(address_text(*address->ipv4));
        if (address->ipv6) out.key("address").text(address_text(*address->ipv6));
        out.key("port").uint(address->port.value_or(0));
    } else if (const auto* name = std::get_if<RelayName>(&relay)) {
        out.key("domain").text(name->name);
        out.key("port").uint(name->port.value_or(0));
    } else {
        out.key("domain").text(std::get<RelayService>(relay).name);
    }
    out.end_object();
}

void write_pool(JsonWriter& out, const LedgerPool& pool) {
    out.begin_object();
    if (pool.accumulated) {
        out.key("accumulatedStake");
        write_fraction(out, *pool.accumulated);
    }
    out.key("relativeStake");
    write_fraction(out, pool.share);
    out.key("relays");
    write_list(out, pool.relays, write_host);
    out.end_object();
}

double decimal_share(const Rational& number) {
    return number.denominator == 0 ? 0
                                   : static_cast<double>(number.numerator) / static_cast<double>(number.denominator);
}

void write_decimal_share(JsonWriter& out, const Rational& number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), decimal_share(number)).ptr;
    out.number({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// A host and a port; no port: a name with services.
struct Host {
    std::string host;
    std::optional<std::uint16_t> port;
};
Host host_of_relay(const Relay& relay) {
    if (const auto* address = std::get_if<RelayAddress>(&relay))
        return {address->ipv4   ? address_text(*address->ipv4)
                : address->ipv6 ? address_text(*address->ipv6)
                                : std::string(),
                address->port.value_or(0)};
    if (const auto* name = std::get_if<RelayName>(&relay)) return {name->name, name->port.value_or(0)};
    return {std::get<RelayService>(relay).name, std::nullopt};
}

void write_file_pool(JsonWriter& out, const LedgerPool& pool) {
    out.begin_object();
    if (pool.accumulated) {
        out.key("accumulatedStake");
        write_decimal_share(out, *pool.accumulated);
    }
    out.key("relativeStake");
    write_decimal_share(out, pool.share);
    out.key("relays");
    write_list(out, pool.relays, [](JsonWriter& to, const Relay& relay) {
        const Host host = host_of_relay(relay);
        to.begin_object();
        to.key("address").text(host.host);
        if (host.port) to.key("port").uint(*host.port);
        to.end_object();
    });
    out.end_object();
}

void write_slot_number(JsonWriter& out, const std::optional<Slot>& slot) {
    if (slot)
        out.uint(static_cast<std::uint64_t>(*slot));
    else
        out.text("origin");
}

}  // namespace

Result<LedgerPeers> parse_ledger_peers(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        in.array_of(2);
        const std::size_t start = in.offset();
        const auto form = read_enum(in, Form::all);
        if (form < Form::big_by_slot) in.fail_at(start);
        LedgerPeers peers;
        if (form == Form::all) peers.kind = LedgerPeerKind::all;
        const bool with_point = form != Form::big_by_slot;
        in.array_of(with_point ? 3 : 2);
        read_ledger_point(in, with_point, peers);
        if (with_point) peers.magic = NetworkMagic{in.uint_as<std::uint32_t>()};
        peers.pools = read_list(in, [&](cbor::Reader& of) { return read_pool(of, form); });
        return peers;
    });
}

void write_json(JsonWriter& out, const LedgerPeers& peers) {
    out.begin_object();
    out.key("slotNo");
    write_slot_number(out, peers.slot);
    member_if_any(out, "blockHash", peers.hash);
    if (peers.magic) out.key("networkMagic").uint(static_cast<std::uint32_t>(*peers.magic));
    out.key(peers.kind == LedgerPeerKind::all ? "allLedgerPools" : "bigLedgerPools");
    write_list(out, peers.pools, write_pool);
    out.end_object();
}

std::string snapshot_file(const LedgerPeers& peers) {
    JsonWriter out;
    out.begin_object();
    if (!peers.magic) {
        out.key("version").uint(2);
        out.key("slotNo");
        write_slot_number(out, peers.slot);
    } else {
        out.key("NodeToClientVersion").uint(23);
        out.key("NetworkMagic").uint(static_cast<std::uint32_t>(*peers.magic));
        out.key("Point");
        if (peers.slot && peers.hash) {
            out.begin_object();
            out.key("blockPointSlot").uint(static_cast<std::uint64_t>(*peers.slot));
            out.key("blockPointHash").text(to_hex(*peers.hash));
            out.end_object();
        } else {
            out.text("origin");
        }
    }
    out.key(peers.kind == LedgerPeerKind::all ? "allLedgerPools" : "bigLedgerPools");
    write_list(out, peers.pools, write_file_pool);
    out.end_object();
    return out.str();
}

LedgerSnapshot snapshot_of(const LedgerPeers& peers) {
    LedgerSnapshot made;
    made.all = peers.kind == LedgerPeerKind::all;
    made.slot = peers.slot;
    made.magic = peers.magic;
    for (const LedgerPool& from : peers.pools) {
        LedgerSnapshot::Pool& pool = made.pools.emplace_back();
        pool.stake = decimal_share(from.share);
        if (from.accumulated) pool.accumulated = decimal_share(*from.accumulated);
        for (const Relay& relay : from.relays) {
            const Host host = host_of_relay(relay);
            made.add_relay(pool, host.host, host.port);
        }
    }
    return made;
}

}  // namespace ouro::n2c
