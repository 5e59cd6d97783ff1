#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/names/access_point.hpp>

namespace ouro {

/// The topology file of a node, which names its peers.
///
/// Shape   JSON: an object of localRoots, publicRoots, useLedgerAfterSlot,
///         peerSnapshotFile, bootstrapPeers. Unknown fields are ignored, as in the
///         reference.
/// Errors  A missing field, or one with an invalid value, is reported with its place.
/// Source  ouroboros-network, Ouroboros/Network/OrphanInstances.hs; cardano-diffusion, the same for bootstrapPeers.
struct Topology {
    /// A group of peers of which some are always in use.
    struct LocalRoots {
        std::vector<AccessPoint> access_points;
        std::size_t hot_valency = 1;  ///< `hotValency`, or `valency`, which takes precedence
        std::size_t warm_valency = 1;
        bool advertise = false;        ///< they may be shared with other peers
        bool trustable = false;        ///< trusted enough to be the only peers
        bool initiator_only = false;   ///< `diffusionMode`
        bool behind_firewall = false;  ///< never dialled: they connect to us
    };
    struct PublicRoots {
        std::vector<AccessPoint> access_points;
        bool advertise = false;
    };
    struct Read;

    std::vector<LocalRoots> local_roots;
    std::vector<PublicRoots> public_roots;
    std::optional<std::int64_t> use_ledger_after_slot;  ///< empty, or below zero: never
    std::optional<std::string> peer_snapshot_file;      ///< the text of the field; the file is not read
    std::vector<AccessPoint> bootstrap_peers;

    [[nodiscard]] static Read parse(std::string_view json);
    /// Parses a file of at most 16 MiB. Call it again to re-read the file.
    [[nodiscard]] static Read load(const std::filesystem::path& file);

    /// Whether it has peers that a node may trust while it is behind: bootstrap peers or trustable local roots.
    [[nodiscard]] bool safe_when_behind() const noexcept;
};

/// The error of a topology that could not be read.
struct TopologyError {
    std::string where;       ///< "localRoots[0].accessPoints[2].port"; empty: the whole file
    std::string reason;      ///< the error at that place
    std::size_t line = 0;    ///< in the text, from 1; 0: no single line
    std::error_code system;  ///< set if the file could not be read
};
/// "line 3: not JSON: …" or "localRoots[0].valency: missing".
[[nodiscard]] std::string to_string(const TopologyError& error);

/// The topology or the error.
struct Topology::Read {
    std::optional<Topology> topology;
    TopologyError error;  ///< set if there is none

    explicit operator bool() const noexcept { return topology.has_value(); }
};

/// Returns the known peers of an access point: `NameBook::peers`.
using PeersOf = std::function<std::vector<PeerId>(const AccessPoint&)>;

/// The groups of local roots in the form that an initiator takes. A peer behind several names is in the first group
/// that names it, and valencies are no greater than the group.
[[nodiscard]] std::vector<initiator::LocalRoots> local_roots(const Topology& topology, const PeersOf& peers_of);

}  // namespace ouro
