#include <ouro/protocol/handshake.hpp>

#include "emulation/vices.hpp"

namespace ouro::emulation {

namespace {

using namespace vice;

/// Passes on proposals with the versions that `make` returns for the honest ones.
template <class F>
Meddler<M> proposes(F make) {
    return {{}, [make](OneHand& hand, Send send) {
                if (auto* const handshake = send.message.as<Handshake>())
                    if (auto* const proposal = std::get_if<Handshake::ProposeVersions>(handshake))
                        proposal->versions = make(proposal->versions);
                hand.pass(send);
            }};
}

Meddler<M> proposes_wrong_magic() {
    return proposes([](const VersionTable& versions) {
        std::vector<VersionTable::Entry> entries = versions.entries();
        for (auto& entry : entries) {
            VersionData data = decode_version_data(entry.version, entry.data).value_or(VersionData{});
            data.magic = NetworkMagic{static_cast<std::uint32_t>(data.magic) ^ 1U};
            entry.data = encode(entry.version, data);
        }
        return VersionTable(std::move(entries));
    });
}

Meddler<M> no_version() {
    return proposes([](const VersionTable& versions) {
        std::vector<VersionTable::Entry> entries = versions.entries();
        for (auto& entry : entries) entry.version = Version{static_cast<std::uint64_t>(entry.version) + 10'000};
        return VersionTable(std::move(entries));
    });
}

Meddler<M> proposes_twice() {
    return edits<Handshake>([](OneHand& hand, Handshake::Message& message) {
        hand.pass_after(a_segment_later,
                        {hand.connection(), Role::initiator, M::of<Handshake>(Handshake::Message(message))});
        return true;
    });
}

// Plays both roles of the handshake, as if it had been dialled too.
Meddler<M> accepts_itself() {
    return edits<Handshake>([](OneHand& hand, Handshake::Message& message) {
        const auto* proposal = std::get_if<Handshake::ProposeVersions>(&message);
        if (proposal == nullptr || proposal->versions.entries().empty()) return true;
        const auto& newest = proposal->versions.entries().back();
        hand.pass({hand.connection(), Role::responder, Handshake::AcceptVersion{newest.version, newest.data}});
        return true;
    });
}

Meddler<M> responds_out_of_turn() {
    return {{}, [](OneHand& hand, Send send) {
                hand.pass(send);
                if (send.message.channel() != Handshake::channel)
                    hand.pass({hand.connection(), Role::initiator, KeepAlive::Pong{1}});
            }};
}

// Sends more unanswered requests than any queue takes.
Meddler<M> floods_with_pings() {
    return {{}, [done = false](OneHand& hand, Send send) mutable {
                hand.pass(send);
                if (send.message.channel() == Handshake::channel || std::exchange(done, true)) return;
                for (int i = 0; i < 20'000; ++i)
                    hand.pass({hand.connection(), Role::initiator, KeepAlive::Ping{static_cast<std::uint16_t>(i)}});
            }};
}

// Replaces the first message of each mini-protocol by its last one.
Meddler<M> done_at_once() {
    return {{}, [](OneHand& hand, Send send) {
                if (send.message.as<ChainSync>() != nullptr) send.message = ChainSync::Done{};
                if (send.message.as<BlockFetch>() != nullptr) send.message = BlockFetch::ClientDone{};
                if (send.message.as<KeepAlive>() != nullptr) send.message = KeepAlive::Done{};
                if (send.message.as<TxSubmission>() != nullptr) return;  // ends only after a request of the peer
                hand.pass(send);
            }};
}

constexpr Vice all_of_initiators[] = {
    {"silent", "dials and sends nothing", &silent},
    {"wrong_magic", "proposes another network", &proposes_wrong_magic},
    {"no_version", "proposes only unknown versions", &no_version},
    {"proposes_twice", "proposes versions twice", &proposes_twice},
    {"accepts_itself", "answers its own proposal", &accepts_itself},
    {"garbage", "sends an HTTP response", &garbage},
    {"trickle", "sends a byte per second", &trickle},
    {"out_of_turn", "sends responses instead of requests", &responds_out_of_turn},
    {"oversized", "starts a message above every size limit", &oversized},
    {"truncates", "closes inside a message", &truncates},
    {"unregistered", "sends on an unused mini-protocol", &unregistered},
    {"huge_bitmap", "requests transactions that no endorser block has", &huge_bitmap},
    {"floods_notify", "requests notifications of endorser blocks without end", &floods_notify},
    {"floods", "sends more requests than any queue takes", &floods_with_pings},
    {"done_at_once", "ends every mini-protocol in its first message", &done_at_once},
    {"closes", "closes after three messages", &closes},
    {"resets", "resets the connection after three messages", &resets},
    {"vanishes", "disappears without notice after three messages", &vanishes},
    {"stops_reading", "stops reading after three messages", &stops_reading},
};

}  // namespace

std::span<const Vice> initiator_vices() noexcept { return all_of_initiators; }

}  // namespace ouro::emulation
