#pragma once

#include <ouro/n2n/protocols.hpp>

namespace ouro::n2n {

using Handshake = HandshakeOf<versions>;

/// All messages between nodes, and those of a user's own protocols. `protocols.hpp` says which protocols an agreement
/// includes.
using Message = Protocols::Messages<Handshake, RawProtocol>;
static_assert(ouro::Message<Message>);

}  // namespace ouro::n2n
