#include "own_addresses.hpp"

#include <algorithm>
#include <array>

#include <ouro/names/address_range.hpp>

namespace ouro::initiator {

namespace {

constexpr std::size_t most_found = 64;

bool is_unspecified(const PeerAddress& address) {
    return std::all_of(address.bytes.begin(), address.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(const PeerAddress& address) {
    static const std::array loopback{*AddressRange::parse("127.0.0.0/8"), *AddressRange::parse("::1")};
    return loopback[address.v6 ? 1 : 0].contains(address);
}

bool reaches(const PeerId& own, const PeerId& other) {
    if (own == other) return true;  // also names
    if (own.port() != other.port()) return false;
    const auto ours = PeerAddress::from(own), theirs = PeerAddress::from(other);
    if (!ours || !theirs) return false;
    const auto same = AddressRange::parse(own.host());
    if (same && same->contains(*theirs)) return true;
    if (!is_unspecified(*ours) || (theirs->v6 && !ours->v6)) return false;  // [::] accepts IPv4 as well
    return is_unspecified(*theirs) || is_loopback(*theirs);
}

}  // namespace

void OwnAddresses::found(const PeerId& address) {
    if (contains(address)) return;
    found_.push_back(address);
    if (found_.size() > most_found) found_.pop_front();
}

bool OwnAddresses::contains(const PeerId& address) const {
    const auto is = [&](const PeerId& own) { return reaches(own, address); };
    if (std::any_of(set_.begin(), set_.end(), is) || (shared_ && is(shared_))) return true;
    for (std::size_t i = 0; i < found_.size(); ++i)
        if (is(found_[i])) return true;
    return false;
}

}  // namespace ouro::initiator
