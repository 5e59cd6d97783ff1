// Prints messages of every kind, many of each: the mini-protocol, the octets in hexadecimal, and the values that were
// written, in JSON. `check.py` reads them with somebody else's decoder and compares.
//
// Values  Integers and booleans are themselves, byte strings "h'0a'", text "t'a'", a tag {"tag": [number, value]}, a
// map
//         {"map": [[key, value], …]} in the order of its keys.

#include <cstdio>
#include <string>
#include <utility>

#include <ouro/detail/random.hpp>
#include <ouro/n2n/message.hpp>

using namespace ouro;

namespace {

/// What is written in a message, drawn anew for each.
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
    Bytes octets(std::size_t most) {
        BytesBuilder out;
        for (std::size_t left = below(most + 1); left > 0; --left) {
            const auto octet = static_cast<std::uint8_t>(next());
            out.append(BytesView(&octet, 1));
        }
        return out.freeze();
    }
    std::string text() { return std::string(below(40), static_cast<char>('a' + below(26))); }
    Point point() {
        if (below(5) == 0) return {};
        Hash hash;
        for (auto& octet : hash) octet = static_cast<std::uint8_t>(next());
        return {Slot{number()}, hash};
    }
    Tip tip() { return {point(), BlockNumber{number()}}; }
    Header header() {
        Header header{static_cast<Era>(below(8)), {}, octets(300)};
        if (header.era == Era::byron) header.byron = {boolean(), static_cast<std::uint32_t>(number(32))};
        return header;
    }
    VersionData data(Version version) {
        VersionData data{NetworkMagic{static_cast<std::uint32_t>(number(32))}, boolean(), boolean(), boolean()};
        data.peras = version == n2n::version_16 && boolean();
        return data;
    }

  private:
    std::uint64_t next() { return detail::next_random(state_); }
    std::uint64_t state_ = 2026;
};

// The values in JSON.
std::string json(bool value) { return value ? "true" : "false"; }
std::string json(std::uint64_t value) { return std::to_string(value); }
std::string json(BytesView value) { return "\"h'" + to_hex(value) + "'\""; }
std::string json(const std::string& text) { return "\"t'" + text + "'\""; }
template <class... Values>
std::string list(const Values&... values) {
    std::string all;
    (void)(..., (all += (all.empty() ? "" : ", ") + values));
    return "[" + all + "]";
}
std::string wrapped(BytesView item) { return "{\"tag\": " + list(json(std::uint64_t{24}), json(item)) + "}"; }
std::string tagged(std::uint64_t number) { return list(json(number)); }
template <class... Values>
std::string tagged(std::uint64_t number, const Values&... values) {
    return list(json(number), values...);
}
std::string json(const Point& point) {
    if (point.is_origin()) return "[]";
    return list(json(static_cast<std::uint64_t>(point.slot())), json(BytesView(point.hash())));
}
std::string json(const Tip& tip) { return list(json(tip.point), json(static_cast<std::uint64_t>(tip.block))); }
std::string json(const Header& header) {
    const std::string era = json(static_cast<std::uint64_t>(header.era));
    if (header.era != Era::byron) return list(era, wrapped(header.cbor));
    const std::uint64_t kind = header.byron.boundary ? 0 : 1;
    return list(era, list(list(json(kind), json(std::uint64_t{header.byron.size_hint})), wrapped(header.cbor)));
}
std::string json(Version version) { return json(static_cast<std::uint64_t>(version)); }
std::string json(Version version, const VersionData& data) {
    const std::string magic = json(static_cast<std::uint64_t>(data.magic));
    const std::string sharing = json(std::uint64_t{data.peer_sharing ? 1U : 0U});
    if (version < n2n::version_16) return list(magic, json(data.initiator_only), sharing, json(data.query));
    return list(magic, json(data.initiator_only), sharing, json(data.query), json(data.peras));
}

template <class P>
void print(typename P::Message message, const std::string& values) {
    const Bytes octets = cbor::encode(n2n::Message::of<P>(std::move(message)));
    std::printf("%s\t%s\t%s\n", std::string(P::name).c_str(), to_hex(octets).c_str(), values.c_str());
}

void print_handshake(Draw& draw) {
    const Version versions[]{n2n::version_14, n2n::version_15, n2n::version_16};
    std::vector<VersionTable::Entry> entries;
    std::string pairs;
    for (const Version version : versions) {
        if (draw.boolean()) continue;
        const VersionData data = draw.data(version);
        entries.push_back({version, encode(version, data)});
        pairs += (pairs.empty() ? "" : ", ") + list(json(version), json(version, data));
    }
    const std::string map = "{\"map\": [" + pairs + "]}";
    print<Handshake>(Handshake::ProposeVersions{VersionTable(entries)}, tagged(0, map));
    print<Handshake>(Handshake::QueryReply{VersionTable(entries)}, tagged(3, map));

    const Version chosen = versions[draw.below(3)];
    const VersionData data = draw.data(chosen);
    print<Handshake>(Handshake::AcceptVersion{chosen, encode(chosen, data)},
                     tagged(1, json(chosen), json(chosen, data)));
    print<Handshake>(Handshake::Refuse{VersionMismatch{{versions[0], versions[2]}}},
                     tagged(2, tagged(0, list(json(versions[0]), json(versions[2])))));
    const std::string text = draw.text();
    print<Handshake>(Handshake::Refuse{HandshakeDecodeError{chosen, text}},
                     tagged(2, tagged(1, json(chosen), json(text))));
    print<Handshake>(Handshake::Refuse{Refused{chosen, text}}, tagged(2, tagged(2, json(chosen), json(text))));
}

void print_chain_sync(Draw& draw) {
    const Tip tip = draw.tip();
    const Point point = draw.point();
    const Header header = draw.header();
    std::vector<Point> points;
    std::string all;
    for (std::uint64_t left = draw.below(6); left > 0; --left) {
        points.push_back(draw.point());
        all += (all.empty() ? "" : ", ") + json(points.back());
    }
    print<ChainSync>(ChainSync::RequestNext{}, tagged(0));
    print<ChainSync>(ChainSync::AwaitReply{}, tagged(1));
    print<ChainSync>(ChainSync::RollForward{header, tip}, tagged(2, json(header), json(tip)));
    print<ChainSync>(ChainSync::RollBackward{point, tip}, tagged(3, json(point), json(tip)));
    print<ChainSync>(ChainSync::FindIntersect{points}, tagged(4, "[" + all + "]"));
    print<ChainSync>(ChainSync::IntersectFound{point, tip}, tagged(5, json(point), json(tip)));
    print<ChainSync>(ChainSync::IntersectNotFound{tip}, tagged(6, json(tip)));
    print<ChainSync>(ChainSync::Done{}, tagged(7));
}

void print_block_fetch(Draw& draw) {
    const Point first = draw.point(), last = draw.point();
    const Bytes block = draw.octets(2'000);
    print<BlockFetch>(BlockFetch::RequestRange{first, last}, tagged(0, json(first), json(last)));
    print<BlockFetch>(BlockFetch::ClientDone{}, tagged(1));
    print<BlockFetch>(BlockFetch::StartBatch{}, tagged(2));
    print<BlockFetch>(BlockFetch::NoBlocks{}, tagged(3));
    print<BlockFetch>(BlockFetch::Block{block}, tagged(4, wrapped(block)));
    print<BlockFetch>(BlockFetch::BatchDone{}, tagged(5));
}

void print_keep_alive(Draw& draw) {
    const auto cookie = static_cast<std::uint16_t>(draw.number(16));
    print<KeepAlive>(KeepAlive::Ping{cookie}, tagged(0, json(std::uint64_t{cookie})));
    print<KeepAlive>(KeepAlive::Pong{cookie}, tagged(1, json(std::uint64_t{cookie})));
    print<KeepAlive>(KeepAlive::Done{}, tagged(2));
}

}  // namespace

int main() {
    Draw draw;
    for (int i = 0; i < 50; ++i) {
        print_handshake(draw);
        print_chain_sync(draw);
        print_block_fetch(draw);
        print_keep_alive(draw);
    }
}
