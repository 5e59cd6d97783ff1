#include "ours.hpp"

#include <fstream>
#include <limits>

#include <ouro/cbor/writer.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/mux/ingress.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/ouro.hpp>

#include "plain.hpp"

namespace bench {

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

asio::awaitable<int> hold(ouro::Runtime& runtime, std::size_t count, const std::function<void(std::uint16_t)>& tell,
                          double& each) {
    ouro::responder::Config config;
    config.idle_timeout = {};
    config.soft_limit = 0;
    ouro::Responder node(runtime.get_executor(), config, options());
    // On every address of the loopback network: each peer dials one of its own.
    tell(node.interface().listen(ouro::PeerId::from_parts("0.0.0.0", 0)).address.port());
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
    ouro::initiator::Config config;
    config.max_events = std::numeric_limits<std::size_t>::max();
    ouro::Initiator node(runtime.get_executor(), config, options());
    const double before = resident();
    // One peer is one address: the loopback network has many.
    for (std::size_t i = 0; i < count; ++i) {
        const auto host = "127.0." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250);
        (void)node.execute(ouro::initiator::IncludePeer{ouro::PeerId::from_parts(host, port)});
    }
    std::size_t up = 0;
    while (const auto event = co_await node.poll_next()) {
        if (!std::holds_alternative<ouro::initiator::PeerInitialized>(*event) || ++up != count) continue;
        each = (resident() - before) / static_cast<double>(count);
        node.stop();
    }
    co_return 0;
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

Footprint idle_peers(std::size_t count) {
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
            ouro::run([&](ouro::Runtime& runtime) { return dial_all(runtime, port, count, result.seconds); });
            return result;
        });
    return {detail::get<double>(pipe[0]), taken.seconds};
}

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
