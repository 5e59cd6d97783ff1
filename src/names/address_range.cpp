#include <ouro/names/address_range.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace ouro {

namespace {

using AddressBytes = std::array<std::uint8_t, 16>;

constexpr unsigned v4_bits = 96;          // length of the prefix of an IPv4 address in IPv6 form, ::ffff:a.b.c.d
constexpr std::size_t mapped_v4_at = 12;  // the byte where it begins in that form
constexpr std::size_t site_bytes = 8;     // of an IPv6 address

AddressBytes as_v6(const PeerAddress& address) noexcept {
    if (address.v6) return address.bytes;
    AddressBytes bytes{};
    bytes[10] = bytes[11] = 0xff;
    std::copy_n(address.bytes.begin(), 4, bytes.begin() + 12);
    return bytes;
}

bool bit(const AddressBytes& bytes, unsigned index) noexcept { return (bytes[index / 8] >> (7 - index % 8) & 1) != 0; }

constexpr std::array special{
    // IPv4
    SpecialRange{"0.0.0.0/8", false},         // this network
    SpecialRange{"10.0.0.0/8", false},        // private
    SpecialRange{"100.64.0.0/10", false},     // shared by the customers of a provider
    SpecialRange{"127.0.0.0/8", false},       // loopback
    SpecialRange{"169.254.0.0/16", false},    // link-local
    SpecialRange{"172.16.0.0/12", false},     // private
    SpecialRange{"192.0.0.0/24", false},      // protocol assignments
    SpecialRange{"192.0.0.9/32", true},       // Port Control Protocol anycast
    SpecialRange{"192.0.0.10/32", true},      // TURN anycast
    SpecialRange{"192.0.2.0/24", false},      // documentation
    SpecialRange{"192.88.99.0/24", false},    // 6to4 relays, deprecated
    SpecialRange{"192.168.0.0/16", false},    // private
    SpecialRange{"198.18.0.0/15", false},     // benchmarks
    SpecialRange{"198.51.100.0/24", false},   // documentation
    SpecialRange{"203.0.113.0/24", false},    // documentation
    SpecialRange{"224.0.0.0/4", false},       // multicast
    SpecialRange{"240.0.0.0/4", false},       // reserved, and broadcast
    SpecialRange{"::ffff:0.0.0.0/96", true},  // IPv4 in general
    // IPv6
    SpecialRange{"::/0", false},            // not assigned for global unicast
    SpecialRange{"2000::/3", true},         // global unicast
    SpecialRange{"2001::/23", false},       // protocol assignments: Teredo, benchmarks, ORCHID and others
    SpecialRange{"2001:1::1/128", true},    // Port Control Protocol anycast
    SpecialRange{"2001:1::2/128", true},    // TURN anycast
    SpecialRange{"2001:1::3/128", true},    // DNS-SD registration anycast
    SpecialRange{"2001:3::/32", true},      // AMT
    SpecialRange{"2001:4:112::/48", true},  // AS112
    SpecialRange{"2001:20::/28", true},     // ORCHIDv2
    SpecialRange{"2001:30::/28", true},     // drone remote identification
    SpecialRange{"2001:db8::/32", false},   // documentation
    SpecialRange{"2002::/16", false},       // 6to4
    SpecialRange{"3fff::/20", false},       // documentation
};

struct Parsed {
    AddressRange range;
    bool global;
};

const std::vector<Parsed>& parsed() {
    static const std::vector<Parsed> all = [] {
        std::vector<Parsed> result;
        for (const SpecialRange& each : special)
            if (const auto range = AddressRange::parse(each.range)) result.push_back({*range, each.global});
        return result;
    }();
    return all;
}

}  // namespace

Result<AddressRange> AddressRange::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    PeerAddress address;
    if (inet_pton(AF_INET, host.c_str(), address.bytes.data()) != 1) {
        address.v6 = true;
        if (inet_pton(AF_INET6, host.c_str(), address.bytes.data()) != 1) return Errc::bad_address;
    }
    const unsigned before = address.v6 ? 0 : v4_bits;
    unsigned bits = 128 - before;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (error != std::errc{} || end != digits.data() + digits.size() || bits > 128 - before)
            return Errc::bad_address;
    }
    bits += before;
    const AddressBytes first = as_v6(address);
    for (unsigned i = bits; i < 128; ++i)
        if (bit(first, i)) return Errc::bad_address;
    return AddressRange(first, bits);
}

bool AddressRange::contains(const PeerAddress& address) const noexcept {
    const AddressBytes bytes = as_v6(address);
    const std::size_t whole = bits_ / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), first_.begin())) return false;
    for (unsigned i = static_cast<unsigned>(whole) * 8; i < bits_; ++i)
        if (bit(bytes, i) != bit(first_, i)) return false;
    return true;
}

std::span<const SpecialRange> special_ranges() noexcept { return special; }

bool globally_reachable(const PeerAddress& address) noexcept {
    const Parsed* longest = nullptr;
    for (const Parsed& each : parsed())
        if (each.range.contains(address) && (longest == nullptr || each.range.bits() > longest->range.bits()))
            longest = &each;
    return longest != nullptr && longest->global;
}

std::string site_of(std::string_view host) {
    const std::size_t percent = std::min(host.find('%'), host.size());
    const std::string zone(host.substr(percent));
    const std::string literal(host.substr(0, percent));
    in6_addr address{};
    if (inet_pton(AF_INET6, literal.c_str(), &address) != 1) return std::string(host);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_V4MAPPED(&address))
        return inet_ntop(AF_INET, address.s6_addr + mapped_v4_at, text.data(), text.size());
    const bool one = IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_LOOPBACK(&address);
    if (!one) std::fill(address.s6_addr + site_bytes, address.s6_addr + sizeof(address), std::uint8_t{0});
    inet_ntop(AF_INET6, &address, text.data(), text.size());
    return text.data() + (one ? zone : "/64" + zone);
}

Errc check_shared(const PeerAddress& address, std::span<const AddressRange> allowed) noexcept {
    constexpr std::uint16_t first_open_port = 1024;
    static const AddressRange loopback_v4 = *AddressRange::parse("127.0.0.0/8");
    static const AddressRange loopback_v6 = *AddressRange::parse("::1");
    if (address.port == 0) return Errc::address_forbidden;
    const bool loopback = loopback_v4.contains(address) || loopback_v6.contains(address);
    if (loopback && address.port < first_open_port) return Errc::address_forbidden;
    const auto inside = [&](const AddressRange& range) { return range.contains(address); };
    const bool good = globally_reachable(address) || std::any_of(allowed.begin(), allowed.end(), inside);
    return good ? Errc::none : Errc::address_forbidden;
}

}  // namespace ouro
