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

/// What lives at an address.
class Host {
  public:
    virtual ~Host() = default;
    virtual void accept(SocketPtr socket) = 0;
};

/// Virtual time, what is to happen in it, who lives where, and what lies between them.
class World {
  public:
    explicit World(const Options& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    /// `what` happens at `when`; at one instant, in the order of the calls.
    void at(Instant when, std::function<void()> what);
    /// When the next thing happens.
    [[nodiscard]] std::optional<Instant> next() const noexcept { return agenda_.next(); }
    /// Moves the time there, and lets it happen.
    void happen();
    /// Moves the time on, never back.
    void advance(Instant to) noexcept { now_ = std::max(now_, to); }
    /// The deadlines of those who live here.
    [[nodiscard]] Turns& turns() noexcept { return turns_; }

    /// Who lives at `address` from now on; null: nobody.
    void settle(const PeerId& address, Host* host) { hosts_[address].host = host; }
    void reach(const PeerId& address, Reach reach) { hosts_[address].reach = reach; }

    /// All links, from now on and of connections that are there: the links of addresses are forgotten.
    void link(const Link& everywhere);
    /// Every way to `address` and from it that was not given a link of its own.
    void link(const PeerId& address, const Link& link);
    /// The way from one address to another, and not the way back.
    void link(const PeerId& from, const PeerId& to, const Link& link);
    /// The way's own link, or the one of `from`, or the one of `to`, or that of all.
    [[nodiscard]] const Link& link(const PeerId& from, const PeerId& to) const noexcept;
    void capacity(const PeerId& address, const Capacity& capacity);
    [[nodiscard]] const Capacity& capacity(const PeerId& address) const noexcept;

    /// Opens a connection from `from` to `to`; its end here, which says when it is open or has failed.
    /// `from_listening`: from the very address, so that there is one connection between the two, also where both dial
    /// at once.
    [[nodiscard]] SocketPtr dial(const PeerId& from, const PeerId& to, bool from_listening = false);
    /// Every connection between the two, seen from `from`, is lost; how many.
    std::size_t lose(const PeerId& from, const PeerId& to, Loss loss);

    /// All ends of connections that are not closed, in no order that means anything.
    [[nodiscard]] const std::vector<Socket*>& sockets() const noexcept { return sockets_; }
    /// Bytes that were written and not read, on all connections.
    [[nodiscard]] std::size_t in_flight() const noexcept { return held_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    [[nodiscard]] Figures& figures() noexcept { return figures_; }
    /// What nodes plan a write in: they write one after the other.
    [[nodiscard]] mux::Batch& batch() noexcept { return batch_; }
    /// Takes part in the digest of the run.
    [[nodiscard]] Record& record() noexcept { return record_; }
    [[nodiscard]] const Record& record() const noexcept { return record_; }

  private:
    friend class Socket;

    struct Place {
        Host* host = nullptr;
        Reach reach = Reach::answers;
        std::size_t accepted = 0;  // and not closed
        std::optional<Link> link;
        std::optional<Capacity> capacity;
    };

    [[nodiscard]] SocketPtr make_socket(const PeerId& peer, const PeerId& home, const PeerId& other);
    void syn_arrives(const SocketPtr& dialler);
    [[nodiscard]] Socket* between(const PeerId& home, const PeerId& other) const noexcept;
    void relink();
    void draw_losses(Socket& dialler);
    void draw_loss(Socket& dialler, Duration mean, Loss loss);

    // What sockets do.
    void send(Way& way, Socket& to, std::uint32_t epoch);
    void end_at(Instant when, Socket& socket, std::uint32_t epoch);
    void ready_at(Instant when, Socket& socket);
    void lost(const Socket& socket, Loss loss) noexcept;
    void left(Socket& socket) noexcept;
    void forget(Socket& socket) noexcept;

    Options options_;
    Instant now_{1h};  // not the zero of the clock: what confuses "never" and "at zero" shows
    std::uint64_t random_;
    std::uint64_t sockets_made_ = 0;
    std::uint16_t ephemeral_ = 0;
    std::size_t held_ = 0;
    Figures figures_;
    Record record_;
    Agenda agenda_;
    Turns turns_;
    mux::Batch batch_;
    Happening happening_;                // the one that happens
    std::vector<std::uint8_t> scratch_;  // what is being written
    std::vector<Way::Run> runs_;         // and how it travels
    std::unordered_map<PeerId, Place> hosts_;
    std::unordered_map<PeerId, std::unordered_map<PeerId, Link>> links_;  // from, to
    std::vector<Socket*> sockets_;
};

}  // namespace ouro::emulation
