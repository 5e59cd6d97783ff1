#include <cstdint>
#include <cstdio>

#include <ouro/program/client.hpp>
#include <ouro/program/run.hpp>

asio::awaitable<int> program(ouro::Runtime& runtime) {
    ouro::Client client(runtime, ouro::mainnet);
    client.use("/run/node.socket");
    const auto epoch = co_await client.epoch();
    if (epoch) std::printf("epoch %ju\n", static_cast<std::uintmax_t>(*epoch));
    ouro::Follower chain = client.follow({.from = ouro::from_tip, .blocks = true});
    while (auto step = co_await chain.next())
        if (auto* forward = std::get_if<ouro::Forward>(&*step))
            std::printf("%s: a block of %zu bytes\n", to_string(forward->point).c_str(), forward->block.size());
    co_return ouro::exit_code(chain.end());
}

int main() { return ouro::run(program); }
