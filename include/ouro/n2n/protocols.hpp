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
    leios,         ///< a prototype that no version implies: enabled in the config
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

/// All node-to-node mini-protocols except the handshake.
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

/// Whether two nodes with this agreement speak the protocol; `leios`: whether Leios is enabled. A protocol that is not
/// spoken gets no credit, so a segment for it is `Errc::unknown_protocol`.
[[nodiscard]] constexpr bool agreed(const Spoken& protocol, const Agreement& agreement, bool leios = false) noexcept {
    if (agreement.version < protocol.since) return false;
    switch (protocol.when) {
        case When::always: break;
        case When::peer_sharing: return agreement.data.peer_sharing;
        case When::peras: return agreement.data.peras;
        case When::leios: return leios;
    }
    return true;
}

}  // namespace ouro::n2n
