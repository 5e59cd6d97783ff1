#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>

#include "measure.hpp"

namespace bench {

/// Makes a chain in the process that serves it: what a fork shares is copied page by page when it is touched.
using MakeChain = std::function<std::shared_ptr<const ouro::ChainView>()>;

/// A responder that serves the chain to one peer and ends with it.
Server our_server(MakeChain make);
/// An initiator that follows the chain for `count` headers.
Client our_follower(std::uint64_t count);
/// An initiator that fetches `ranges`, as many in flight as it may; counts bytes. `checks`: of Cardano's rules;
/// nothing: without rules.
Client our_fetcher(std::vector<ouro::initiator::RequestBlocks> ranges, std::optional<ouro::Checks> checks = {});

/// Bytes of memory an idle initialized peer takes: at the responder, and at the initiator.
struct Footprint {
    double responder = 0;
    double initiator = 0;
};
Footprint idle_peers(std::size_t count);
/// The same between two nodes that both use each connection: at the one that has accepted, and at the one that dialled.
Footprint idle_duplex_peers(std::size_t count);

/// Seconds for one item of `bytes` in segments of `payload`.
double framing(std::size_t bytes, std::size_t payload);

}  // namespace bench
