#pragma once

#include <array>

#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/keep_alive.hpp>
#include <ouro/protocol/message.hpp>
#include <ouro/protocol/peer_sharing.hpp>
#include <ouro/protocol/sig_submission.hpp>

/// The nodes of the decentralised message queue, a separate network that carries signatures.
namespace ouro::dmq::n2n {

inline constexpr Version version_1{1};  ///< signatures in the shape of tx-submission, which is not spoken here
inline constexpr Version version_2{2};
inline constexpr std::array versions{version_1, version_2};

using Handshake = HandshakeOf<versions>;
using KeepAlive = KeepAliveOf<Channel{12}>;
using PeerSharing = PeerSharingOf<Channel{13}>;

/// All messages between these nodes.
using Message = MessageSet<Handshake, SigSubmission, KeepAlive, PeerSharing>;
static_assert(ouro::Message<Message>);

/// Version 2.
[[nodiscard]] inline std::vector<Version> default_versions() { return {version_2}; }

}  // namespace ouro::dmq::n2n
