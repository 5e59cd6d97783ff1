#pragma once

#include <array>
#include <string_view>

#include <ouro/n2n/message.hpp>

namespace ouro::n2n {

/// The condition, besides the version, for speaking a mini-protocol.
enum class When : std::uint8_t {
    always,
    peer_sharing,  ///< both sides share peers
    peras,         ///< both sides take part in Peras
    leios,         ///< it is enabled in the config of both
};

/// The first version that includes a mini-protocol, and its condition.
struct Spoken {
    Channel channel{};
    std::string_view name;
    Version since{};
    When when{};
};

template <class Protocol>
[[nodiscard]] constexpr Spoken spoken(Version since, When when = When::always) noexcept {
    return {Protocol::channel, Protocol::name, since, when};
}

/// All node-to-node mini-protocols except the handshake. Behaviors read from it what may be spoken on a connection;
/// they have no parts for Peras yet, so it is not offered.
///
/// Source  cardano-diffusion, NodeToNode.hs, nodeToNodeProtocols.
inline constexpr std::array protocols{
    spoken<ChainSync>(version_14),
    spoken<BlockFetch>(version_14),
    spoken<TxSubmission>(version_14),
    spoken<KeepAlive>(version_14),
    spoken<PeerSharing>(version_14, When::peer_sharing),
    spoken<PerasCertDiffusion>(version_16, When::peras),
    spoken<PerasVoteDiffusion>(version_16, When::peras),
    spoken<LeiosNotify>(version_14, When::leios),
    spoken<LeiosFetch>(version_14, When::leios),
};

/// Whether the version and the agreed data of two nodes allow the protocol. Leios is a prototype that no version
/// implies: it is spoken where it is enabled in the config of both.
[[nodiscard]] constexpr bool agreed(const Spoken& protocol, const Agreement& agreement) noexcept {
    if (agreement.version < protocol.since) return false;
    switch (protocol.when) {
        case When::peer_sharing: return agreement.data.peer_sharing;
        case When::peras: return agreement.data.peras;
        case When::always:
        case When::leios: break;
    }
    return true;
}

/// The same for the protocol of a channel. False for a channel that is not in the table.
[[nodiscard]] constexpr bool agreed(Channel channel, const Agreement& agreement) noexcept {
    for (const Spoken& protocol : protocols)
        if (protocol.channel == channel) return agreed(protocol, agreement);
    return false;
}

}  // namespace ouro::n2n
