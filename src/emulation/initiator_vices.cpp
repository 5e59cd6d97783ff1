#include <ouro/protocol/handshake.hpp>

#include "emulation/vices.hpp"

namespace ouro::emulation {

namespace {

using namespace vice;

/// Passes on another table of versions than the honest one.
template <class F>
Meddler<M> proposes(F make) {
    return {{}, [make](OneHand& hand, Send send) {
                if (auto* const handshake = send.message.as<Handshake>())
                    if (auto* const proposal = std::get_if<Handshake::ProposeVersions>(handshake))
                        proposal->versions = make(proposal->versions);
                hand.pass(send);
            }};
}

Meddler<M> wrong_magic() {
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

// In both roles of the handshake, as though it had been dialled, too.
Meddler<M> accepts_itself() {
    return edits<Handshake>([](OneHand& hand, Handshake::Message& message) {
        const auto* proposal = std::get_if<Handshake::ProposeVersions>(&message);
        if (proposal == nullptr || proposal->versions.entries().empty()) return true;
        const auto& newest = proposal->versions.entries().back();
        hand.pass({hand.connection(), Role::responder, Handshake::AcceptVersion{newest.version, newest.data}});
        return true;
    });
}

Meddler<M> out_of_turn() {
    return {{}, [](OneHand& hand, Send send) {
                hand.pass(send);
                if (send.message.channel() != Handshake::channel)
                    hand.pass({hand.connection(), Role::initiator, KeepAlive::Pong{1}});
            }};
}

// Requests that nobody could have answered yet, more of them than any queue takes.
Meddler<M> floods() {
    return {{}, [done = false](OneHand& hand, Send send) mutable {
                hand.pass(send);
                if (send.message.channel() == Handshake::channel || std::exchange(done, true)) return;
                for (int i = 0; i < 20'000; ++i)
                    hand.pass({hand.connection(), Role::initiator, KeepAlive::Ping{static_cast<std::uint16_t>(i)}});
            }};
}

// The first message of each mini-protocol is its last one.
Meddler<M> done_at_once() {
    return {{}, [](OneHand& hand, Send send) {
                if (send.message.as<ChainSync>() != nullptr) send.message = ChainSync::Done{};
                if (send.message.as<BlockFetch>() != nullptr) send.message = BlockFetch::ClientDone{};
                if (send.message.as<KeepAlive>() != nullptr) send.message = KeepAlive::Done{};
                if (send.message.as<TxSubmission>() != nullptr) return;  // whose end only an asker can be told
                hand.pass(send);
            }};
}

constexpr Vice all[] = {
    {"silent", "dials and says nothing", &silent},
    {"wrong_magic", "proposes another network", &wrong_magic},
    {"no_version", "proposes versions that nobody knows", &no_version},
    {"proposes_twice", "proposes versions twice", &proposes_twice},
    {"accepts_itself", "answers its own proposal", &accepts_itself},
    {"garbage", "speaks another protocol altogether", &garbage},
    {"trickle", "says a byte a second", &trickle},
    {"out_of_turn", "gives answers where it has to ask", &out_of_turn},
    {"oversized", "begins a message longer than any", &oversized},
    {"truncates", "ends inside a message", &truncates},
    {"unregistered", "sends on a mini-protocol that nobody runs", &unregistered},
    {"huge_bitmap", "requests transactions that no endorser block has", &huge_bitmap},
    {"floods_notify", "requests notifications of endorser blocks without end", &floods_notify},
    {"floods", "asks more often than may wait", &floods},
    {"done_at_once", "ends every mini-protocol politely before it begins", &done_at_once},
    {"closes", "ends after three messages", &closes},
    {"resets", "breaks off after three messages", &resets},
    {"vanishes", "is gone after three messages, without a word", &vanishes},
    {"stops_reading", "reads nothing any more after three messages", &stops_reading},
};

}  // namespace

std::span<const Vice> initiator_vices() noexcept { return all; }

}  // namespace ouro::emulation
