#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/protocol/peer_sharing.hpp>

namespace ouro {

/// Chooses the addresses for answers of peer sharing: the same few for all requesters for some minutes, so that
/// repeated requests, from any addresses, do not reveal all known peers.
///
/// Source  ouroboros-network, PeerSharing.hs, PeerSelection/State/KnownPeers.hs.
class PeerSource {
  public:
    static constexpr std::size_t most = 10;          ///< addresses in one answer
    static constexpr Duration salt_lifetime = 823s;  ///< after it the choice is another one
    static constexpr Duration kept = 10s;            ///< of a choice: frequent requests cost no sorting

    /// `candidates`: returns the peers that may be shared now; null: none. Names are left out: they cannot be shared.
    /// `own`: an address of this node, the first one of each answer.
    PeerSource(std::function<std::vector<PeerId>()> candidates, std::uint64_t seed,
               std::optional<PeerAddress> own = std::nullopt)
        : candidates_(std::move(candidates)), own_(own), random_(seed) {}

    /// At most `amount` addresses, and at most `most`.
    [[nodiscard]] std::vector<PeerAddress> choose(std::size_t amount, Instant now);

  private:
    void choose_anew();

    std::function<std::vector<PeerId>()> candidates_;
    std::optional<PeerAddress> own_;
    std::uint64_t random_;
    std::uint64_t salt_ = 0;
    Instant salted_until_ = Instant::min();
    Instant chosen_until_ = Instant::min();
    std::vector<PeerAddress> chosen_;
};

}  // namespace ouro
