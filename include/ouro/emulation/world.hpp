#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/emulation/agenda.hpp>
#include <ouro/emulation/link.hpp>
#include <ouro/emulation/record.hpp>
#include <ouro/emulation/socket.hpp>
#include <ouro/mux/egress.hpp>

namespace ouro::emulation {

/// The program at an address: a node or a scripted peer.
class Host {
  public:
    virtual ~Host() = default;
    virtual void accept(SocketPtr socket) = 0;
};

/// An emulated network: virtual time, its future happenings, the hosts and the links between them.
class World {
  public:
    explicit World(const Options& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    /// Calls `what` at `when`. Calls at one instant keep the order in which they were added.
    void at(Instant when, std::function<void()> what);
    /// The time of the next happening.
    [[nodiscard]] std::optional<Instant> next() const noexcept { return agenda_.next(); }
    /// Advances the time to the next happening and runs it.
    void happen();
    /// Advances the time to `to`, unless it is past it.
    void advance(Instant to) noexcept { now_ = std::max(now_, to); }
    /// The deadlines of the nodes.
    [[nodiscard]] NodeDeadlines& deadlines() noexcept { return deadlines_; }

    /// Sets the host at `address`; null: none.
    void attach(const PeerId& address, Host* host) { hosts_[address].host = host; }
    void reach(const PeerId& address, Reach reach) { hosts_[address].reach = reach; }

    /// Sets all links, also those of open connections. Forgets the links of single addresses.
    void link(const Link& everywhere);
    /// Sets the links to `address` and from it, except those set for a pair of addresses.
    void link(const PeerId& address, const Link& link);
    /// Sets the link from one address to another, but not the link back.
    void link(const PeerId& from, const PeerId& to, const Link& link);
    /// The link of the pair, or else that of `from`, or that of `to`, or that of all.
    [[nodiscard]] const Link& link(const PeerId& from, const PeerId& to) const noexcept;
    void capacity(const PeerId& address, const Capacity& capacity);
    [[nodiscard]] const Capacity& capacity(const PeerId& address) const noexcept;

    /// Opens a connection from `from` to `to`. Returns this end, whose handler is called when the connection opens or
    /// fails. `from_listening`: dials from the listening address itself, so that the two have only one connection, even
    /// if both dial at once.
    [[nodiscard]] SocketPtr dial(const PeerId& from, const PeerId& to, bool from_listening = false);
    /// Loses every connection between the two, seen from `from`. Returns their number.
    std::size_t lose(const PeerId& from, const PeerId& to, Loss loss);

    /// All ends of connections that are not closed, in no particular order.
    [[nodiscard]] const std::vector<Socket*>& sockets() const noexcept { return sockets_; }
    /// Bytes written and not read on all connections.
    [[nodiscard]] std::size_t in_flight() const noexcept { return held_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    [[nodiscard]] Figures& figures() noexcept { return figures_; }
    /// The batch in which nodes plan a write; they share it because they write one after the other.
    [[nodiscard]] mux::Batch& batch() noexcept { return batch_; }
    /// The digest of the run.
    [[nodiscard]] Record& record() noexcept { return record_; }
    [[nodiscard]] const Record& record() const noexcept { return record_; }

  private:
    friend class Socket;

    struct Place {
        Host* host = nullptr;
        Reach reach = Reach::answers;
        std::size_t accepted = 0;  // connections accepted and not closed
        std::optional<Link> link;
        std::optional<Capacity> capacity;
    };

    [[nodiscard]] SocketPtr make_socket(const PeerId& peer, const PeerId& home, const PeerId& other);
    void syn_arrives(const SocketPtr& dialler);
    [[nodiscard]] Socket* between(const PeerId& home, const PeerId& other) const noexcept;
    void relink();
    void draw_losses(Socket& dialler);
    void draw_loss(Socket& dialler, Duration mean, Loss loss);

    // Called by sockets.
    void send(Way& way, Socket& to, std::uint32_t epoch);
    void end_at(Instant when, Socket& socket, std::uint32_t epoch);
    void ready_at(Instant when, Socket& socket);
    void lost(const Socket& socket, Loss loss) noexcept;
    void left(Socket& socket) noexcept;
    void forget(Socket& socket) noexcept;

    Options options_;
    Instant now_{1h};  // not the zero of the clock, so that code that confuses "never" and "at zero" fails
    std::uint64_t random_;
    std::uint64_t sockets_made_ = 0;
    std::uint16_t ephemeral_ = 0;
    std::size_t held_ = 0;
    Figures figures_;
    Record record_;
    Agenda agenda_;
    NodeDeadlines deadlines_;
    mux::Batch batch_;
    Happening happening_;                // the one that runs
    std::vector<std::uint8_t> scratch_;  // the bytes of the current write
    std::vector<Way::Run> runs_;         // and their arrivals
    std::unordered_map<PeerId, Place> hosts_;
    std::unordered_map<PeerId, std::unordered_map<PeerId, Link>> links_;  // from, to
    std::vector<Socket*> sockets_;
};

}  // namespace ouro::emulation
