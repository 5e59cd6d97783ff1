#include <ouro/protocol/chain_sync.hpp>

namespace ouro {

void ChainSync::RequestNext::encode(cbor::Writer& out) const { out.array(1).uint(0); }
void ChainSync::AwaitReply::encode(cbor::Writer& out) const { out.array(1).uint(1); }

void ChainSync::RollForward::encode(cbor::Writer& out) const {
    out.array(3).uint(2);
    write(out, header);
    write(out, tip);
}

void ChainSync::RollBackward::encode(cbor::Writer& out) const {
    out.array(3).uint(3);
    write(out, point);
    write(out, tip);
}

void ChainSync::FindIntersect::encode(cbor::Writer& out) const {
    out.array(2).uint(4);
    // The reference writes an empty list as definite and any other as indefinite.
    if (points.empty()) {
        out.array(0);
        return;
    }
    out.begin_array();
    for (const Point& point : points) write(out, point);
    out.end();
}

void ChainSync::IntersectFound::encode(cbor::Writer& out) const {
    out.array(3).uint(5);
    write(out, point);
    write(out, tip);
}

void ChainSync::IntersectNotFound::encode(cbor::Writer& out) const {
    out.array(2).uint(6);
    write(out, tip);
}

void ChainSync::Done::encode(cbor::Writer& out) const { out.array(1).uint(7); }

namespace {

std::vector<Point> read_points(cbor::Reader& in) {
    std::vector<Point> points;
    if (const auto size = in.array_of_any()) {
        for (std::uint64_t i = 0; i < *size && in.ok(); ++i) points.push_back(read_point(in));
    } else {
        while (in.ok() && !in.at_break()) points.push_back(read_point(in));
    }
    return points;
}

// The arguments of a braced list are read in order, which those of a call are not.
ChainSync::Message read(cbor::Reader& in, const Item& item, std::uint64_t size) {
    const auto of = [&](std::uint64_t wanted) {
        if (size != wanted) in.fail();
    };
    switch (in.uint()) {
        case 0: of(1); return ChainSync::RequestNext{};
        case 1: of(1); return ChainSync::AwaitReply{};
        case 2: of(3); return ChainSync::RollForward{read_header(in, item), read_tip(in)};
        case 3: of(3); return ChainSync::RollBackward{read_point(in), read_tip(in)};
        case 4: of(2); return ChainSync::FindIntersect{read_points(in)};
        case 5: of(3); return ChainSync::IntersectFound{read_point(in), read_tip(in)};
        case 6: of(2); return ChainSync::IntersectNotFound{read_tip(in)};
        case 7: of(1); return ChainSync::Done{};
        default: in.fail(); return ChainSync::Done{};
    }
}

}  // namespace

Result<ChainSync::Message> ChainSync::decode(const Item& item) {
    cbor::Reader in(item.octets);
    const auto size = in.array();
    Result<Message> message = read(in, item, size);
    if (const Errc error = in.finish(); error != Errc::none) message = error;
    return message;
}

}  // namespace ouro
