#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <ouro/emulation/node.hpp>
#include <ouro/emulation/scripted_peer.hpp>
#include <ouro/emulation/world.hpp>

/// A network without IO, Asio or a real clock: behaviors and scripted peers connect in virtual time.
namespace ouro::emulation {

/// One end of a connection.
struct OpenEnd {
    PeerId home;           ///< the address of this end
    PeerId other;          ///< the address of the other end
    std::size_t held = 0;  ///< bytes in flight to this end or unread here, or written by it and lost
    bool silent = false;   ///< no bytes pass any more
};

/// An emulated network: its nodes and peers, their connections and their time. Everything happens in `step`, one thing
/// after the other. The same calls with the same seed give the same run.
///
/// Bytes pass through the same multiplexer as on a real connection. A behavior is ticked exactly when its deadline is
/// due, after the bytes that arrive at that instant were read.
///
/// Lifetimes  Nodes and peers live as long as the network.
class SimulatedNetwork {
  public:
    explicit SimulatedNetwork(const Options& options = {});

    [[nodiscard]] Instant now() const noexcept { return world_.now(); }

    /// Adds a behavior, made of `args`, at `address`: it listens there and dials from there.
    template <class B, class... Args>
    SimulatedNode<B>& add(const PeerId& address, Args&&... args) {
        auto node = std::make_unique<SimulatedNode<B>>(world_, address, std::forward<Args>(args)...);
        SimulatedNode<B>& added = *node;
        nodes_.push_back(std::move(node));
        added.tick();  // runs its first commands
        return added;
    }
    /// Adds a peer that sends what the test gives it.
    ScriptedPeer& script(const PeerId& address);
    /// Sets the result of later dials to `address`.
    void reach(const PeerId& address, Reach reach) { world_.reach(address, reach); }

    /// Sets all links, also those of open connections. Forgets the links of single addresses.
    void link(const Link& everywhere) { world_.link(everywhere); }
    /// Sets the links to `address` and from it, except those set for a pair of addresses.
    void link(const PeerId& address, const Link& link) { world_.link(address, link); }
    /// Sets the link from one address to another, but not the link back.
    void link(const PeerId& from, const PeerId& to, const Link& link) { world_.link(from, to, link); }
    /// Sets the limits of the machine at `address`.
    void capacity(const PeerId& address, const Capacity& capacity) { world_.capacity(address, capacity); }
    /// Loses every connection between the two, seen from `from`. Returns their number.
    std::size_t lose(const PeerId& from, const PeerId& to, Loss loss) { return world_.lose(from, to, loss); }

    /// Runs the next happening. Returns false if there is none.
    /// Throws  std::logic_error  a behavior returns the same past deadline again and again
    bool step();
    /// Like `step`, for happenings until `end`. If there is none, advances the time to `end` and returns false.
    bool step_by(Instant end);
    /// Runs everything that happens within `span` and advances the time by it.
    void run_for(Duration span);
    /// Steps until `done()`, which is called before each step, or until `at_most` has passed. Returns whether it was
    /// done.
    template <class P>
    bool run_until(P done, Duration at_most) {
        const Instant end = now() + at_most;
        while (!done())
            if (!step_by(end)) return false;
        return true;
    }

    /// Connections of all nodes; one between two nodes counts twice.
    [[nodiscard]] std::size_t connections() const noexcept;
    /// Bytes in the queues of nodes, and bytes written but not read.
    [[nodiscard]] std::size_t held() const noexcept;
    /// Bytes written but not read. Takes constant time.
    [[nodiscard]] std::size_t in_flight() const noexcept { return world_.in_flight(); }
    /// Open ends whose other end is gone without notice; only a timeout of the holder can detect it.
    [[nodiscard]] std::vector<OpenEnd> half_open() const;
    /// All open ends.
    [[nodiscard]] std::vector<OpenEnd> open_ends() const;

    /// For hosts that a test adds itself.
    [[nodiscard]] World& world() noexcept { return world_; }

    [[nodiscard]] const Figures& figures() const noexcept { return world_.figures(); }
    /// One number over everything that happened. It is equal for two equal runs, event by event and byte by byte.
    [[nodiscard]] std::uint64_t digest() const noexcept { return world_.record().digest(); }

  private:
    World world_;
    std::vector<std::unique_ptr<AnyNode>> nodes_;
    std::vector<std::unique_ptr<ScriptedPeer>> peers_;
    std::size_t idle_ticks_ = 0;  // ticks in a row without time passing
};

}  // namespace ouro::emulation
