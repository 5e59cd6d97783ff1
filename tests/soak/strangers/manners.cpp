#include "soak/strangers/manners.hpp"

#include <algorithm>
#include <utility>

#include <ouro/ouro.hpp>

namespace strangers {

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t chain_sync = 2, block_fetch = 3, tx_submission = 4, keep_alive = 8, peer_sharing = 10,
                        leios_notify = 18, leios_fetch = 19;

ByteVector repeated(const ByteVector& one, std::size_t times) {
    ByteVector all;
    for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), one.begin(), one.end());
    return all;
}
template <class M>
ByteVector encoded(M message) {
    const ouro::Bytes item = ouro::cbor::encode(ouro::n2n::Message(std::move(message)));
    return {item.view().begin(), item.view().end()};
}

ByteVector range(ouro::BlockPoint first, ouro::BlockPoint last) {
    return encoded(ouro::BlockFetch::RequestRange{first, last});
}
ByteVector intersect(ouro::BlockPoint point) { return encoded(ouro::ChainSync::FindIntersect{{point}}); }

/// A search for 100 points that are not on the chain.
ByteVector search() {
    ByteVector points{0x82, 0x04, 0x9f};
    const ByteVector slot{0x82, 0x1a, 0x00, 0x10, 0x00, 0x00, 0x58, 0x20};
    for (int i = 0; i < 100; ++i) {
        points.insert(points.end(), slot.begin(), slot.end());
        points.insert(points.end(), 32, 0x07);
    }
    points.push_back(0xff);
    return points;
}

std::vector<Manner> all_manners(const std::vector<ouro::BlockPoint>& chain) {
    const ouro::BlockPoint first = chain.front(), last = chain.back();
    const ByteVector request_next{0x81, 0x00};
    std::vector<Manner> all;
    const auto manner = [&](const char* name) -> Manner& {
        all.emplace_back();
        all.back().name = name;
        return all.back();
    };
    // Hold a place with as little as they can.
    manner("silent").greets = false;
    Manner& half = manner("drips-handshake");
    half.greets = false;
    half.once = proposal();
    half.pause = 1s;
    Manner& drips = manner("drips-pings");  // keeps every time limit
    add(drips.for_ever, keep_alive, ping());
    drips.pause = 1s;
    Manner& holds = manner("holds");
    add(holds.once, block_fetch, range(first, first));
    add(holds.once, tx_submission, {0x81, 0x06});
    manner("visits").leaves = true;  // costs the log two lines each time
    // Make work without end.
    add(manner("pings").for_ever, keep_alive, repeated(ping(), 20'000), 500);
    add(manner("requests").for_ever, block_fetch, repeated(range(first, first), 20));
    add(manner("searches").for_ever, chain_sync, repeated(search(), 20));
    Manner& rescans = manner("rescans");
    ByteVector rescan = intersect(first);
    for (std::size_t i = 1; i < chain.size(); ++i)
        rescan.insert(rescan.end(), request_next.begin(), request_next.end());
    add(rescans.for_ever, chain_sync, rescan);
    add(manner("shares").for_ever, peer_sharing, repeated({0x82, 0x00, 0x0a}, 1'000));  // relay --share
    // Make the server keep as much as they can.
    Manner& deaf = manner("deaf");
    add(deaf.once, block_fetch, range(first, last));
    deaf.reads = false;
    Manner& unread = manner("unread-requests");
    add(unread.for_ever, block_fetch, repeated(range(first, first), 20));
    unread.reads = false;
    Manner& junk = manner("junk");
    add(junk.once, tx_submission, {0x81, 0x06});
    add(junk.once, tx_submission, ByteVector(720'000, 0x00));
    Manner& tip = manner("tip");  // and wait at the tip, as good peers do
    add(tip.once, chain_sync, intersect(last));
    add(tip.once, chain_sync, repeated(request_next, 200'000));
    // The same of a Leios relay.
    const ByteVector eb = encoded(ouro::LeiosFetch::BlockRequest{first});
    Manner& blocks = manner("unread-endorser-blocks");
    add(blocks.for_ever, leios_fetch, repeated(eb, 20));
    blocks.reads = false;
    Manner& notifications = manner("unread-notifications");
    add(notifications.for_ever, leios_notify, repeated({0x81, 0x00}, 1'000));
    notifications.reads = false;
    return all;
}

}  // namespace

std::vector<std::string> manners() {
    std::vector<std::string> names;
    for (const Manner& one : all_manners({ouro::BlockPoint{}})) names.emplace_back(one.name);
    return names;
}

Manner manner(const std::string& name, const std::vector<ouro::BlockPoint>& chain) {
    auto all = all_manners(chain);
    return std::move(*std::ranges::find_if(all, [&](const Manner& one) { return one.name == name; }));
}

void add(ByteVector& to, std::uint16_t channel, const ByteVector& payload, std::size_t most) {
    for (std::size_t at = 0; at < payload.size(); at += most) {
        const std::size_t size = std::min(most, payload.size() - at);
        const auto head = ouro::mux::encode_header(
            {0, ouro::Channel{channel}, ouro::Role::initiator, static_cast<std::uint16_t>(size)});
        to.insert(to.end(), head.begin(), head.end());
        to.insert(to.end(), payload.begin() + static_cast<std::ptrdiff_t>(at),
                  payload.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
}

ByteVector proposal() {
    ouro::responder::Config config;
    config.offer.data.peer_sharing = true;
    ByteVector all;
    add(all, 0, encoded(ouro::Handshake::ProposeVersions{config.offer.table()}));
    return all;
}

const ByteVector& ping() {
    static const ByteVector one{0x82, 0x00, 0x19, 0x12, 0x34};
    return one;
}

}  // namespace strangers
