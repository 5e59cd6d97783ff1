#include <ouro/names/access_point.hpp>

#include <ouro/protocol/peer_sharing.hpp>

namespace ouro {

Result<AccessPoint> AccessPoint::make(std::string_view host, std::optional<std::uint16_t> port) {
    if (port == std::uint16_t{0}) return Errc::bad_address;
    if (host.ends_with('.')) host.remove_suffix(1);
    // One text for each address and name, as in `PeerId`.
    const bool v6 = host.find(':') != std::string_view::npos;
    const std::string text =
        (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port.value_or(1));
    const auto peer = PeerId::parse(text);
    if (!peer) return peer.error();
    AccessPoint result;
    result.host_ = peer->host();
    result.port_ = port;
    if (const auto address = PeerAddress::from(*peer)) {
        if (!port || address->bytes == decltype(address->bytes){}) return Errc::bad_address;
        result.peer_ = *peer;
    } else if (v6 || host.find_first_not_of("0123456789.") == std::string_view::npos) {
        return Errc::bad_address;  // unspecified
    }
    return result;
}

std::string AccessPoint::text() const {
    if (!port_) return host_;
    return std::string(PeerId::from_parts(host_, *port_).text());
}

}  // namespace ouro
