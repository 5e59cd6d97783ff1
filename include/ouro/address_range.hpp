#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ouro/protocol/peer_sharing.hpp>

namespace ouro {

/// A range of IP addresses, as `127.0.0.0/8`, `fd00::/8`, or one address. An IPv6 address that maps an IPv4 one counts
/// as that one.
class AddressRange {
  public:
    /// Errors  Errc::bad_address  text that is not `address/bits` or an address, too many bits, or an address with bits
    ///         set behind them
    [[nodiscard]] static Result<AddressRange> parse(std::string_view text);

    [[nodiscard]] bool contains(const PeerAddress& address) const noexcept;
    /// How many leading bits are fixed, of 128; of an IPv4 range 96 more than its text says.
    [[nodiscard]] unsigned bits() const noexcept { return bits_; }
    friend bool operator==(const AddressRange&, const AddressRange&) = default;

  private:
    AddressRange(const std::array<std::uint8_t, 16>& first, unsigned bits) noexcept : first_(first), bits_(bits) {}

    std::array<std::uint8_t, 16> first_;
    unsigned bits_;
};

/// One range of the list below, and whether its addresses can be reached from everywhere.
struct SpecialRange {
    std::string_view range;
    bool global;
};
/// The ranges that differ from what is around them: of two that contain an address the longer prefix counts.
///
/// Source  IANA, IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), with multicast (RFC 5771, RFC 4291). Of
///         IPv6 only 2000::/3 is assigned for global unicast.
[[nodiscard]] std::span<const SpecialRange> special_ranges() noexcept;

/// Whether anybody can reach the address from anywhere, as far as its range says.
[[nodiscard]] bool globally_reachable(const PeerAddress& address) noexcept;

/// The addresses that one stranger can come from, as text: an IPv4 address alone, but of IPv6 its /64, as in
/// `2001:db8::/64`, because a network has no smaller part and any host may choose its address in it. A link-local
/// address is itself, with its zone; so is a name. All ways to write an address give the same text.
///
/// Source  RFC 4291, 2.5.4: an interface identifier has 64 bits. RFC 6177: a site has a /64 at least.
[[nodiscard]] std::string site_of(std::string_view host);

/// Whether an address that a stranger names may be dialled: Errc::none, or Errc::address_forbidden. It is globally
/// reachable or in a range of `allowed`, and its port is not 0, nor below 1024 on a loopback address: those are the
/// ports of this machine's own services.
[[nodiscard]] Errc check_shared(const PeerAddress& address, std::span<const AddressRange> allowed) noexcept;

}  // namespace ouro
