#include <algorithm>

#include <ouro/n2n/message.hpp>

#include "draw.hpp"

namespace ouro {

namespace {

void print_chain_sync(Draw& draw) {
    const Tip tip = draw.tip();
    const Point point = draw.point();
    const Header header = draw.header();
    const auto points = draw.some(5, [&] { return draw.point(); });
    print<ChainSync>(ChainSync::RequestNext{}, tagged(0));
    print<ChainSync>(ChainSync::AwaitReply{}, tagged(1));
    print<ChainSync>(ChainSync::RollForward{header, tip}, tagged(2, json(header), json(tip)));
    print<ChainSync>(ChainSync::RollBackward{point, tip}, tagged(3, json(point), json(tip)));
    print<ChainSync>(ChainSync::FindIntersect{points}, tagged(4, list_of(points)));
    print<ChainSync>(ChainSync::IntersectFound{point, tip}, tagged(5, json(point), json(tip)));
    print<ChainSync>(ChainSync::IntersectNotFound{tip}, tagged(6, json(tip)));
    print<ChainSync>(ChainSync::Done{}, tagged(7));
}

void print_block_fetch(Draw& draw) {
    const Point first = draw.point(), last = draw.point();
    const Bytes block = draw.bytes(2'000);
    print<BlockFetch>(BlockFetch::RequestRange{first, last}, tagged(0, json(first), json(last)));
    print<BlockFetch>(BlockFetch::ClientDone{}, tagged(1));
    print<BlockFetch>(BlockFetch::StartBatch{}, tagged(2));
    print<BlockFetch>(BlockFetch::NoBlocks{}, tagged(3));
    print<BlockFetch>(BlockFetch::Block{block}, tagged(4, wrapped(block)));
    print<BlockFetch>(BlockFetch::BatchDone{}, tagged(5));
}

void print_keep_alive(Draw& draw) {
    const auto cookie = draw.number_as<std::uint16_t>();
    print<KeepAlive>(KeepAlive::Ping{cookie}, tagged(0, json(cookie)));
    print<KeepAlive>(KeepAlive::Pong{cookie}, tagged(1, json(cookie)));
    print<KeepAlive>(KeepAlive::Done{}, tagged(2));
}

void print_tx_submission(Draw& draw) {
    const auto acknowledged = draw.number_as<std::uint16_t>(), requested = draw.number_as<std::uint16_t>();
    const std::string counts = json(acknowledged) + ", " + json(requested);
    const auto named = draw.some(5, [&] { return Named<TxId>{draw.tx_id(), draw.number_as<std::uint32_t>()}; });
    const auto ids = draw.some(5, [&] { return draw.tx_id(); });
    const auto txs = draw.some(5, [&] { return AnyTx::drawn(draw); });
    TxSubmission::ReplyTxs reply;
    for (const AnyTx& each : txs) reply.txs.push_back(each.tx);
    print<TxSubmission>(TxSubmission::Init{}, tagged(6));
    print<TxSubmission>(TxSubmission::RequestTxIdsBlocking{acknowledged, requested}, tagged(0, json(true), counts));
    print<TxSubmission>(TxSubmission::RequestTxIdsNonBlocking{acknowledged, requested}, tagged(0, json(false), counts));
    print<TxSubmission>(
        TxSubmission::ReplyTxIds{named},
        tagged(1, list_of(named, [](const Named<TxId>& each) { return list(json(each.id), json(each.bytes)); })));
    print<TxSubmission>(TxSubmission::RequestTxs{ids}, tagged(2, list_of(ids)));
    print<TxSubmission>(reply, tagged(3, list_of(txs)));
    print<TxSubmission>(TxSubmission::Done{}, tagged(4));
}

// Read once more from the bytes: four are a little-endian number, sixteen are four big-endian ones.
std::string value(const PeerAddress& address) {
    const auto byte = [&](std::size_t at) { return std::uint32_t{address.bytes[at]}; };
    const std::string port = json(address.port);
    if (!address.v6) return tagged(0, json(byte(0) + 256 * (byte(1) + 256 * (byte(2) + 256 * byte(3)))), port);
    const auto word = [&](std::size_t at) {
        return json(byte(at + 3) + 256 * (byte(at + 2) + 256 * (byte(at + 1) + 256 * byte(at))));
    };
    return tagged(1, word(0), word(4), word(8), word(12), port);
}

void print_peer_sharing(Draw& draw) {
    const auto amount = draw.number_as<std::uint8_t>();
    const auto peers = draw.some(5, [&] {
        PeerAddress address{{}, draw.boolean(), draw.number_as<std::uint16_t>()};
        if (address.v6)
            address.bytes = draw.array<16>();
        else
            std::ranges::copy(draw.array<4>(), address.bytes.begin());
        return address;
    });
    print<PeerSharing>(PeerSharing::ShareRequest{amount}, tagged(0, json(amount)));
    print<PeerSharing>(PeerSharing::SharePeers{peers}, tagged(1, list_of(peers, value)));
    print<PeerSharing>(PeerSharing::Done{}, tagged(2));
}

template <class P>
void print_object_diffusion(Draw& draw) {
    const auto acknowledged = draw.number_as<std::uint16_t>(), requested = draw.number_as<std::uint16_t>();
    const std::string counts = json(acknowledged) + ", " + json(requested);
    const auto items = draw.some(5, [&] { return AnyItem::drawn(draw); });
    print<P>(typename P::Init{}, tagged(0));
    print<P>(typename P::RequestObjectIdsBlocking{acknowledged, requested}, tagged(1, json(true), counts));
    print<P>(typename P::RequestObjectIdsNonBlocking{acknowledged, requested}, tagged(1, json(false), counts));
    print<P>(typename P::ReplyObjectIds{bytes_of(items)}, tagged(2, list_of(items)));
    print<P>(typename P::RequestObjects{bytes_of(items)}, tagged(3, list_of(items)));
    print<P>(typename P::ReplyObjects{bytes_of(items)}, tagged(4, list_of(items)));
    print<P>(typename P::Done{}, tagged(5));
}

void print_leios_notify(Draw& draw) {
    const Header header = draw.header();
    const BlockPoint block = draw.block_point();
    const auto bytes = draw.number_as<std::uint32_t>();
    const auto votes =
        draw.some(5, [&] { return LeiosVote{draw.hash(), draw.number_as<std::uint16_t>(), draw.array<48>()}; });
    print<LeiosNotify>(LeiosNotify::RequestNext{}, tagged(0));
    print<LeiosNotify>(LeiosNotify::BlockAnnouncement{header}, tagged(1, json(header)));
    print<LeiosNotify>(LeiosNotify::BlockOffer{block, bytes}, tagged(2, json(Point(block)), json(bytes)));
    print<LeiosNotify>(LeiosNotify::BlockTxsOffer{block}, tagged(3, json(Point(block))));
    print<LeiosNotify>(LeiosNotify::Votes{votes}, tagged(4, list_of(votes, [](const LeiosVote& vote) {
                                                             return list(json(vote.announcing_block), json(vote.voter),
                                                                         json(vote.signature));
                                                         })));
    print<LeiosNotify>(LeiosNotify::Done{}, tagged(5));
}

void print_leios_fetch(Draw& draw) {
    const BlockPoint block = draw.block_point();
    const std::string point = json(Point(block));
    const AnyItem item = AnyItem::drawn(draw);
    std::vector<LeiosBitmap::Window> windows;
    for (std::uint16_t index = 0; index < 1'000; index = static_cast<std::uint16_t>(index + 1 + draw.below(400)))
        windows.push_back({index, draw.number() | 1});
    const std::string bitmap =
        map(list_of(windows, [](const auto& window) { return list(json(window.index), json(window.bits)); }));
    const auto txs = draw.some(5, [&] { return draw.bytes(300); });
    print<LeiosFetch>(LeiosFetch::BlockRequest{block}, tagged(0, point));
    print<LeiosFetch>(LeiosFetch::Block{item.cbor}, tagged(1, item.value));
    print<LeiosFetch>(LeiosFetch::BlockTxsRequest{block, LeiosBitmap(windows)}, tagged(2, point, bitmap));
    print<LeiosFetch>(LeiosFetch::BlockTxs{block, LeiosBitmap(windows), txs}, tagged(3, point, bitmap, list_of(txs)));
    print<LeiosFetch>(LeiosFetch::Done{}, tagged(9));
}

}  // namespace

void print_node_to_node(Draw& draw) {
    print_handshake(draw, Handshake::name, std::array{n2n::version_14, n2n::version_15, n2n::version_16});
    print_chain_sync(draw);
    print_block_fetch(draw);
    print_tx_submission(draw);
    print_keep_alive(draw);
    print_peer_sharing(draw);
    print_object_diffusion<PerasCertDiffusion>(draw);
    print_object_diffusion<PerasVoteDiffusion>(draw);
    print_leios_notify(draw);
    print_leios_fetch(draw);
}

}  // namespace ouro
