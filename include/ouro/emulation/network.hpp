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

/// Nodes and peers, the connections between them, and the time they live in. Everything happens in `step`, one thing
/// after the other, and the same calls with the same seed give the same run.
///
/// Octets pass the same multiplexer as on a real connection. A behavior is ticked exactly when its deadline is due, and
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

    /// Lets the next thing happen; false where nothing ever will.
    /// Throws  std::logic_error  a behavior names the same past deadline again and again
    bool step();
    /// Everything that happens within `span`, which then has passed.
    void run_for(Duration span);
    /// Steps until `done()`, which is asked before each, or until `at_most` has passed; whether it was done.
    template <class P>
    bool run_until(P done, Duration at_most) {
        const Instant end = now() + at_most;
        while (!done()) {
            if (!due_by(end)) {
                world_.advance(end);
                return false;
            }
            step();
        }
        return true;
    }

    /// Connections that nodes hold; one between two nodes counts at both.
    [[nodiscard]] std::size_t connections() const noexcept;
    /// Octets somewhere: in the queues of nodes, and written but not read.
    [[nodiscard]] std::size_t held() const noexcept;

  private:
    [[nodiscard]] AnyNode* next_due() const noexcept;
    [[nodiscard]] bool due_by(Instant end) const noexcept;

    World world_;
    std::vector<std::unique_ptr<AnyNode>> nodes_;
    std::vector<std::unique_ptr<ScriptedPeer>> peers_;
    std::size_t idle_ticks_ = 0;  // in a row, without time passing
};

}  // namespace ouro::emulation
