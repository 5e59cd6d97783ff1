#include "bench/compare/chain.hpp"

#include <ouro/chain/synthetic.hpp>

#include "bench/compare/peer.hpp"

namespace compare {

void write_chain(const std::string& file, std::uint64_t blocks, std::size_t bytes) {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = blocks;
    options.block_bytes = bytes;
    options.header_bytes = std::min<std::size_t>(860, bytes - 100);
    const ouro::chain::SyntheticChain chain(options);
    interop::ListedChain listed(chain, blocks);
    // Whoever serves it begins again behind its end: to a follower the tip shall be far all the time.
    listed.number_end(ouro::BlockNumber{1'000'000'000});
    listed.write(file);
    std::uint64_t all = 0;
    for (std::uint64_t position = 1; position <= blocks; ++position) all += chain.block(position)->size();
    tell({{"event", "written"},
          {"from", to_string(chain.point(1))},
          {"to", to_string(chain.point(blocks))},
          {"bytes", all}});
}

}  // namespace compare
