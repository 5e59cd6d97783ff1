#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ouro/behavior/responder_types.hpp>

namespace ouro::responder {

/// The banned sites, each until its time. The port of an inbound connection is ignored, because it identifies no peer.
class Bans {
  public:
    explicit Bans(std::size_t most) noexcept : most_(most) {}

    /// Errors  Errc::bad_argument, Errc::queue_full
    Errc add(const BanPeer& wish, Instant now);
    /// Errors  Errc::unknown_peer
    Errc remove(const PeerId& peer, Instant now);
    /// Removes bans whose time is over.
    void expire(Instant now);

    /// Whether the peer is banned. Counts it.
    [[nodiscard]] bool reject(const PeerId& peer, Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    [[nodiscard]] std::vector<Ban> all() const;

  private:
    std::size_t most_;
    std::unordered_map<std::string, Ban> bans_;
    std::set<std::pair<Instant, std::string>> ends_;  // bans with an end; one entry for each
};

}  // namespace ouro::responder
