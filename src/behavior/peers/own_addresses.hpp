#pragma once

#include <vector>

#include <ouro/base/fifo.hpp>
#include <ouro/base/types.hpp>
#include <ouro/protocol/peer_sharing.hpp>

namespace ouro::initiator {

/// The addresses at which this node reaches itself: those set by the user, and the latest ones found by a dial.
class OwnAddresses {
  public:
    void set(std::vector<PeerId> addresses) { set_ = std::move(addresses); }
    /// Sets the address that this node shares with peers.
    void share(const PeerId& address) { shared_ = address; }
    /// A dial to the address has reached this node.
    void found(const PeerId& address);
    [[nodiscard]] bool contains(const PeerId& address) const;

  private:
    std::vector<PeerId> set_;
    PeerId shared_;
    detail::Fifo<PeerId> found_;
};

}  // namespace ouro::initiator
