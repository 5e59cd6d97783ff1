#pragma once

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

using Handshake = HandshakeOf<versions>;

/// All messages between nodes, and those of a user's own protocols. `protocols.hpp` says which protocols an agreement
/// includes.
using Message = MessageSet<Handshake, ChainSync, BlockFetch, TxSubmission, KeepAlive, PeerSharing, PerasCertDiffusion,
                           PerasVoteDiffusion, LeiosNotify, LeiosFetch, RawProtocol>;
static_assert(ouro::Message<Message>);

}  // namespace ouro::n2n
