#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/names/access_point.hpp>
#include <ouro/names/name_book.hpp>
#include <ouro/names/topology.hpp>

namespace ouro {

/// Returns the known peers of an access point: `NameBook::peers`.
using PeersOf = std::function<std::vector<PeerId>(const AccessPoint&)>;

/// The groups of local roots in the form that an initiator takes. A peer behind several names is in the first group
/// that names it, and valencies are no greater than the group.
[[nodiscard]] std::vector<initiator::LocalRoots> local_roots(const Topology& topology, const PeersOf& peers_of);

/// Turns a topology and the look-up results of its names into commands for an initiator. Local roots keep
/// their groups. Public roots and bootstrap peers become known peers, chosen at random, up to the target of
/// roots. If ledger peers are used, relays drawn from the snapshot fill the target: big ones first, and one peer for
/// each relay.
///
/// No IO and no clock: the user makes the look-ups of `names()` and passes the answers to it.
class RootPeers {
  public:
    /// Relays of big pools that are drawn. Source: ouroboros-network, Diffusion/Configuration.hs, known big ledger
    /// peers.
    static constexpr std::size_t big_ledger_peers = 15;

    /// `seed`: of the choice of public roots, of which at most `most_public` become known.
    RootPeers(Topology topology, Instant now, std::uint64_t seed, std::size_t most_public = initiator::Targets().root);

    /// Replaces the topology, after its file was read again. Results of names that remain are kept. The same snapshot
    /// of ledger peers gives the same relays again.
    void set(Topology topology, Instant now);
    /// The topology that is in use.
    [[nodiscard]] const Topology& topology() const noexcept { return topology_; }
    /// The names to look up.
    [[nodiscard]] NameBook& names() noexcept { return names_; }
    /// The names to look up.
    [[nodiscard]] const NameBook& names() const noexcept { return names_; }

    /// Commands for the initiator since the last call. The first call returns all peers that need no look-up.
    [[nodiscard]] std::vector<initiator::Command> commands();

  private:
    void draw_ledger_peers();
    void add_ledger_peers(std::vector<initiator::Command>& commands);
    void add_public(std::vector<initiator::Command>& commands, const std::vector<AccessPoint>& points, bool advertise);

    Topology topology_;
    NameBook names_;
    std::uint64_t seed_;
    std::uint64_t random_;
    std::size_t most_public_;
    std::vector<AccessPoint> ledger_;  // relays that were drawn, and whose peers are not known yet
    std::vector<PeerId> told_;         // public peers and ledger peers
    std::uint64_t seen_ = 0;           // value of `names_.changes()` at the last call
    bool news_ = true;
};

}  // namespace ouro
