#pragma once

#include <memory>

#include <ouro/protocol/chain_view.hpp>

#include "measure.hpp"

namespace bench {

/// A responder that serves `chain` to one peer and ends with it.
Server our_server(std::shared_ptr<const ouro::ChainView> chain);
/// An initiator that follows the chain for `count` headers.
Client our_follower(std::uint64_t count);
/// An initiator that fetches all of `chain` in ranges of `range` blocks, as many in flight as it may; counts octets.
Client our_fetcher(std::shared_ptr<const ouro::ChainView> chain, std::uint64_t range);

/// Octets of memory an idle initialized peer takes: at the responder, and at the initiator.
struct Footprint {
    double responder = 0;
    double initiator = 0;
};
Footprint idle_peers(std::size_t count);

/// Seconds for one item of `octets` in segments of `payload`, framed `times` times.
double framing(std::size_t octets, std::size_t payload, int times);

}  // namespace bench
