#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/types.hpp>

namespace ouro {

/// Where peers are said to be: an address and a port, which is one peer; a name and a port, whose every address is one;
/// or a name alone, whose services (SRV) say names and ports.
class AccessPoint {
  public:
    AccessPoint() = default;

    /// A host without brackets; a name may end in a dot, and compares without regard to case.
    ///
    /// Errors  Errc::bad_address  no host that could be one, an address without a port, port 0, or 0.0.0.0 or ::, which
    ///                            are nobody's
    [[nodiscard]] static Result<AccessPoint> make(std::string_view host, std::optional<std::uint16_t> port);

    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }
    /// The one peer that an address is; nobody where the host is a name.
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
    /// The name's services are to be asked for, not its addresses.
    [[nodiscard]] bool service() const noexcept { return !port_; }
    /// `host:port`, `[v6]:port` or the name alone.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const AccessPoint& a, const AccessPoint& b) noexcept {
        return a.host_ == b.host_ && a.port_ == b.port_;
    }
    friend auto operator<=>(const AccessPoint& a, const AccessPoint& b) noexcept {
        if (const auto order = a.host_.compare(b.host_); order != 0) return order <=> 0;
        return a.port_.value_or(0) <=> b.port_.value_or(0);
    }

  private:
    std::string host_;
    std::optional<std::uint16_t> port_;
    PeerId peer_;
};

}  // namespace ouro
