#include "interface/own_address.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <cstring>

namespace ouro::detail {

namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

/// Returns an IPv4 address written as IPv6 as IPv4, and drops the zone, which does not matter here.
address without_zone(const address& any) {
    if (any.is_v4()) return any;
    const address_v6 v6 = any.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
    return address_v6(v6.to_bytes());
}

address of(const sockaddr& from) {
    if (from.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &from, sizeof(v4));
        return address_v4(ntohl(v4.sin_addr.s_addr));
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &from, sizeof(v6));
    address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return address_v6(bytes);
}

/// Whether an interface of this machine has the address.
bool is_local(const address& wanted) {
    if (wanted.is_loopback()) return true;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return false;
    bool found = false;
    for (const ifaddrs* each = all; each != nullptr && !found; each = each->ifa_next) {
        const sockaddr* const at = each->ifa_addr;
        if (at != nullptr && (at->sa_family == AF_INET || at->sa_family == AF_INET6)) found = of(*at) == wanted;
    }
    ::freeifaddrs(all);
    return found;
}

}  // namespace

bool own_address(const address& bound, const address& to, bool dual_stack) {
    const address here = without_zone(bound), there = without_zone(to);
    if (here == there) return true;
    const bool all_of_family = here.is_unspecified() && (here.is_v4() == there.is_v4() || dual_stack);
    // A dial to the unspecified address goes to the loopback address.
    if (there.is_unspecified()) return all_of_family || (here.is_loopback() && here.is_v4() == there.is_v4());
    return all_of_family && is_local(there);
}

}  // namespace ouro::detail
