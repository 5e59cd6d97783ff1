#pragma once

#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/local_state_query.hpp>
#include <ouro/protocol/local_tx_monitor.hpp>
#include <ouro/protocol/local_tx_submission.hpp>
#include <ouro/protocol/message.hpp>

namespace ouro::n2c {

/// Node-to-client version `number`, as on the wire.
[[nodiscard]] constexpr Version version(std::uint64_t number) noexcept { return Version{0x8000 | number}; }

/// A feature that a client must not use with a node of an older version.
enum class Feature : std::uint8_t {
    acquire_immutable_tip,  ///< LocalStateQuery::ImmutableTip
    proposals,              ///< query::proposals and query::ratify_state
    future_parameters,      ///< query::future_parameters
    ledger_peers,           ///< query::ledger_peers, of big pools
    ledger_config,          ///< query::ledger_config
    measures,               ///< LocalTxMonitor::GetMeasures
    default_vote,           ///< query::default_vote
    stake_with_totals,      ///< the stake distributions under their second tags, which replace the first
    max_major_version,      ///< query::max_major_version
    ledger_peer_kinds,      ///< query::ledger_peers, of all pools; and the newer form for big ones
    drep_delegations        ///< query::drep_delegations
};

/// A version and the features that it introduced.
struct Release {
    Version version;
    unsigned features;  ///< one bit per feature

    template <class... Features>
    constexpr explicit Release(unsigned number, Features... added) noexcept
        : version(n2c::version(number)), features((0U | ... | (1U << static_cast<unsigned>(added)))) {}
};

// Source  cardano-diffusion, api, NodeToClient/Version.hs.
inline constexpr std::array releases{Release(16, Feature::acquire_immutable_tip),
                                     Release(17, Feature::proposals),
                                     Release(18, Feature::future_parameters),
                                     Release(19, Feature::ledger_peers),
                                     Release(20, Feature::ledger_config, Feature::measures, Feature::default_vote),
                                     Release(21, Feature::stake_with_totals, Feature::max_major_version),
                                     Release(22),
                                     Release(23, Feature::ledger_peer_kinds, Feature::drep_delegations)};

/// The version numbers, ascending.
inline constexpr auto versions = [] {
    std::array<Version, releases.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = releases[i].version;
    return all;
}();

using Handshake = HandshakeOf<versions, no_limit>;

/// All messages between a node and its client.
using Message = MessageSet<Handshake, LocalChainSync, LocalTxSubmission, LocalStateQuery, LocalTxMonitor>;
static_assert(ouro::Message<Message>);

/// Versions 16 to 23.
[[nodiscard]] inline std::vector<Version> default_versions() { return {versions.begin(), versions.end()}; }

/// The version that introduced `feature`.
[[nodiscard]] constexpr Version since(Feature feature) noexcept {
    for (const Release& release : releases)
        if ((release.features >> static_cast<unsigned>(feature) & 1) != 0) return release.version;
    return Version{UINT64_MAX};
}

/// Whether a node that speaks `version` has `feature`.
[[nodiscard]] constexpr bool has(Version version, Feature feature) noexcept { return version >= since(feature); }

/// Whether a node of `version` knows `message`, or the query in it; if not, it would disconnect. `refusal` in
/// `query_rules.hpp` states the reason for a query.
[[nodiscard]] bool allowed(Version version, const Message& message) noexcept;

}  // namespace ouro::n2c
