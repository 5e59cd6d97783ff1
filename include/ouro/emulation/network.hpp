#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <ouro/emulation/node.hpp>
#include <ouro/emulation/scripted_peer.hpp>
#include <ouro/emulation/world.hpp>

/// A network without IO, Asio and clock: behaviors and scripted peers that meet in virtual time.
namespace ouro::emulation {

/// One end of a connection.
struct OpenEnd {
    PeerId home;           ///< who has it
    PeerId other;          ///< who had or has the other one
    std::size_t held = 0;  ///< bytes on their way here or not read, or written and never to be read
    bool silent = false;   ///< nothing passes any more
};

/// Nodes and peers, the connections between them, and the time they live in. Everything happens in `step`, one thing
/// after the other, and the same calls with the same seed give the same run.
///
/// Bytes pass the same multiplexer as on a real connection. A behavior is ticked exactly when its deadline is due, and
/// never before what arrives at that instant was read.
///
/// Lifetimes  Nodes and peers live as long as the network.
class Network {
  public:
    explicit Network(const Options& options = {});

    [[nodiscard]] Instant now() const noexcept { return world_.now(); }

    /// A behavior, made of `args`, that lives at `address`: it listens there and dials from there.
    template <class B, class... Args>
    Node<B>& add(const PeerId& address, Args&&... args) {
        auto node = std::make_unique<Node<B>>(world_, address, std::forward<Args>(args)...);
        Node<B>& added = *node;
        nodes_.push_back(std::move(node));
        added.tick();  // what it wishes from the start
        return added;
    }
    /// Somebody who says what the test says.
    ScriptedPeer& script(const PeerId& address);
    /// What dials to `address` meet from now on.
    void reach(const PeerId& address, Reach reach) { world_.reach(address, reach); }

    /// All links from now on, those of connections that are there too: links of addresses are forgotten.
    void link(const Link& everywhere) { world_.link(everywhere); }
    /// Every way to `address` and from it that has no link of its own.
    void link(const PeerId& address, const Link& link) { world_.link(address, link); }
    /// The way from one address to another, and not the way back.
    void link(const PeerId& from, const PeerId& to, const Link& link) { world_.link(from, to, link); }
    /// What the machine at `address` can take from now on.
    void capacity(const PeerId& address, const Capacity& capacity) { world_.capacity(address, capacity); }
    /// Every connection between the two is lost, seen from `from`; how many.
    std::size_t lose(const PeerId& from, const PeerId& to, Loss loss) { return world_.lose(from, to, loss); }

    /// Lets the next thing happen; false where nothing ever will.
    /// Throws  std::logic_error  a behavior names the same past deadline again and again
    bool step();
    /// The same for what happens until `end`; false where that is nothing, and then `end` has come.
    bool step_by(Instant end);
    /// Everything that happens within `span`, which then has passed.
    void run_for(Duration span);
    /// Steps until `done()`, which is asked before each, or until `at_most` has passed; whether it was done.
    template <class P>
    bool run_until(P done, Duration at_most) {
        const Instant end = now() + at_most;
        while (!done())
            if (!step_by(end)) return false;
        return true;
    }

    /// Connections that nodes hold; one between two nodes counts at both.
    [[nodiscard]] std::size_t connections() const noexcept;
    /// Bytes somewhere: in the queues of nodes, and written but not read.
    [[nodiscard]] std::size_t held() const noexcept;
    /// The part of them that was written and not read; costs nothing to ask.
    [[nodiscard]] std::size_t in_flight() const noexcept { return world_.in_flight(); }
    /// Open ends whose other end is gone, and nobody will tell them: who holds one has to find out by himself.
    [[nodiscard]] std::vector<OpenEnd> half_open() const;
    /// Open ends, as their holders have them.
    [[nodiscard]] std::vector<OpenEnd> open_ends() const;

    /// For hosts of one's own.
    [[nodiscard]] World& world() noexcept { return world_; }

    [[nodiscard]] const Figures& figures() const noexcept { return world_.figures(); }
    /// One number over everything that happened: equal for two runs that are the same, event by event, byte by byte.
    [[nodiscard]] std::uint64_t digest() const noexcept { return world_.record().digest(); }

  private:
    World world_;
    std::vector<std::unique_ptr<AnyNode>> nodes_;
    std::vector<std::unique_ptr<ScriptedPeer>> peers_;
    std::size_t idle_ticks_ = 0;  // in a row, without time passing
};

}  // namespace ouro::emulation
