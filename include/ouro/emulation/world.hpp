#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <ouro/error.hpp>
#include <ouro/time.hpp>
#include <ouro/types.hpp>

namespace ouro::emulation {

struct Options {
    std::uint64_t seed = 1;                ///< of everything that is drawn
    Duration latency = 20ms;               ///< one way
    Duration jitter{};                     ///< at most this much more, drawn anew for each write; the order is kept
    std::size_t cut = 12'288;              ///< payload of one segment of a node
    std::size_t chunk = 65'536;            ///< the longest run of octets a node reads at once; 1 cuts at every octet
    std::size_t send_buffer = 256 * 1024;  ///< octets a node may have written that nobody has read
    Duration connect_timeout = 10s;        ///< a dial that is never answered ends after it
};

/// What dialling an address meets.
enum class Reach : std::uint8_t {
    answers,      ///< whoever lives there; nobody refuses
    refuses,      ///< Errc::connect_failed, connection_refused
    unreachable,  ///< Errc::connect_failed, host_unreachable
    silent,       ///< nothing at all: Errc::connect_timeout
    unknown       ///< a name without an address: Errc::resolve_failed
};

class Socket;

/// What lives at an address.
class Host {
  public:
    virtual ~Host() = default;
    virtual void accept(std::shared_ptr<Socket> socket) = 0;
};

/// Virtual time, what is to happen in it, and who lives where.
class World {
  public:
    explicit World(const Options& options) : options_(options), random_(options.seed) {}

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    /// `what` happens at `when`; at one instant, in the order of the calls.
    void at(Instant when, std::function<void()> what);
    /// When the next thing happens.
    [[nodiscard]] std::optional<Instant> next() const noexcept;
    /// Moves the time there, and lets it happen.
    void happen();
    /// Moves the time on, never back.
    void advance(Instant to) noexcept;
    /// How long a write travels: latency, and jitter if there is some.
    [[nodiscard]] Duration delay() noexcept;

    void settle(const PeerId& address, Host* host);
    [[nodiscard]] Host* host(const PeerId& address) const noexcept;
    void reach(const PeerId& address, Reach reach) { reach_[address] = reach; }
    [[nodiscard]] Reach reach(const PeerId& address) const noexcept;

    /// Opens a connection from `from` to `to`; its end here, which says when it is open or has failed.
    [[nodiscard]] std::shared_ptr<Socket> dial(const PeerId& from, const PeerId& to);
    /// Octets that were written and not read, on all connections.
    [[nodiscard]] std::size_t in_flight() const noexcept;

  private:
    struct Happening {
        Instant when;
        std::uint64_t number;
        std::function<void()> what;
    };
    static bool later(const Happening& a, const Happening& b) noexcept {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }
    [[nodiscard]] std::shared_ptr<Socket> make_socket(const PeerId& peer);
    void syn_arrives(const std::shared_ptr<Socket>& dialler, const PeerId& from, const PeerId& to);

    Options options_;
    Instant now_{1h};  // not the zero of the clock: what confuses "never" and "at zero" shows
    std::uint64_t random_;
    std::uint64_t happenings_ = 0;
    std::uint16_t ephemeral_ = 0;
    std::vector<Happening> agenda_;  // a heap, the next one first
    std::unordered_map<PeerId, Host*> hosts_;
    std::unordered_map<PeerId, Reach> reach_;
    std::vector<std::weak_ptr<Socket>> sockets_;
};

}  // namespace ouro::emulation
