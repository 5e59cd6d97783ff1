#pragma once

#include <vector>

#include <ouro/base/fifo.hpp>
#include <ouro/base/types.hpp>
#include <ouro/protocol/peer_sharing.hpp>

namespace ouro::initiator {

/// The addresses at which this node would reach itself: those the user has set, and the last ones that a dial has
/// found.
class OwnAddresses {
  public:
    void set(std::vector<PeerId> addresses) { set_ = std::move(addresses); }
    /// A dial to the address has ended here.
    void found(const PeerId& address);
    [[nodiscard]] bool contains(const PeerId& address) const;

  private:
    std::vector<PeerId> set_;
    detail::Fifo<PeerId> found_;
};

}  // namespace ouro::initiator
