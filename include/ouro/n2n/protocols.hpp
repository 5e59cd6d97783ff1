#pragma once

#include <array>
#include <string_view>

#include <ouro/n2n/versions.hpp>
#include <ouro/protocol/block_fetch.hpp>
#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/keep_alive.hpp>
#include <ouro/protocol/leios_fetch.hpp>
#include <ouro/protocol/leios_notify.hpp>
#include <ouro/protocol/message.hpp>
#include <ouro/protocol/object_diffusion.hpp>
#include <ouro/protocol/peer_sharing.hpp>
#include <ouro/protocol/tx_submission.hpp>

namespace ouro::n2n {

/// The condition, besides the version, for speaking a mini-protocol.
enum class When : std::uint8_t {
    always,
    peer_sharing,  ///< both sides share peers
    peras,         ///< both sides take part in Peras
    leios,         ///< it is enabled in the config of both
};

/// An entry of `Protocols`: a mini-protocol, the first version that includes it, and its condition.
template <class P, Version first, When condition = When::always>
struct Listed {
    using Protocol = P;
    static constexpr Version since = first;
    static constexpr When when = condition;
};

/// An entry as a value.
struct Spoken {
    Channel channel{};
    std::string_view name;
    Version since{};
    When when{};
};

template <class... Entries>
struct ProtocolList {
    /// The messages of `First`, of all entries and of `Last`.
    template <class First, class Last>
    using Messages = MessageSet<First, typename Entries::Protocol..., Last>;

    static constexpr std::array values{
        Spoken{Entries::Protocol::channel, Entries::Protocol::name, Entries::since, Entries::when}...};
};

/// All node-to-node mini-protocols except the handshake: the one list of them. `Message` has their messages, behaviors
/// have a part for each, in this order, and read from it what may be spoken on a connection. Peras has no parts yet, so
/// it is not offered.
///
/// Source  cardano-diffusion, NodeToNode.hs, nodeToNodeProtocols.
using Protocols = ProtocolList<                           //
    Listed<ChainSync, version_14>,                        //
    Listed<BlockFetch, version_14>,                       //
    Listed<TxSubmission, version_14>,                     //
    Listed<KeepAlive, version_14>,                        //
    Listed<PeerSharing, version_14, When::peer_sharing>,  //
    Listed<PerasCertDiffusion, version_16, When::peras>,  //
    Listed<PerasVoteDiffusion, version_16, When::peras>,  //
    Listed<LeiosNotify, version_14, When::leios>,         //
    Listed<LeiosFetch, version_14, When::leios>>;

inline constexpr auto protocols = Protocols::values;

/// Whether behaviors have parts for the mini-protocol of a channel.
[[nodiscard]] constexpr bool has_parts(Channel channel) noexcept {
    for (const Spoken& protocol : protocols)
        if (protocol.channel == channel) return protocol.when != When::peras;
    return false;
}

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
