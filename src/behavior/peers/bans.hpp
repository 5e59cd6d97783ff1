#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ouro/behavior/responder_types.hpp>

namespace ouro::responder {

/// The sites that are kept away, each until its time: the port of a connection that comes in names nothing.
class Bans {
  public:
    explicit Bans(std::size_t most) noexcept : most_(most) {}

    /// Errors  Errc::bad_argument, Errc::queue_full
    Errc add(const BanPeer& wish, Instant now);
    /// Errors  Errc::unknown_peer
    Errc remove(const PeerId& peer, Instant now);
    /// Lets those go whose time has come.
    void expire(Instant now);

    /// Whether who has come is to be sent away, which is counted.
    [[nodiscard]] bool reject(const PeerId& peer, Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    [[nodiscard]] std::vector<Ban> all() const;

  private:
    std::size_t most_;
    std::unordered_map<std::string, Ban> bans_;
    std::set<std::pair<Instant, std::string>> ends_;  // of those that end; an entry each, so that it is bounded, too
};

}  // namespace ouro::responder
