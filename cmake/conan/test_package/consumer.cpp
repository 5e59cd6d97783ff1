#include <ouro/base/types.hpp>
#include <ouro/version.hpp>

#include <cstdio>
#ifdef WITH_chain
#include <ouro/chain/synthetic.hpp>
#endif
#ifdef WITH_ouro
#include <ouro/program/run.hpp>

static asio::awaitable<int> nothing(ouro::Runtime&) { co_return 0; }
#endif

int main() {
    const auto peer = ouro::PeerId::parse("[2001:db8::1]:3001");
    if (!peer || peer->port() != 3001) return 1;
#ifdef WITH_chain
    const ouro::chain::SyntheticChain chain{{.blocks = 2}};
    if (!chain.header(2)) return 2;
#endif
#ifdef WITH_ouro
    if (ouro::run(nothing) != 0) return 3;
#endif
    std::printf("ouro %d works\n", OURO_VERSION);
}
