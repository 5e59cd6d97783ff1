#include <ouro/protocol/peer_sharing.hpp>

#include <arpa/inet.h>

#include <algorithm>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

namespace {

std::uint32_t load_le32(const std::uint8_t* p) noexcept {
    return std::uint32_t{p[3]} << 24 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[1]} << 8 | p[0];
}

void store_le32(std::uint8_t* p, std::uint32_t v) noexcept {
    for (int shift = 0; shift < 32; shift += 8) *p++ = static_cast<std::uint8_t>(v >> shift);
}

void write(cbor::Writer& out, const PeerAddress& address) {
    const std::uint8_t* const bytes = address.bytes.data();
    if (address.v6) {
        out.array(6).uint(1);
        for (std::size_t at = 0; at < address.bytes.size(); at += 4) out.uint(load_be32(bytes + at));
    } else {
        out.array(3).uint(0).uint(load_le32(bytes));
    }
    out.uint(address.port);
}

/// An IPv4 address that is written as one of IPv6 is that IPv4 address: else one peer would be two.
PeerAddress plain(const PeerAddress& address) {
    static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!address.v6 || !std::equal(mapped.begin(), mapped.end(), address.bytes.begin())) return address;
    PeerAddress v4;
    v4.port = address.port;
    std::copy(address.bytes.begin() + mapped.size(), address.bytes.end(), v4.bytes.begin());
    return v4;
}

PeerAddress read_address(cbor::Reader& in) {
    PeerAddress address;
    const std::size_t start = in.offset();
    const auto size = in.array();
    address.v6 = in.uint(1) == 1;
    if (size != (address.v6 ? 6U : 3U)) in.fail_at(start);
    std::uint8_t* const bytes = address.bytes.data();
    if (address.v6) {
        for (std::size_t at = 0; at < address.bytes.size(); at += 4)
            store_be32(bytes + at, in.uint_as<std::uint32_t>());
    } else {
        store_le32(bytes, in.uint_as<std::uint32_t>());
    }
    address.port = in.uint_as<std::uint16_t>();
    return address;
}

}  // namespace

Result<PeerAddress> PeerAddress::from(const PeerId& peer) {
    const std::string host(peer.host());
    PeerAddress address;
    address.port = peer.port();
    address.v6 = host.find(':') != std::string::npos;
    if (address.port == 0 || inet_pton(address.v6 ? AF_INET6 : AF_INET, host.c_str(), address.bytes.data()) != 1)
        return Errc::bad_address;
    return plain(address);
}

Result<PeerId> PeerAddress::peer() const {
    if (port == 0) return Errc::bad_address;
    const PeerAddress address = plain(*this);
    std::array<char, INET6_ADDRSTRLEN> host{};
    inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), host.data(), host.size());
    return PeerId::from_parts(host.data(), port);
}

void PeerSharingMessages::ShareRequest::encode(cbor::Writer& out) const { out.array(2).uint(0).uint(amount); }

void PeerSharingMessages::SharePeers::encode(cbor::Writer& out) const {
    out.array(2).uint(1);
    write_either(out, peers, [&](const PeerAddress& address) { write(out, address); });
}

void PeerSharingMessages::Done::encode(cbor::Writer& out) const { out.array(1).uint(2); }

namespace {

// The reference ignores the length of the array, so a wrong one confuses its stream. Here an item is whole before it is
// read, so a wrong length is an error.
PeerSharingMessages::Message read_peer_sharing(MessageReader& in) {
    switch (in.number()) {
        case 0: in.of(2); return PeerSharingMessages::ShareRequest{in.uint_as<std::uint8_t>()};
        case 1:
            in.of(2);
            return PeerSharingMessages::SharePeers{read_list(in, ListForm::either, [&] { return read_address(in); })};
        case 2: in.of(1); return PeerSharingMessages::Done{};
        default: in.unknown(); return PeerSharingMessages::Done{};
    }
}

}  // namespace

Result<PeerSharingMessages::Message> PeerSharingMessages::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_peer_sharing(in); });
}

}  // namespace ouro
