#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/names/access_point.hpp>
#include <ouro/names/ledger_snapshot.hpp>

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
    std::optional<std::string> peer_snapshot_file;      ///< relative to the folder of the topology file
    std::optional<LedgerSnapshot> ledger_peers;         ///< contents of `peer_snapshot_file`, read by `load`
    std::vector<AccessPoint> bootstrap_peers;

    [[nodiscard]] static Read parse(std::string_view json);
    /// Parses a file of at most 16 MiB, and the snapshot of ledger peers that it names, unless ledger peers are off.
    /// Call it again to re-read both files. An error in the snapshot is one of `peerSnapshotFile`.
    [[nodiscard]] static Read load(const std::filesystem::path& file);

    /// Whether it has peers that a node may trust while it is behind: bootstrap peers or trustable local roots.
    [[nodiscard]] bool safe_when_behind() const noexcept;
    /// Whether peers are chosen from `ledger_peers`: it is there, and its slot is not before `use_ledger_after_slot`.
    [[nodiscard]] bool uses_ledger_peers() const noexcept {
        const std::int64_t after = use_ledger_after_slot.value_or(-1);
        return after >= 0 && ledger_peers && ledger_peers->slot &&
               static_cast<std::uint64_t>(*ledger_peers->slot) >= static_cast<std::uint64_t>(after);
    }
    /// Whether the snapshot of ledger peers is of this network, or does not state its network, or there is none.
    [[nodiscard]] bool fits(NetworkMagic magic) const noexcept {
        return !ledger_peers || ledger_peers->magic.value_or(magic) == magic;
    }
};

/// The topology or the error.
struct Topology::Read {
    std::optional<Topology> topology;
    TopologyError error;  ///< set if there is none

    explicit operator bool() const noexcept { return topology.has_value(); }
};

}  // namespace ouro
