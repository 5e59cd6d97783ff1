#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ouro/behavior/initiator_types.hpp>

#include "conformance/conversation.hpp"
#include "support/catch.hpp"

/// The messages of a peer that an initiator's events repeat.
namespace conformance {

using namespace ouro;
namespace ini = ouro::initiator;

using Set = n2n::Message;

inline Set decoded(const Spoken& spoken) {
    auto message = Set::decode(Channel{spoken.stream.channel}, Item{spoken.bytes, nullptr});
    REQUIRE(message);
    return *std::move(message);
}
/// The message, if it is an `M` of `P`; else null.
template <class P, class M>
const M* as(const Set& message) {
    const auto* own = message.as<P>();
    return own != nullptr ? std::get_if<M>(own) : nullptr;
}
inline bool says(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

/// What an event repeats of the peer's messages, encoded; empty for others.
template <class Event>
raw::ByteVector repeated(const Event& event) {
    const auto bytes = [](const Set& message) {
        const Bytes item = cbor::encode(message);
        return raw::ByteVector(item.view().begin(), item.view().end());
    };
    if (const auto* e = std::get_if<ini::Intersected>(&event))
        return bytes(ChainSync::IntersectFound{e->point, e->tip});
    if (const auto* e = std::get_if<ini::NoIntersection>(&event)) return bytes(ChainSync::IntersectNotFound{e->tip});
    if (const auto* e = std::get_if<ini::RollForward>(&event)) return bytes(ChainSync::RollForward{e->header, e->tip});
    if (const auto* e = std::get_if<ini::RollBackward>(&event)) return bytes(ChainSync::RollBackward{e->point, e->tip});
    if (const auto* e = std::get_if<ini::BlockReceived>(&event)) return bytes(BlockFetch::Block{e->block});
    if (std::holds_alternative<ini::NoBlocks>(event)) return bytes(BlockFetch::NoBlocks{});
    if (const auto* e = std::get_if<ini::QueryAnswered>(&event)) return bytes(Handshake::QueryReply{e->versions});
    if (const auto* e = std::get_if<ini::PeerRefused>(&event); e != nullptr && e->by_peer)
        return bytes(Handshake::Refuse{e->reason});
    if (const auto* e = std::get_if<ini::PeersShared>(&event)) {
        std::vector<PeerAddress> addresses;
        for (const PeerId& peer : e->peers) addresses.push_back(*PeerAddress::from(peer));
        return bytes(PeerSharing::SharePeers(std::move(addresses)));
    }
    return {};
}

/// The channel of the messages that an event repeats.
template <class Event>
std::uint16_t channel_of(const Event& event) {
    if (std::holds_alternative<ini::BlockReceived>(event) || std::holds_alternative<ini::NoBlocks>(event)) return 3;
    if (std::holds_alternative<ini::PeersShared>(event)) return 10;
    if (std::holds_alternative<ini::QueryAnswered>(event) || std::holds_alternative<ini::PeerRefused>(event)) return 0;
    return 2;
}

/// The messages of the recorded peer that an initiator's events repeat.
inline std::vector<raw::ByteVector> to_be_repeated(const Conversation& conversation, Side theirs,
                                                   std::uint16_t channel) {
    std::vector<raw::ByteVector> all;
    bool intersected = false;
    auto spoken_ones = conversation.of({theirs, channel, true});
    for (const Spoken& spoken : conversation.cut)
        if (spoken.stream == Stream{theirs, channel, true}) spoken_ones.push_back(spoken);
    for (const Spoken& spoken : spoken_ones) {
        const Set message = decoded(spoken);
        const bool back_to_intersection = intersected && as<ChainSync, ChainSync::RollBackward>(message) != nullptr;
        intersected = as<ChainSync, ChainSync::IntersectFound>(message) != nullptr;
        const std::string_view name = message.name();
        if (back_to_intersection || name == "AcceptVersion" || name == "AwaitReply" || name == "StartBatch" ||
            name == "BatchDone" || name == "KeepAliveResponse" || channel == 4)
            continue;
        all.push_back(spoken.bytes);
    }
    return all;
}

}  // namespace conformance
