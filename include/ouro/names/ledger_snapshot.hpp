#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <ouro/base/types.hpp>
#include <ouro/names/access_point.hpp>

namespace ouro {

/// The error of a topology or a snapshot that could not be read.
struct TopologyError {
    std::string where;       ///< "localRoots[0].accessPoints[2].port"; empty: the whole file
    std::string reason;      ///< the error at that place
    std::size_t line = 0;    ///< in the text, from 1; 0: no single line
    std::error_code system;  ///< set if the file could not be read
};
/// "line 3: not JSON: …" or "localRoots[0].valency: missing".
[[nodiscard]] std::string to_string(const TopologyError& error);

/// The relays of stake pools at a slot: the file that `peerSnapshotFile` of a topology names, or the result of a query
/// (`n2c::snapshot_of`).
///
/// Shape   JSON in four forms: `version` 1 or 2, and `NodeToClientVersion` 23 with big pools or with all pools.
///         Unknown fields are ignored.
/// Source  ouroboros-network, PeerSelection/LedgerPeers/Type.hs and PeerSelection/RelayAccessPoint.hs.
struct LedgerSnapshot {
    struct Pool {
        double stake = 0;                   ///< part of all stake, from 0 to 1
        std::optional<double> accumulated;  ///< stake of this pool and all bigger ones; of big pools only
        std::vector<AccessPoint> relays;    ///< a name without a port begins with `_cardano._tcp.`
    };
    struct Read;

    /// Put before a name without a port to find its services.
    static constexpr std::string_view service_prefix = "_cardano._tcp.";

    bool all = false;                   ///< all pools, not only those that together hold nine tenths of the stake
    std::optional<Slot> slot;           ///< empty: the origin
    std::optional<NetworkMagic> magic;  ///< since version 23
    std::vector<Pool> pools;
    std::size_t left_out = 0;  ///< relays that pools registered with a text that is no name or address

    /// Adds a relay to a pool of this snapshot, or counts it as left out.
    void add_relay(Pool& pool, std::string_view host, std::optional<std::uint16_t> port);

    [[nodiscard]] static Read parse(std::string_view json);
    /// Parses a file of at most 16 MiB.
    [[nodiscard]] static Read load(const std::filesystem::path& file);
};

/// The snapshot or the error.
struct LedgerSnapshot::Read {
    std::optional<LedgerSnapshot> snapshot;
    TopologyError error;  ///< set if there is none

    explicit operator bool() const noexcept { return snapshot.has_value(); }
};

/// Draws relays of a snapshot: a pool by its stake, and each of its relays with the same chance. Pools without a relay
/// are never drawn.
///
/// Source  ouroboros-network, PeerSelection/LedgerPeers.hs, `pickPeers`.
class LedgerDraw {
  public:
    enum class Among : std::uint8_t {
        all,  ///< each pool by the square root of its stake, so that small pools are drawn more often
        big   ///< each pool by its stake, of the biggest ones up to `big_quota`
    };
    /// Part of all stake. The pool that exceeds it is drawn only by its part below it.
    static constexpr double big_quota = 0.9;

    explicit LedgerDraw(const LedgerSnapshot& snapshot);

    /// Number of pools that may be drawn.
    [[nodiscard]] std::size_t pools(Among among) const noexcept { return chances(among).size(); }
    /// One relay; null if there are no pools. `random` is the state of the generator. Logarithmic in the pools.
    /// Lifetimes  A relay lives as long as this object.
    [[nodiscard]] const AccessPoint* draw(Among among, std::uint64_t& random) const noexcept;
    /// At most `count` different relays; fewer if that many draws of each do not find more.
    [[nodiscard]] std::vector<AccessPoint> draw(Among among, std::size_t count, std::uint64_t& random) const;

  private:
    struct Chance {
        double up_to = 0;  // sum of weights
        std::size_t pool = 0;
    };
    [[nodiscard]] const std::vector<Chance>& chances(Among among) const noexcept {
        return among == Among::big ? big_ : all_;
    }

    std::vector<std::vector<AccessPoint>> relays_;  // of each pool
    std::vector<Chance> all_, big_;
};

}  // namespace ouro
