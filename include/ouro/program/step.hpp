#pragma once

#include <variant>

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// The next block of a followed chain, or its header.
struct Forward {
    BlockPoint point;      ///< of the block
    BlockNumber number{};  ///< of the block on its chain
    Header header;         ///< as received
    Bytes block;           ///< `[tag, block]` as received, for `chain::Block::read`; empty if only headers are followed
    Tip tip;               ///< of the peer's chain
    PeerId peer;           ///< that announced it
};
/// The chain has switched to another fork: everything delivered after `point` is undone.
struct Backward {
    Point point;  ///< the last block that stays
    Tip tip;      ///< of the peer's chain
    PeerId peer;  ///< that announced it
};
/// Everything that the peer has was delivered. Reported once, and again after the follower has fallen behind.
struct AtTip {
    Tip tip;      ///< of the peer's chain, and the last step
    PeerId peer;  ///< that has no more
};

/// A change of a followed chain, the same from relays and from one's own node.
using Step = std::variant<Forward, Backward, AtTip>;

}  // namespace ouro
