#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/protocol/peer_sharing.hpp>

namespace ouro {

/// Chooses of whom to tell those who ask for peers: the same few for everybody and for some minutes, so that asking
/// again and again, from whatever address, tells nobody who else is known.
///
/// Source  ouroboros-network, PeerSharing.hs, PeerSelection/State/KnownPeers.hs.
class PeerSource {
  public:
    static constexpr std::size_t most = 10;          ///< are told of in one answer
    static constexpr Duration salt_lifetime = 823s;  ///< the choice is another one after it
    static constexpr Duration kept = 10s;            ///< a choice holds so long: who asks often makes nobody sort

    /// `candidates`: who may be told of, now. Names are left out: nobody can be told of them.
    PeerSource(std::function<std::vector<PeerId>()> candidates, std::uint64_t seed)
        : candidates_(std::move(candidates)), random_(seed) {}

    /// At most `amount`, and at most `most`.
    [[nodiscard]] std::vector<PeerAddress> choose(std::size_t amount, Instant now);

  private:
    void choose_anew();

    std::function<std::vector<PeerId>()> candidates_;
    std::uint64_t random_;
    std::uint64_t salt_ = 0;
    Instant salted_until_ = Instant::min();
    Instant chosen_until_ = Instant::min();
    std::vector<PeerAddress> chosen_;
};

}  // namespace ouro
