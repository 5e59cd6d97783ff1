// [program]
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cstdio>

#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>
#include <ouro/program/config.hpp>

using namespace ouro;

asio::awaitable<void> serve(Responder& relay) {
    while (auto event = co_await relay.poll_next())
        if (const auto* peer = std::get_if<responder::PeerInitialized>(&*event))
            std::printf("%s has connected\n", std::string(peer->peer.text()).c_str());
}

asio::awaitable<void> follow(Initiator& node, Responder& relay, unsigned& headers) {
    while (auto event = co_await node.poll_next()) {
        if (std::holds_alternative<initiator::RollForward>(*event)) ++headers;
        if (!std::holds_alternative<initiator::AtTip>(*event)) continue;
        node.stop();
        relay.stop();
    }
}

int main() {
    asio::io_context context;
    chain::SyntheticChain::Options made_up;
    made_up.blocks = 1'000;
    responder::Config serving;
    serving.offer.data.magic = preview;
    serving.chain = std::make_shared<chain::SyntheticChain>(made_up);
    Responder relay(context.get_executor(), serving);
    const auto listening = relay.interface().listen(*parse_listen_address("127.0.0.1:0"));

    Initiator node(context.get_executor(), chain::initiator_config(preview));
    (void)node.execute(initiator::IncludePeer{listening.address});
    (void)node.execute(initiator::StartSync{});

    unsigned headers = 0;
    asio::co_spawn(context, serve(relay), asio::detached);
    asio::co_spawn(context, follow(node, relay, headers), asio::detached);
    context.run();
    std::printf("%u headers\n", headers);
    return headers == 1'000 ? 0 : 1;
}
// [/program]
