#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include <ouro/async/asio.hpp>
#include <ouro/base/random.hpp>
#include <ouro/chain/synthetic.hpp>

namespace soak {

/// What all nodes share: one chain, one source of chance, and one account of what went wrong.
struct World {
    World(asio::any_io_executor its_executor, std::uint64_t seed) : executor(std::move(its_executor)), random(seed) {
        ouro::chain::SyntheticChain::Options options;
        options.blocks = 500;
        options.block_bytes = 4'000;
        options.seed = seed;
        options.keep_bytes = 0;  // so that it hardly grows
        chain = std::make_shared<ouro::chain::SyntheticChain>(options);
    }

    /// A number below `bound`.
    std::size_t draw(std::size_t bound) { return static_cast<std::size_t>(ouro::detail::next_random(random) % bound); }
    bool chance(std::size_t one_in) { return draw(one_in) == 0; }

    /// A violated invariant. The first few are printed at once.
    void fault(const std::string& what) {
        if (++faults <= 20) std::fprintf(stderr, "fault: %s\n", what.c_str());
    }

    asio::any_io_executor executor;
    std::shared_ptr<ouro::chain::SyntheticChain> chain;
    std::uint64_t random;
    std::uint64_t faults = 0;

    struct Figures {
        std::uint64_t headers = 0;
        std::uint64_t blocks = 0;
        std::uint64_t requests = 0;
        std::uint64_t done = 0;
        std::uint64_t no_blocks = 0;
        std::uint64_t failed = 0;
        std::uint64_t txs = 0;
        std::uint64_t txs_received = 0;  ///< by the nodes to which they were submitted
        std::uint64_t txs_submitted = 0;
        std::uint64_t txs_failed = 0;
        std::uint64_t ends = 0;  ///< of connections that were dialled
        std::uint64_t late = 0;  ///< of them, by a time limit: of a machine that has no time for us, but for no other
    } figures;
};

}  // namespace soak
