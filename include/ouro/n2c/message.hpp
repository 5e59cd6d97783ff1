#pragma once

#include <ouro/protocol/local_chain_sync.hpp>
#include <ouro/protocol/local_handshake.hpp>
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
    ledger_config,          ///< query::ledger_config
    measures,               ///< LocalTxMonitor::GetMeasures
    stake_with_totals       ///< the stake distribution under its second tag, which replaces the first
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
                                     Release(17),
                                     Release(18),
                                     Release(19),
                                     Release(20, Feature::ledger_config, Feature::measures),
                                     Release(21, Feature::stake_with_totals),
                                     Release(22),
                                     Release(23)};

/// The version numbers, ascending.
inline constexpr auto versions = [] {
    std::array<Version, releases.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = releases[i].version;
    return all;
}();

using Handshake = LocalHandshakeOf<versions>;

/// All messages between a node and its client.
using Message = MessageSet<Handshake, LocalChainSync, LocalTxSubmission, LocalStateQuery, LocalTxMonitor>;
static_assert(ouro::Message<Message>);

/// Versions 16 to 23.
[[nodiscard]] inline std::vector<Version> default_versions() { return {versions.begin(), versions.end()}; }

/// Whether a node that speaks `version` has `feature`.
[[nodiscard]] constexpr bool has(Version version, Feature feature) noexcept {
    for (const Release& release : releases)
        if ((release.features >> static_cast<unsigned>(feature) & 1) != 0) return version >= release.version;
    return false;
}

/// Whether a node of `version` knows `message`; if not, it would disconnect. Queries are not examined.
[[nodiscard]] bool allowed(Version version, const Message& message) noexcept;

}  // namespace ouro::n2c
