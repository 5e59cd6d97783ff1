#pragma once

#include <array>

#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/local_msg_notification.hpp>
#include <ouro/protocol/local_msg_submission.hpp>
#include <ouro/protocol/message.hpp>

/// A node of the decentralised message queue, and its client.
namespace ouro::dmq::n2c {

inline constexpr Version version_1{0x1001};
inline constexpr std::array versions{version_1};

using Handshake = HandshakeOf<versions, no_limit>;

/// All messages between them.
using Message = MessageSet<Handshake, LocalMsgSubmission, LocalMsgNotification>;
static_assert(ouro::Message<Message>);

/// Version 1.
[[nodiscard]] inline std::vector<Version> default_versions() { return {version_1}; }

}  // namespace ouro::dmq::n2c
