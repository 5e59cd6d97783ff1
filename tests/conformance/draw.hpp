#pragma once

// Messages for another decoder: their contents, and the same in JSON.
//
// Values  Integers and booleans are themselves, byte strings "h'0a'", text "t'a'", a tag {"tag": [number, value]},
//         a map {"map": [[key, value], …]} in the order of its keys.

#include <concepts>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ouro/base/random.hpp>
#include <ouro/n2n/versions.hpp>
#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// The contents of a message, drawn for each.
class Draw {
  public:
    /// Of up to `bits` bits, as often short as long, and often where the encoding grows.
    std::uint64_t number(unsigned bits = 64) {
        const std::uint64_t most = bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
        static constexpr std::uint64_t edges[]{0, 23, 24, 255, 256, 65'535, 65'536, UINT32_MAX, 1ULL << 32, UINT64_MAX};
        if (below(2) == 0) return std::min(edges[below(std::size(edges))], most);
        return next() >> below(64) & most;
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool boolean() { return below(2) == 0; }
    Bytes bytes(std::size_t most) {
        BytesBuilder out;
        for (std::size_t left = below(most + 1); left > 0; --left) {
            const auto byte = static_cast<std::uint8_t>(next());
            out.append(BytesView(&byte, 1));
        }
        return out.freeze();
    }
    template <std::size_t size>
    std::array<std::uint8_t, size> array() {
        std::array<std::uint8_t, size> all;
        for (auto& byte : all) byte = static_cast<std::uint8_t>(next());
        return all;
    }
    Hash hash() { return array<32>(); }
    template <class Integer>
    Integer number_as() {
        return static_cast<Integer>(number(std::numeric_limits<Integer>::digits));
    }
    /// Up to `most` of what `draw_one` makes.
    template <class DrawOne>
    auto some(std::size_t most, DrawOne draw_one) {
        std::vector<decltype(draw_one())> all;
        for (std::size_t left = below(most + 1); left > 0; --left) all.push_back(draw_one());
        return all;
    }
    std::string text() { return std::string(below(40), static_cast<char>('a' + below(26))); }
    Point point() {
        if (below(5) == 0) return {};
        return block_point();
    }
    BlockPoint block_point() { return {Slot{number()}, hash()}; }
    Tip tip() { return {point(), BlockNumber{number()}}; }
    Header header() {
        Header header{any_era(), {}, bytes(300)};
        if (header.era == Era::byron) header.byron = {boolean(), number_as<std::uint32_t>()};
        return header;
    }
    TxId tx_id() {
        const Era era = any_era();
        return {era, byron_kind(era), hash()};
    }
    /// Of those versions, some.
    template <class Versions>
    std::vector<std::pair<Version, VersionData>> offers(const Versions& versions) {
        std::vector<std::pair<Version, VersionData>> all;
        for (const Version version : versions)
            if (boolean()) all.emplace_back(version, data(version));
        return all;
    }
    Era any_era() { return static_cast<Era>(below(8)); }
    ByronTxKind byron_kind(Era era) {
        return era == Era::byron ? static_cast<ByronTxKind>(below(4)) : ByronTxKind::transaction;
    }
    VersionData data(Version version) {
        VersionData data{NetworkMagic{number_as<std::uint32_t>()}, boolean(), boolean(), boolean()};
        data.peras = version == n2n::version_16 && boolean();
        return data;
    }

  private:
    std::uint64_t next() { return detail::next_random(state_); }
    std::uint64_t state_ = 2026;
};

// The values in JSON.
inline std::string json(bool value) { return value ? "true" : "false"; }
template <std::unsigned_integral Integer>
std::string json(Integer value) {
    return std::to_string(value);
}
template <class Enum>
    requires std::is_enum_v<Enum>
std::string json(Enum value) {
    return json(static_cast<std::underlying_type_t<Enum>>(value));
}
inline std::string json(BytesView value) { return "\"h'" + to_hex(value) + "'\""; }
inline std::string json(const std::string& text) { return "\"t'" + text + "'\""; }
template <class... Values>
std::string list(const Values&... values) {
    std::string all;
    (void)(..., (all += (all.empty() ? "" : ", ") + values));
    return "[" + all + "]";
}
/// The JSON of each, or what `of_one` makes of it.
template <class All, class OfOne>
std::string list_of(const All& all, OfOne of_one) {
    std::string values;
    for (const auto& each : all) values += (values.empty() ? "" : ", ") + of_one(each);
    return "[" + values + "]";
}
template <class All>
std::string list_of(const All& all) {
    return list_of(all, [](const auto& each) { return json(each); });
}
inline std::string map(const std::string& pairs) { return "{\"map\": " + pairs + "}"; }
inline std::string wrapped(BytesView item) { return "{\"tag\": " + list(json(24U), json(item)) + "}"; }
inline std::string tagged(std::uint64_t number) { return list(json(number)); }
template <class... Values>
std::string tagged(std::uint64_t number, const Values&... values) {
    return list(json(number), values...);
}
inline std::string json(const Point& point) {
    if (point.is_origin()) return "[]";
    return list(json(point.slot()), json(point.hash()));
}
inline std::string json(const Tip& tip) { return list(json(tip.point), json(tip.block)); }
inline std::string json(const Header& header) {
    const std::string era = json(header.era);
    if (header.era != Era::byron) return list(era, wrapped(header.cbor));
    const std::uint64_t kind = header.byron.boundary ? 0 : 1;
    return list(era, list(list(json(kind), json(header.byron.size_hint)), wrapped(header.cbor)));
}
inline std::string enveloped(Era era, ByronTxKind byron, const std::string& what) {
    return list(json(era), era == Era::byron ? list(json(byron), what) : what);
}
inline std::string json(const TxId& id) { return enveloped(id.era, id.byron, json(id.hash)); }
inline std::string json(Version version, const VersionData& data) {
    const std::string magic = json(data.magic);
    if (node_to_client(version)) return list(magic, json(data.query));
    const std::string sharing = json(data.peer_sharing ? 1U : 0U);
    if (version < n2n::version_16) return list(magic, json(data.initiator_only), sharing, json(data.query));
    return list(magic, json(data.initiator_only), sharing, json(data.query), json(data.peras));
}

/// One whole item that means nothing to the library, and its JSON.
struct AnyItem {
    Bytes cbor;
    std::string value;

    static AnyItem drawn(Draw& draw) {
        const std::uint64_t number = draw.number();
        const Bytes bytes = draw.bytes(300);
        const std::string text = draw.text();
        ByteQueue out;
        cbor::Writer writer(out);
        writer.array(3).uint(number).bytes(bytes);
        writer.map(1).text(text).boolean(true);
        return {out.take(), list(json(number), json(BytesView(bytes)), map(list(list(json(text), json(true)))))};
    }
};
inline std::string json(const AnyItem& item) { return item.value; }
/// Their bytes.
inline std::vector<Bytes> bytes_of(const std::vector<AnyItem>& items) {
    std::vector<Bytes> all;
    for (const AnyItem& item : items) all.push_back(item.cbor);
    return all;
}

/// A transaction and its JSON: in Byron it is an item of its own, later bytes in tag 24.
struct AnyTx {
    Tx tx;
    std::string value;

    static AnyTx drawn(Draw& draw) {
        const AnyItem item = AnyItem::drawn(draw);
        const Era era = draw.any_era();
        const ByronTxKind byron = draw.byron_kind(era);
        const std::string inner = era == Era::byron ? item.value : wrapped(item.cbor);
        return {{era, byron, item.cbor}, enveloped(era, byron, inner)};
    }
};
inline std::string json(const AnyTx& tx) { return tx.value; }

/// One line for `check.py`: the mini-protocol under its name there, the bytes, the values.
template <class Message>
void print(std::string_view protocol, const Message& message, const std::string& values) {
    std::printf("%s\t%s\t%s\n", std::string(protocol).c_str(), to_hex(cbor::encode(message)).c_str(), values.c_str());
}
template <class P>
void print(const std::type_identity_t<typename P::Message>& message, const std::string& values) {
    std::visit([&](const auto& each) { print(P::name, each, values); }, message);
}

/// The messages of a handshake in which `versions` are known.
template <class Versions>
void print_handshake(Draw& draw, std::string_view protocol, const Versions& versions) {
    const auto offers = draw.offers(versions);
    std::vector<VersionTable::Entry> entries;
    for (const auto& [version, data] : offers) entries.push_back({version, encode(version, data)});
    const std::string table = map(
        list_of(offers, [](const auto& offer) { return list(json(offer.first), json(offer.first, offer.second)); }));
    print(protocol, Handshake::ProposeVersions{VersionTable(entries)}, tagged(0, table));
    print(protocol, Handshake::QueryReply{VersionTable(entries)}, tagged(3, table));

    const Version chosen = versions[draw.below(std::size(versions))];
    const VersionData data = draw.data(chosen);
    print(protocol, Handshake::AcceptVersion{chosen, encode(chosen, data)},
          tagged(1, json(chosen), json(chosen, data)));
    const std::vector<Version> known(std::begin(versions), std::end(versions));
    print(protocol, Handshake::Refuse{VersionMismatch{known}}, tagged(2, tagged(0, list_of(known))));
    const std::string text = draw.text();
    print(protocol, Handshake::Refuse{HandshakeDecodeError{chosen, text}},
          tagged(2, tagged(1, json(chosen), json(text))));
    print(protocol, Handshake::Refuse{Refused{chosen, text}}, tagged(2, tagged(2, json(chosen), json(text))));
}

/// The parts that print: each its messages once.
void print_node_to_node(Draw& draw);
void print_node_to_client(Draw& draw);
void print_dmq(Draw& draw);

}  // namespace ouro
