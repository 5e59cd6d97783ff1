#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/base/types.hpp>

namespace ouro {

/// A place where peers may be found: an address and a port, which is one peer; a name and a port, where every address
/// is a peer; or only a name, whose services (SRV) give names and ports.
class AccessPoint {
  public:
    AccessPoint() = default;

    /// A host without brackets; a name may end in a dot, and compares without regard to case.
    ///
    /// Errors  Errc::bad_address  an invalid host, an address without a port, port 0, or the unspecified addresses
    ///                            0.0.0.0 and ::
    [[nodiscard]] static Result<AccessPoint> make(std::string_view host, std::optional<std::uint16_t> port);

    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }
    /// The peer at an address; empty if the host is a name.
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
    /// Whether to look up the services of the name and not its addresses.
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
