#include "ours.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <limits>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <ouro/cbor/writer.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/mux/ingress.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/ouro.hpp>

#include "plain.hpp"

namespace bench {

using namespace std::chrono_literals;

namespace {

ouro::TcpOptions options() {
    ouro::TcpOptions tcp;
    tcp.accept = {100'000, 100'000, ouro::Duration::zero()};
    tcp.max_per_address = 0;
    tcp.send_buffer = send_buffer;
    tcp.receive_buffer = receive_buffer;
    return tcp;
}

ouro::PeerId local(std::uint16_t port) { return ouro::PeerId::from_parts("127.0.0.1", port); }

asio::awaitable<int> serve(ouro::Runtime& runtime, std::shared_ptr<const ouro::ChainView> chain,
                           const std::function<void(std::uint16_t)>& tell) {
    ouro::responder::Config config;
    config.chain = std::move(chain);
    ouro::Responder node(runtime.get_executor(), config, options());
    const auto bound = node.interface().listen(local(0));
    tell(bound.address.port());
    while (const auto event = co_await node.poll_next())
        if (std::holds_alternative<ouro::responder::PeerDisconnected>(*event)) node.stop();
    co_return 0;
}

asio::awaitable<int> follow(ouro::Runtime& runtime, std::uint16_t port, std::uint64_t count, Taken& taken) {
    ouro::Initiator node(runtime.get_executor(), {}, options());
    (void)node.execute(ouro::initiator::IncludePeer{local(port)});
    (void)node.execute(ouro::initiator::StartSync{});
    const Clock clock;
    while (const auto event = co_await node.poll_next()) {
        if (!std::holds_alternative<ouro::initiator::RollForward>(*event) || ++taken.count != count) continue;
        taken.seconds = clock.seconds();
        node.stop();
    }
    co_return 0;
}

asio::awaitable<int> fetch(ouro::Runtime& runtime, std::uint16_t port,
                           const std::vector<ouro::initiator::RequestBlocks>& ranges,
                           std::optional<ouro::Checks> checks, Taken& taken) {
    ouro::initiator::Config config;
    if (checks) {
        config.rules = ouro::chain::cardano_rules();
        config.checks = *checks;
    }
    ouro::Initiator node(runtime.get_executor(), config, options());
    (void)node.execute(ouro::initiator::IncludePeer{local(port)});
    for (const auto& range : ranges) (void)node.execute(range);
    std::size_t left = ranges.size();
    const Clock clock;
    while (const auto event = co_await node.poll_next()) {
        if (const auto* block = std::get_if<ouro::initiator::BlockReceived>(&*event)) {
            taken.count += block->block.size();
        } else if (std::holds_alternative<ouro::initiator::RangeDone>(*event) && --left == 0) {
            taken.seconds = clock.seconds();
            node.stop();
        }
    }
    co_return 0;
}

/// Bytes this process has in memory that it does not share.
double resident() {
    std::ifstream in("/proc/self/statm");
    double size = 0, whole = 0, shared = 0;
    in >> size >> whole >> shared;
    return (whole - shared) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

ouro::responder::Config to_all() {
    ouro::responder::Config config;
    config.idle_timeout = {};
    config.soft_limit = 0;
    config.max_events = std::numeric_limits<std::size_t>::max();
    return config;
}

ouro::initiator::Config to_many() {
    ouro::initiator::Config config;
    config.max_events = std::numeric_limits<std::size_t>::max();
    return config;
}

ouro::node::Config both_ways() {
    ouro::node::Config config;
    config.initiator = to_many();
    config.responder = to_all();
    config.inbound_limit = std::numeric_limits<std::size_t>::max();
    return config;
}

/// Finds every name at the one address of a server. Connections to one address have different ports, so that the server
/// takes none of them for another; connections to several may share one.
class OneAddress : public ouro::Resolver {
  public:
    explicit OneAddress(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    void resolve(const std::string&, Done done) override {
        asio::post(executor_, [done = std::move(done)] { done({}, {"127.0.0.1"}); });
    }

  private:
    asio::any_io_executor executor_;
};

/// One peer is one address: the loopback network has many.
ouro::PeerId address(std::size_t i, std::uint16_t port) {
    return ouro::PeerId::from_parts("127.0." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250), port);
}

/// On every address of the loopback network: each peer dials one of its own.
const ouro::PeerId everywhere = ouro::PeerId::from_parts("0.0.0.0", 0);

asio::awaitable<int> hold(ouro::Runtime& runtime, std::size_t count, const std::function<void(std::uint16_t)>& tell,
                          double& each) {
    ouro::Responder node(runtime.get_executor(), to_all(), options());
    tell(node.interface().listen(everywhere).address.port());
    const double before = resident();
    std::size_t up = 0;
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<ouro::responder::PeerInitialized>(*event) && ++up == count)
            each = (resident() - before) / static_cast<double>(count);
        if (std::holds_alternative<ouro::responder::PeerDisconnected>(*event)) node.stop();
    }
    co_return 0;
}

asio::awaitable<int> dial_all(ouro::Runtime& runtime, std::uint16_t port, std::size_t count, double& each) {
    ouro::Initiator node(runtime.get_executor(), to_many(), options());
    const double before = resident();
    for (std::size_t i = 0; i < count; ++i) (void)node.execute(ouro::initiator::IncludePeer{address(i, port)});
    std::size_t up = 0;
    while (const auto event = co_await node.poll_next()) {
        if (!std::holds_alternative<ouro::initiator::PeerInitialized>(*event) || ++up != count) continue;
        each = (resident() - before) / static_cast<double>(count);
        node.stop();
    }
    co_return 0;
}

asio::awaitable<void> sleep(ouro::Runtime& runtime, std::chrono::milliseconds time) {
    asio::steady_timer timer(runtime.get_executor(), time);
    auto pause = timer.async_wait(asio::use_awaitable);
    co_await std::move(pause);
}

/// Waits until the peers use all connections, too, which is no event. False if they do not.
asio::awaitable<bool> used_both_ways(ouro::Runtime& runtime, ouro::FullNode& node, std::size_t count) {
    for (int tries = 0; tries < 600; ++tries) {
        while (node.try_poll_next()) {
        }
        if (node.behavior().counters().full_duplex == count) co_return true;
        co_await sleep(runtime, 100ms);
    }
    co_return false;
}

/// A node that also uses each connection that it has accepted.
asio::awaitable<int> hold_both_ways(ouro::Runtime& runtime, std::size_t count,
                                    const std::function<void(std::uint16_t)>& tell, double& each) {
    ouro::FullNode node(runtime.get_executor(), both_ways(), options());
    tell(node.interface().listen(everywhere).address.port());
    const double before = resident();
    std::size_t up = 0;
    while (const auto event = co_await node.poll_next()) {
        if (const auto* peer = std::get_if<ouro::responder::PeerInitialized>(&*event))
            (void)node.execute(ouro::initiator::IncludePeer{peer->peer});
        if (std::holds_alternative<ouro::responder::PeerDisconnected>(*event)) node.stop();
        if (!std::holds_alternative<ouro::initiator::PeerInitialized>(*event) || ++up != count) continue;
        const bool all = co_await used_both_ways(runtime, node, count);
        if (all) each = (resident() - before) / static_cast<double>(count);
    }
    co_return 0;
}

asio::awaitable<int> dial_all_both_ways(ouro::Runtime& runtime, std::uint16_t port, std::size_t count, double& each) {
    ouro::TcpOptions tcp = options();
    tcp.resolver = std::make_shared<OneAddress>(runtime.get_executor());
    ouro::FullNode node(runtime.get_executor(), both_ways(), tcp);
    const double before = resident();
    for (std::size_t i = 0; i < count; ++i) {
        const auto peer = ouro::PeerId::from_parts("peer" + std::to_string(i), port);
        (void)node.execute(ouro::initiator::IncludePeer{peer});
    }
    const bool all = co_await used_both_ways(runtime, node, count);
    if (all) each = (resident() - before) / static_cast<double>(count);
    co_await sleep(runtime, 1s);  // the other node measures, too
    node.stop();
    while (const auto event = co_await node.poll_next()) (void)event;
    co_return 0;
}

using Hold = asio::awaitable<int>(ouro::Runtime&, std::size_t, const std::function<void(std::uint16_t)>&, double&);
using Dial = asio::awaitable<int>(ouro::Runtime&, std::uint16_t, std::size_t, double&);

Footprint idle(std::size_t count, Hold& hold, Dial& dial) {
    // The server's figure comes back through a pipe of its own: `run` has room for the client's only.
    int pipe[2];
    detail::check(::pipe(pipe) == 0, "pipe");
    const auto taken = run(
        [&](const std::function<void(std::uint16_t)>& tell) {
            double each = 0;
            ouro::run([&](ouro::Runtime& runtime) { return hold(runtime, count, tell, each); });
            detail::put(pipe[1], each);
        },
        [&](std::uint16_t port) {
            Taken result;
            ouro::run([&](ouro::Runtime& runtime) { return dial(runtime, port, count, result.seconds); });
            return result;
        });
    const Footprint footprint{detail::get<double>(pipe[0]), taken.seconds};
    for (const int end : pipe) ::close(end);
    return footprint;
}

}  // namespace

Server our_server(MakeChain make) {
    return [make = std::move(make)](const std::function<void(std::uint16_t)>& tell) {
        const auto chain = make();
        ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, chain, tell); });
    };
}

Client our_follower(std::uint64_t count) {
    return [count](std::uint16_t port) {
        Taken taken;
        ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, port, count, taken); });
        return taken;
    };
}

Client our_fetcher(std::vector<ouro::initiator::RequestBlocks> ranges, std::optional<ouro::Checks> checks) {
    return [ranges = std::move(ranges), checks](std::uint16_t port) {
        Taken taken;
        ouro::run([&](ouro::Runtime& runtime) { return fetch(runtime, port, ranges, checks, taken); });
        return taken;
    };
}

Footprint idle_peers(std::size_t count) { return idle(count, hold, dial_all); }

Footprint idle_duplex_peers(std::size_t count) { return idle(count, hold_both_ways, dial_all_both_ways); }

double framing(std::size_t bytes, std::size_t payload) {
    ouro::ByteQueue item;
    ouro::cbor::Writer writer(item);
    const std::vector<std::uint8_t> content(bytes - 8, 0x55);
    writer.array(2).uint(4).bytes(content);
    const ouro::Bytes message = item.take();
    std::vector<std::uint8_t> wire;
    for (std::size_t at = 0; at < message.size(); at += payload) {
        const auto part = message.view().subspan(at, std::min(payload, message.size() - at));
        const auto header = ouro::mux::encode_header(
            {0, ouro::Channel{3}, ouro::Role::responder, static_cast<std::uint16_t>(part.size())});
        wire.insert(wire.end(), header.begin(), header.end());
        wire.insert(wire.end(), part.begin(), part.end());
    }
    const Clock clock;
    ouro::mux::Ingress ingress(ouro::Direction::outbound, [](ouro::Channel) noexcept { return std::size_t{1} << 30; });
    ingress.expect(ouro::Channel{3}, ouro::Role::initiator, 1, std::size_t{1} << 30);
    ouro::mux::Ingress::Taken taken;
    ouro::BytesView input(wire);
    if (ingress.next(input, taken) != ouro::Errc::none || taken.bytes.size() != message.size()) std::abort();
    return clock.seconds();
}

}  // namespace bench
