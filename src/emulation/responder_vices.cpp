#include <limits>
#include <vector>

#include <ouro/protocol/handshake.hpp>

#include "emulation/vices.hpp"

namespace ouro::emulation {

namespace {

using namespace vice;

/// Passes on lists of shared peers after `edit` has changed them.
template <class F>
Meddler<M> edits_shared(F edit) {
    return edits<PeerSharing>([edit](OneHand&, PeerSharing::Message& message) {
        if (auto* shared = std::get_if<PeerSharing::SharePeers>(&message)) edit(shared->peers);
        return true;
    });
}

PeerAddress address(std::string_view host, std::uint16_t port = 3'001) {
    return *PeerAddress::from(PeerId::from_parts(host, port));
}

Meddler<M> refuses() {
    return edits<Handshake>([](OneHand&, Handshake::Message& message) {
        if (const auto* accept = std::get_if<Handshake::AcceptVersion>(&message))
            message = Handshake::Refuse{Refused{accept->version, "not you"}};
        return true;
    });
}

Meddler<M> accepts_wrong_magic() {
    return edits<Handshake>([](OneHand&, Handshake::Message& message) {
        if (auto* accept = std::get_if<Handshake::AcceptVersion>(&message)) {
            VersionData data = decode_version_data(accept->version, accept->data).value_or(VersionData{});
            data.magic = NetworkMagic{static_cast<std::uint32_t>(data.magic) ^ 1U};
            accept->data = encode(accept->version, data);
        }
        return true;
    });
}

// Proposes, as after a simultaneous open, and then accepts as a responder.
Meddler<M> proposes_too() {
    return edits<Handshake>([](OneHand& hand, Handshake::Message& message) {
        const auto* accept = std::get_if<Handshake::AcceptVersion>(&message);
        if (accept == nullptr) return true;
        hand.pass_after(a_segment_later, {hand.connection(), Role::responder, *accept});
        message = Handshake::ProposeVersions{VersionTable({{accept->version, accept->data}})};
        return true;
    });
}

Meddler<M> changes_version() {
    return edits<Handshake>([](OneHand& hand, Handshake::Message& message) {
        const auto* accept = std::get_if<Handshake::AcceptVersion>(&message);
        if (accept == nullptr) return true;
        const Handshake::AcceptVersion other{n2n::version_14, accept->data};
        hand.pass_after(a_segment_later, {hand.connection(), Role::responder, other});
        return true;
    });
}

Meddler<M> answers_twice() {
    return {{}, [](OneHand& hand, Send send) {
                hand.pass(send);
                if (send.message.channel() != Handshake::channel) hand.pass(send);
            }};
}

Meddler<M> wrong_cookie() {
    return edits<KeepAlive>([](OneHand&, KeepAlive::Message& message) {
        if (auto* pong = std::get_if<KeepAlive::Pong>(&message)) pong->cookie ^= 1U;
        return true;
    });
}

Meddler<M> awaits_out_of_turn() {
    return edits<ChainSync>([](OneHand& hand, ChainSync::Message& message) {
        if (std::holds_alternative<ChainSync::IntersectFound>(message))
            hand.pass({hand.connection(), Role::responder, ChainSync::AwaitReply{}});
        return true;
    });
}

Meddler<M> no_blocks() {
    return edits<BlockFetch>([](OneHand&, BlockFetch::Message& message) {
        if (std::holds_alternative<BlockFetch::StartBatch>(message)) message = BlockFetch::NoBlocks{};
        return std::holds_alternative<BlockFetch::NoBlocks>(message);
    });
}

// Holds each block until the next one comes, so that the last block of a batch never leaves.
Meddler<M> short_range() {
    return edits<BlockFetch>([held = Bytes()](OneHand&, BlockFetch::Message& message) mutable {
        if (auto* block = std::get_if<BlockFetch::Block>(&message)) {
            block->cbor.swap(held);
            return !block->cbor.empty();
        }
        held = {};
        return true;
    });
}

Meddler<M> wrong_block() {
    return edits<BlockFetch>([](OneHand&, BlockFetch::Message& message) {
        if (auto* block = std::get_if<BlockFetch::Block>(&message)) {
            // Another block of the same form: flips bits in bytes that determine its hash.
            block->cbor = turned_over(block->cbor, 20, 52);
        }
        return true;
    });
}

Meddler<M> lies_about_intersection() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        if (auto* found = std::get_if<ChainSync::IntersectFound>(&message)) found->point = Point(made_up());
        return true;
    });
}

Meddler<M> knows_no_intersection() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        if (const auto* found = std::get_if<ChainSync::IntersectFound>(&message))
            message = ChainSync::IntersectNotFound{found->tip};
        return true;
    });
}

Meddler<M> unknown_rollback() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        if (const auto* forward = std::get_if<ChainSync::RollForward>(&message))
            message = ChainSync::RollBackward{Point(made_up()), forward->tip};
        return true;
    });
}

Meddler<M> shares_private_addresses() {
    return edits_shared([](std::vector<PeerAddress>& peers) {
        peers = {address("127.0.0.1", 22), address("10.0.0.1"), address("169.254.169.254", 80),
                 address("192.168.0.1"),   address("::1"),      address("fe80::1")};
    });
}

Meddler<M> shares_too_many() {
    constexpr std::size_t most = std::numeric_limits<std::uint8_t>::max();  // that can be requested
    return edits_shared([](std::vector<PeerAddress>& peers) { peers.assign(most + 1, address("192.0.2.1")); });
}

// Sends more unrequested responses than any queue takes.
Meddler<M> floods_with_pongs() {
    return {{}, [done = false](OneHand& hand, Send send) mutable {
                hand.pass(send);
                if (send.message.channel() == Handshake::channel || std::exchange(done, true)) return;
                for (int i = 0; i < 20'000; ++i)
                    hand.pass({hand.connection(), Role::responder, KeepAlive::Pong{static_cast<std::uint16_t>(i)}});
            }};
}

constexpr Vice all_of_responders[] = {
    {"silent", "accepts connections and sends nothing", &silent},
    {"mute_handshake", "never answers the proposal", &mute<Handshake>},
    {"refuses", "refuses every proposal", &refuses},
    {"wrong_magic", "accepts for another network", &accepts_wrong_magic},
    {"garbage", "sends an HTTP response", &garbage},
    {"trickle", "sends a byte per second", &trickle},
    {"mute_chain_sync", "never answers a follower", &mute<ChainSync>},
    {"mute_block_fetch", "never answers a request for blocks", &mute<BlockFetch>},
    {"mute_keep_alive", "never answers a ping", &mute<KeepAlive>},
    {"proposes_too", "answers a proposal with one of its own, and then accepts", &proposes_too},
    {"changes_version", "accepts one version, and then another", &changes_version},
    {"answers_twice", "sends every response twice", &answers_twice},
    {"wrong_cookie", "answers a ping with another cookie", &wrong_cookie},
    {"out_of_turn", "sends a message that is illegal in the state", &awaits_out_of_turn},
    {"oversized", "starts a message above every size limit", &oversized},
    {"truncates", "closes inside a message", &truncates},
    {"no_blocks", "has none of the requested blocks", &no_blocks},
    {"short_range", "omits the last block of every range", &short_range},
    {"wrong_block", "sends other blocks than were requested", &wrong_block},
    {"forged_body", "sends blocks with one wrong bit in the body", &forged_body},
    {"trailing_bytes", "sends blocks followed by another byte", &trailing_bytes},
    {"cut_block", "sends blocks without their last byte", &cut_block},
    {"header_alone", "sends blocks without a body", &header_alone},
    {"empty_block", "sends blocks of zero bytes", &empty_block},
    {"omits_block", "omits the second block of every range", &omits_block},
    {"repeats_block", "sends the second block of every range twice", &repeats_block},
    {"reorders_blocks", "swaps every two blocks", &reorders_blocks},
    {"unreadable_header", "sends malformed headers", &unreadable_header},
    {"empty_header", "sends headers of zero bytes", &empty_header},
    {"unknown_era", "sends headers of an unknown era", &unknown_era},
    {"repeats_header", "sends its first header again and again", &repeats_header},
    {"forward_and_back", "goes one header forward and back without end", &forward_and_back},
    {"rolls_back_to_origin", "rolls back to the origin without end", &rolls_back_to_origin},
    {"drips_headers", "sends a header every nine seconds", &drips_headers},
    {"silent_after_intersect", "finds the intersection and sends no header", &silent_after_intersect},
    {"claims_more", "claims a tip far beyond its chain", &claims_more},
    {"lies_about_intersection", "finds an intersection at a point that was not proposed", &lies_about_intersection},
    {"knows_no_intersection", "finds none of the points", &knows_no_intersection},
    {"unknown_rollback", "rolls back to a point that it never sent", &unknown_rollback},
    {"shares_private_addresses", "shares addresses that are not globally reachable", &shares_private_addresses},
    {"shares_too_many", "shares more addresses than were requested", &shares_too_many},
    {"mute_leios_fetch", "never answers a request for an endorser block", &mute<LeiosFetch>},
    {"false_offers", "offers endorser blocks that do not exist", &false_offers},
    {"wrong_endorser_block", "sends another endorser block than was requested", &wrong_endorser_block},
    {"more_eb_txs", "sends more transactions of an endorser block than were requested", &more_eb_txs},
    {"unregistered", "sends on an unused mini-protocol", &unregistered},
    {"floods", "sends more unrequested responses than any queue takes", &floods_with_pongs},
    {"closes", "closes after three messages", &closes},
    {"resets", "resets the connection after three messages", &resets},
    {"vanishes", "disappears without notice after three messages", &vanishes},
    {"stops_reading", "stops reading after three messages", &stops_reading},
};

}  // namespace

std::span<const Vice> responder_vices() noexcept { return all_of_responders; }

}  // namespace ouro::emulation
