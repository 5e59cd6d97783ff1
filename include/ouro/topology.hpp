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

#include <ouro/access_point.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro {

/// The topology file of a node: where its peers are.
///
/// Shape   JSON: an object of localRoots, publicRoots, useLedgerAfterSlot, peerSnapshotFile, bootstrapPeers. Fields
/// that
///         nobody knows are ignored, as the reference does.
/// Errors  A field that is missing, or has a value it cannot have, is named by its place.
/// Source  ouroboros-network, Ouroboros/Network/OrphanInstances.hs; cardano-diffusion, the same for bootstrapPeers.
struct Topology {
    /// Peers of one kind, of which always some are in use.
    struct LocalRoots {
        std::vector<AccessPoint> access_points;
        std::size_t hot_valency = 1;  ///< `hotValency`, or `valency`, which wins
        std::size_t warm_valency = 1;
        bool advertise = false;        ///< others may be told of them
        bool trustable = false;        ///< good enough to be all one has
        bool initiator_only = false;   ///< `diffusionMode`
        bool behind_firewall = false;  ///< never to be dialled: they come to us
    };
    struct PublicRoots {
        std::vector<AccessPoint> access_points;
        bool advertise = false;
    };
    struct Read;

    std::vector<LocalRoots> local_roots;
    std::vector<PublicRoots> public_roots;
    std::optional<std::int64_t> use_ledger_after_slot;  ///< nothing, or below zero: never
    std::optional<std::string> peer_snapshot_file;      ///< as it stands there; it is not read
    std::vector<AccessPoint> bootstrap_peers;

    [[nodiscard]] static Read parse(std::string_view json);
    /// The same of a file of at most 16 MiB. To be called again whenever the file shall be read again.
    [[nodiscard]] static Read load(const std::filesystem::path& file);

    /// Whether there is somebody to be trusted by a node that is behind: bootstrap peers, or trustable local roots.
    [[nodiscard]] bool safe_when_behind() const noexcept;
};

/// Why there is no topology.
struct TopologyError {
    std::string where;       ///< "localRoots[0].accessPoints[2].port"; empty: the whole
    std::string reason;      ///< what is wrong there
    std::size_t line = 0;    ///< of the text, from 1; 0: no single one
    std::error_code system;  ///< the file could not be read
};
/// "line 3: not JSON: …" or "localRoots[0].valency: missing".
[[nodiscard]] std::string to_string(const TopologyError& error);

/// The topology, or what is wrong.
struct Topology::Read {
    std::optional<Topology> topology;
    TopologyError error;  ///< where there is none

    explicit operator bool() const noexcept { return topology.has_value(); }
};

/// Whom an access point stands for, as far as that is known: `NameBook::peers`.
using PeersOf = std::function<std::vector<PeerId>(const AccessPoint&)>;

/// The groups of local roots as an initiator takes them: a peer that several names stand for in the first group that
/// names it, valencies no greater than the group.
[[nodiscard]] std::vector<initiator::LocalRoots> local_roots(const Topology& topology, const PeersOf& peers_of);

}  // namespace ouro
