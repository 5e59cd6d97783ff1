#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/result.hpp>

namespace ouro {

/// The number of a mini-protocol on the wire, 0 to 32,767.
enum class Channel : std::uint16_t {};

/// The two ends of a mini-protocol. The specification says client and server; who opened the connection is `Direction`.
enum class Role : std::uint8_t { initiator, responder };

[[nodiscard]] constexpr Role other(Role role) noexcept {
    return role == Role::initiator ? Role::responder : Role::initiator;
}

/// Who opened a connection.
enum class Direction : std::uint8_t { outbound, inbound };

/// One life of one socket. Never used twice by an interface and its behavior; the lowest bit tells the two sources
/// of numbers apart: the behavior numbers what it dials, the interface what it accepts.
enum class ConnectionId : std::uint64_t {};

[[nodiscard]] constexpr ConnectionId make_connection_id(Direction direction, std::uint64_t number) noexcept {
    return ConnectionId{number << 1 | (direction == Direction::inbound ? 1 : 0)};
}
[[nodiscard]] constexpr Direction direction(ConnectionId id) noexcept {
    return (static_cast<std::uint64_t>(id) & 1) != 0 ? Direction::inbound : Direction::outbound;
}

/// Names a command; every outcome of it repeats the number.
enum class CommandId : std::uint64_t {};

/// Which network: version data carry it, and peers of another one are refused.
enum class NetworkMagic : std::uint32_t {};

inline constexpr NetworkMagic mainnet{764824073};
inline constexpr NetworkMagic preprod{1};
inline constexpr NetworkMagic preview{2};
inline constexpr NetworkMagic sanchonet{4};

/// The magic of a network by its name, such as `mainnet` or `musashi`; the networks of DMQ are `dmq-mainnet` and so on.
[[nodiscard]] Result<NetworkMagic> network_by_name(std::string_view name);

enum class Slot : std::uint64_t {};
enum class BlockNumber : std::uint64_t {};

/// An address of a peer: `host:port`, `[v6]:port`, or the path of a Unix socket. A small handle: copies are cheap,
/// equal text is one handle, and the text is dropped with the last handle to it.
///
/// The host is a name or a literal and is not resolved here; host names compare without regard to case. A path is taken
/// as it stands: `./a` and `./b/../a` are two.
class PeerId {
  public:
    /// Names nobody; the only thing to do with it is to assign.
    PeerId() noexcept = default;
    PeerId(const PeerId& other) noexcept;
    PeerId(PeerId&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    PeerId& operator=(PeerId other) noexcept {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~PeerId();

    /// Shape   `host:port`, `[v6]:port`; a path that begins with `/`, `./` or `../`; `unix:` before any path
    /// Errors  Errc::bad_address  no port, a port that is not 1 to 65,535, an empty or overlong host, a bare IPv6
    ///         literal; an empty path, one of more than 107 octets, which is what a socket's address has room for, or
    ///         one with a NUL in it
    [[nodiscard]] static Result<PeerId> parse(std::string_view text);
    /// From parts that are known to be good: a host without brackets, and a port that may be 0.
    static PeerId from_parts(std::string_view host, std::uint16_t port);
    /// Who is connection `number` of those that came in at `path`: the other end of a Unix socket has no name. Its text
    /// is `number@path`, which `parse` does not take.
    static PeerId visitor_at(std::string_view path, std::uint64_t number);

    /// Without brackets; empty where there is a path.
    [[nodiscard]] std::string_view host() const noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// Of a Unix socket; empty where there is a host.
    [[nodiscard]] std::string_view path() const noexcept;
    /// What `parse` takes.
    [[nodiscard]] std::string_view text() const noexcept;

    explicit operator bool() const noexcept { return entry_ != nullptr; }
    friend bool operator==(const PeerId& a, const PeerId& b) noexcept { return a.entry_ == b.entry_; }

  private:
    friend struct std::hash<PeerId>;
    struct Entry;
    struct Table;
    static PeerId intern(std::unique_ptr<Entry> made);
    explicit PeerId(Entry* entry) noexcept : entry_(entry) {}
    Entry* entry_ = nullptr;
};

}  // namespace ouro

template <>
struct std::hash<ouro::PeerId> {
    std::size_t operator()(const ouro::PeerId& peer) const noexcept { return std::hash<const void*>{}(peer.entry_); }
};
