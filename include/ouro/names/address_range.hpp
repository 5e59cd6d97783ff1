#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ouro/protocol/peer_sharing.hpp>

namespace ouro {

/// A range of IP addresses, such as `127.0.0.0/8` or `fd00::/8`, or a single address. An IPv6 address that maps an IPv4
/// one counts as the IPv4 address.
class AddressRange {
  public:
    /// Errors  Errc::bad_address  text that is not `address/bits` or an address, too many bits, or an address with bits
    ///         set outside the prefix
    [[nodiscard]] static Result<AddressRange> parse(std::string_view text);

    [[nodiscard]] bool contains(const PeerAddress& address) const noexcept;
    /// Length of the prefix, out of 128 bits; for an IPv4 range 96 more than in its text.
    [[nodiscard]] unsigned bits() const noexcept { return bits_; }
    friend bool operator==(const AddressRange&, const AddressRange&) = default;

  private:
    AddressRange(const std::array<std::uint8_t, 16>& first, unsigned bits) noexcept : first_(first), bits_(bits) {}

    std::array<std::uint8_t, 16> first_;
    unsigned bits_;
};

/// One range of the list below, and whether its addresses are globally reachable.
struct SpecialRange {
    std::string_view range;
    bool global;
};
/// The ranges that differ from the range around them. If two contain an address, the longer prefix decides.
///
/// Source  IANA, IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), with multicast (RFC 5771, RFC 4291). Of
///         IPv6 only 2000::/3 is assigned for global unicast.
[[nodiscard]] std::span<const SpecialRange> special_ranges() noexcept;

/// Whether the address can be reached from anywhere, according to its range.
[[nodiscard]] bool globally_reachable(const PeerAddress& address) noexcept;

/// The site of an address, as text: an IPv4 address alone, but for IPv6 its /64, as in `2001:db8::/64`, because a host
/// may choose any address in its /64. A link-local address is its own site, with its zone; so is a name. All ways to
/// write an address give the same text.
///
/// Source  RFC 4291, 2.5.4: an interface identifier has 64 bits. RFC 6177: a site has a /64 at least.
[[nodiscard]] std::string site_of(std::string_view host);

/// Errc::none if an address learnt from a peer may be dialled, else Errc::address_forbidden. It must be globally
/// reachable or in a range of `allowed`. Its port must not be 0, nor below 1024 on a loopback address, because those
/// ports belong to this machine's own services.
[[nodiscard]] Errc check_shared(const PeerAddress& address, std::span<const AddressRange> allowed) noexcept;

}  // namespace ouro
