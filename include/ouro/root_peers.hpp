#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/name_book.hpp>
#include <ouro/topology.hpp>

namespace ouro {

/// Turns a topology, and what is found out about its names, into commands for an initiator: local roots in their
/// groups, and public roots and bootstrap peers as peers that are known, drawn, and no more of them than the target of
/// roots.
///
/// No IO and no clock: somebody makes the lookups of `names()` and tells it their answers.
class RootPeers {
  public:
    RootPeers(Topology topology, Instant now, std::uint64_t seed, std::size_t most_public = initiator::Targets().root);

    /// Another topology from now on, for a file that was read again. What is known of its names stays.
    void set(Topology topology, Instant now);
    [[nodiscard]] const Topology& topology() const noexcept { return topology_; }
    [[nodiscard]] NameBook& names() noexcept { return names_; }
    [[nodiscard]] const NameBook& names() const noexcept { return names_; }

    /// What an initiator is to be told since this was last asked. The first ones tell of all that needs no lookup.
    [[nodiscard]] std::vector<initiator::Command> commands();

  private:
    void add_public(std::vector<initiator::Command>& commands, const std::vector<AccessPoint>& points, bool advertise);

    Topology topology_;
    NameBook names_;
    std::uint64_t random_;
    std::size_t most_public_;
    std::vector<PeerId> told_;  // public ones
    std::uint64_t seen_ = 0;    // changes of names
    bool news_ = true;
};

}  // namespace ouro
