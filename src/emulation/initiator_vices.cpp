#include <memory>
#include <optional>
#include <utility>
#include <vector>

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

// Holds its place with pings and one request, whose answer it takes.
Meddler<M> holds_place() {
    Meddler<M> meddler{{}, [done = false](OneHand& hand, const Send& send) mutable {
                           const Channel channel = send.message.channel();
                           if (channel == Handshake::channel) return hand.pass(send);
                           if (channel == KeepAlive::channel) hand.pass(send);
                           if (std::exchange(done, true)) return;
                           hand.receive(BlockFetch::channel, Role::initiator, small_message);
                           hand.pass({hand.connection(), Role::initiator,
                                      BlockFetch::RequestRange{Point(made_up()), Point(made_up())}});
                       }};
    meddler.hears = [](OneHand&, const io::Recv<M>& received) { return received.message.as<BlockFetch>() == nullptr; };
    return meddler;
}

// The first ping leaves at once, so that the connection does not count as idle.
Meddler<M> drips_pings() {
    return {{}, [drip = trickle<M>().sends, begun = false](OneHand& hand, const Send& send) mutable {
                const bool ping = send.message.channel() == KeepAlive::channel;
                if (send.message.channel() == Handshake::channel || (ping && !std::exchange(begun, true)))
                    return hand.pass(send);
                if (ping) drip(hand, send);
            }};
}

// Follows the first ping of the node with others; the node hears only the answers to its own.
Meddler<M> pings_without_end() {
    const auto own = std::make_shared<std::optional<std::uint16_t>>();  // the cookie of the node's ping
    Meddler<M> meddler = edits<KeepAlive>([own](OneHand&, KeepAlive::Message& message) {
        if (const auto* ping = std::get_if<KeepAlive::Ping>(&message)) *own = ping->cookie;
        return true;
    });
    meddler.hears = [own, begun = false](OneHand& hand, const io::Recv<M>& received) mutable {
        const auto* const message = received.message.as<KeepAlive>();
        const auto* const pong = message == nullptr ? nullptr : std::get_if<KeepAlive::Pong>(message);
        if (pong == nullptr) return true;
        const bool for_node = *own == pong->cookie;
        if (for_node) own->reset();
        if (for_node && std::exchange(begun, true)) return true;
        hand.receive(KeepAlive::channel, Role::initiator, small_message);
        hand.pass({hand.connection(), Role::initiator, KeepAlive::Ping{static_cast<std::uint16_t>(pong->cookie + 1)}});
        return for_node;
    };
    return meddler;
}

Meddler<M> unread_junk() {
    return edits<TxSubmission>([](OneHand& hand, const TxSubmission::Message& message) {
        constexpr std::size_t junk_bytes = 720'000;  // below the limit of the queue
        if (!std::holds_alternative<TxSubmission::Init>(message)) return false;
        hand.pass({hand.connection(), Role::initiator, TxSubmission::Init{}});
        hand.say(TxSubmission::channel, Role::initiator, std::vector<std::uint8_t>(junk_bytes));
        return false;
    });
}

/// The next `count` made-up ids after the id with `number`.
TxSubmission::ReplyTxIds made_up_ids(std::uint64_t& number, std::uint16_t count) {
    constexpr std::uint32_t bytes = 100;
    TxSubmission::ReplyTxIds reply;
    for (; count > 0; --count) {
        TxId id{Era::conway, {}, {}};
        ++number;
        for (std::size_t i = 0; i < sizeof number; ++i) id.hash[i] = static_cast<std::uint8_t>(number >> 8 * i);
        reply.ids.push_back({id, bytes});
    }
    return reply;
}

// Answers each request for ids with made-up ones, and each request for transactions with one that is none.
Meddler<M> junk_txs() {
    Meddler<M> meddler = edits<TxSubmission>([](OneHand&, const TxSubmission::Message& message) {
        return std::holds_alternative<TxSubmission::Init>(message);
    });
    meddler.hears = [number = std::uint64_t{0}](OneHand& hand, const io::Recv<M>& received) mutable {
        const auto* const message = received.message.as<TxSubmission>();
        if (message == nullptr) return true;
        const auto answer = [&hand](auto reply) {
            hand.receive(TxSubmission::channel, Role::initiator, small_message);
            hand.pass({hand.connection(), Role::initiator, std::move(reply)});
        };
        if (const auto* wait = std::get_if<TxSubmission::RequestTxIdsBlocking>(message))
            answer(made_up_ids(number, wait->requested));
        if (const auto* look = std::get_if<TxSubmission::RequestTxIdsNonBlocking>(message))
            answer(made_up_ids(number, look->requested));
        if (std::holds_alternative<TxSubmission::RequestTxs>(*message))
            answer(TxSubmission::ReplyTxs{{Tx(Era::conway, Bytes())}});
        return false;
    };
    return meddler;
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
    {"holds_place", "sends one request, and pings", &holds_place},
    {"drips_pings", "sends only pings, a byte per second", &drips_pings},
    {"pings_without_end", "sends a ping as soon as the last one is answered", &pings_without_end},
    {"unread_junk", "sends junk that nothing has requested", &unread_junk},
    {"junk_txs", "announces transactions without end and delivers junk", &junk_txs},
    {"done_at_once", "ends every mini-protocol in its first message", &done_at_once},
    {"closes", "closes after three messages", &closes},
    {"resets", "resets the connection after three messages", &resets},
    {"vanishes", "disappears without notice after three messages", &vanishes},
    {"stops_reading", "stops reading after three messages", &stops_reading},
};

}  // namespace

std::span<const Vice> initiator_vices() noexcept { return all_of_initiators; }

}  // namespace ouro::emulation
