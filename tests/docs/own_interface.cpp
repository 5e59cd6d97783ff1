// The program of docs/own-interface.md: an interface of one's own, which counts what a behavior receives.

// [program]
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <map>
#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>
#include <ouro/program/config.hpp>
#include <string>

using namespace ouro;

/// Another interface, and a count of each message that arrives over it.
template <class Inner>
class Counting {
  public:
    using Message = typename Inner::Message;

    template <class... Args>
    explicit Counting(Args&&... args) : inner_(std::forward<Args>(args)...) {}

    asio::any_io_executor get_executor() const noexcept { return inner_.get_executor(); }
    Instant now() const noexcept { return inner_.now(); }
    void dispatch(InterfaceCommand<Message> command) { inner_.dispatch(std::move(command)); }
    std::optional<InterfaceEvent<Message>> try_poll() {
        auto event = inner_.try_poll();
        if (event)
            if (const auto* received = std::get_if<io::Recv<Message>>(&*event))
                ++counts_[std::string(received->message.name())];
        return event;
    }
    bool gave_way() const noexcept { return inner_.gave_way(); }
    void wake() noexcept { inner_.wake(); }
    template <class Token>
    auto async_wait_ready(Instant until, Token&& token) {
        return inner_.async_wait_ready(until, std::forward<Token>(token));
    }

    const std::map<std::string, unsigned>& counts() const noexcept { return counts_; }

  private:
    Inner inner_;
    std::map<std::string, unsigned> counts_;
};
static_assert(Interface<Counting<TcpInterface<n2n::Message>>>);

using Counted = Manager<Counting<TcpInterface<n2n::Message>>, InitiatorBehavior>;

asio::awaitable<void> follow(Counted& node, Responder& relay, std::map<std::string, unsigned>& counts) {
    while (auto event = co_await node.poll_next()) {
        if (!std::holds_alternative<initiator::AtTip>(*event)) continue;
        counts = node.interface().counts();
        node.stop();
        relay.stop();
    }
}

int main() {
    asio::io_context context;
    responder::Config serving;
    serving.chain = std::make_shared<chain::SyntheticChain>(chain::SyntheticChain::Options{.blocks = 50});
    Responder relay(context.get_executor(), serving);
    const auto listening = relay.interface().listen(*parse_listen_address("127.0.0.1:0"));

    Counted node(std::piecewise_construct, std::forward_as_tuple(context.get_executor()),
                 std::forward_as_tuple(chain::initiator_config(mainnet)));
    (void)node.execute(initiator::IncludePeer{listening.address});
    (void)node.execute(initiator::StartSync{});
    std::map<std::string, unsigned> counts;
    asio::co_spawn(context, follow(node, relay, counts), asio::detached);
    context.run();
    for (const auto& [name, count] : counts) std::printf("%4u %s\n", count, name.c_str());
    return counts["RollForward"] == 50 ? 0 : 1;
}
// [/program]
