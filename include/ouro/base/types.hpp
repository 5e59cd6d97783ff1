#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/base/result.hpp>

namespace ouro {

/// The number of a mini-protocol on the wire, 0 to 32,767.
enum class Channel : std::uint16_t {};

/// The two ends of a mini-protocol; the specification says client and server.
enum class Role : std::uint8_t { initiator, responder };

/// The other role.
[[nodiscard]] constexpr Role other(Role role) noexcept {
    return role == Role::initiator ? Role::responder : Role::initiator;
}

/// Whether this side opened the connection (outbound) or the peer (inbound).
enum class Direction : std::uint8_t { outbound, inbound };

/// One connection. An interface and its behavior never use an id twice. The lowest bit is the source of the number: the
/// behavior numbers the connections that it dials, the interface those that it accepts.
enum class ConnectionId : std::uint64_t {};

/// The id of connection `number` of a direction.
[[nodiscard]] constexpr ConnectionId make_connection_id(Direction direction, std::uint64_t number) noexcept {
    return ConnectionId{number << 1 | (direction == Direction::inbound ? 1 : 0)};
}
/// Whether this side dialled the connection.
[[nodiscard]] constexpr Direction direction(ConnectionId id) noexcept {
    return (static_cast<std::uint64_t>(id) & 1) != 0 ? Direction::inbound : Direction::outbound;
}

/// Identifies a command; all its outcomes repeat the id.
enum class CommandId : std::uint64_t {};

/// The id of a network. Version data contain it, and peers of another network are refused.
enum class NetworkMagic : std::uint32_t {};

inline constexpr NetworkMagic mainnet{764824073};  ///< the main network
inline constexpr NetworkMagic preprod{1};          ///< the network for tests before a release
inline constexpr NetworkMagic preview{2};          ///< the network for early tests
inline constexpr NetworkMagic sanchonet{4};        ///< the network for tests of governance

/// The magic of a network by its name, such as `mainnet` or `musashi`; DMQ networks are `dmq-mainnet` and so on.
[[nodiscard]] Result<NetworkMagic> network_by_name(std::string_view name);

/// A second of a chain's time, counted from its start.
enum class Slot : std::uint64_t {};
/// The number of a block on its chain.
enum class BlockNumber : std::uint64_t {};

/// An address of a peer: `host:port`, `[v6]:port`, or the path of a Unix socket. A small handle: copies are cheap,
/// equal texts share one handle, and the text is freed with its last handle.
///
/// The host is a name or an address literal and is not resolved here. Host names compare without regard to case. Paths
/// are not normalised: `./a` and `./b/../a` differ.
class PeerId {
  public:
    /// An empty id, which names no peer; it can only be assigned to.
    PeerId() noexcept = default;
    PeerId(const PeerId& other) noexcept;
    PeerId(PeerId&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    PeerId& operator=(PeerId other) noexcept {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~PeerId();

    /// Shape   `host:port`, `[v6]:port`; a path that begins with /, ./ or ../; `unix:` before any path
    /// Errors  Errc::bad_address  no port, a port that is not 1 to 65,535, an empty or overlong host, a bare IPv6
    ///         literal; an empty path, one of more than 107 bytes, which is the room in a socket's address, or one that
    ///         contains a NUL
    [[nodiscard]] static Result<PeerId> parse(std::string_view text);
    /// From valid parts: a host without brackets, and a port that may be 0.
    static PeerId from_parts(std::string_view host, std::uint16_t port);
    /// The peer of accepted connection `number` at `path`, because the other end of a Unix socket has no name. Its text
    /// is `number@path`, which `parse` does not accept.
    static PeerId visitor_at(std::string_view path, std::uint64_t number);

    /// Host without brackets; empty for a path.
    [[nodiscard]] std::string_view host() const noexcept;
    /// 0 for a path.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// Path of a Unix socket; empty for a host.
    [[nodiscard]] std::string_view path() const noexcept;
    /// Text that `parse` accepts.
    [[nodiscard]] std::string_view text() const noexcept;

    /// Whether it names a peer.
    explicit operator bool() const noexcept { return entry_ != nullptr; }
    friend bool operator==(const PeerId& a, const PeerId& b) noexcept { return a.entry_ == b.entry_; }

  private:
    friend struct std::hash<PeerId>;
    struct Entry;
    struct Table;
    static PeerId intern(std::string_view text, std::string_view part, std::uint16_t port, bool path = false);
    explicit PeerId(Entry* entry) noexcept : entry_(entry) {}
    Entry* entry_ = nullptr;
};

}  // namespace ouro

template <>
struct std::hash<ouro::PeerId> {
    std::size_t operator()(const ouro::PeerId& peer) const noexcept { return std::hash<const void*>{}(peer.entry_); }
};
