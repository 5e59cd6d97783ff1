#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/streambuf.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <limits>
#include <memory>

#include <unistd.h>

#include <ouro/ouro.hpp>

#include "bench/compare/chain.hpp"
#include "bench/compare/peer.hpp"
#include "bench/measure.hpp"

namespace compare {

namespace {

using bench::Clock;

/// The origin where nothing else is said.
ouro::Point from(const Options& options) { return ouro::Point::parse(options.from).value_or(ouro::Point{}); }

ouro::BlockPoint block_point(const std::string& text) {
    const auto point = ouro::Point::parse(text);
    if (!point) throw std::runtime_error(text + " is not a point");
    return {point->slot(), point->hash()};
}

ouro::initiator::Config config(const Options& options) {
    ouro::initiator::Config config;
    config.offer.data.magic = ouro::NetworkMagic{options.magic};
    if (options.window != 0) config.sync_window = config.requests_in_flight = options.window;
    return config;
}

/// Throws if the event reports the loss of a connection.
void check(const ouro::initiator::Event& event) {
    if (const auto* lost = std::get_if<ouro::initiator::PeerDisconnected>(&event))
        throw std::runtime_error("the connection was lost: " + std::string(ouro::name(lost->reason)));
}

ouro::Result<ouro::PeerId> peer(const Options& options) { return ouro::PeerId::parse(options.peer); }

/// The port of `peer` on an address of its own: one peer is one address, and the loopback network has many.
ouro::PeerId neighbour(const Options& options, std::uint64_t index) {
    const auto host = "127." + std::to_string(1 + index / 62'500) + "." + std::to_string(1 + index / 250 % 250) + "." +
                      std::to_string(1 + index % 250);
    return ouro::PeerId::from_parts(host, peer(options)->port());
}

/// Each name is the server's address: so many peers dial one address. Were it as many addresses, the system would give
/// one port to several connections, and a server that tells its peers by address and port would close all but the last.
class OneAddress final : public ouro::Resolver {
  public:
    OneAddress(asio::any_io_executor executor, std::string address)
        : executor_(std::move(executor)), address_(std::move(address)) {}

    void resolve(const std::string&, Done done) override {
        asio::post(executor_, [done = std::move(done), address = address_] { done({}, {address}); });
    }

  private:
    asio::any_io_executor executor_;
    std::string address_;
};

/// The round trips of keep-alive as they pass by.
class RoundTrips final : public ouro::PeerVisitor {
  public:
    std::vector<double> seconds;

    void sending(const Peer&, ouro::Role, const ouro::n2n::Message& message, ouro::Instant) override {
        if (message.channel() == ouro::KeepAlive::channel) asked_ = Clock{};
    }
    void received(const Peer&, ouro::Role, const ouro::n2n::Message& message, std::size_t, ouro::Instant) override {
        if (message.channel() == ouro::KeepAlive::channel) seconds.push_back(asked_.seconds());
    }

  private:
    Clock asked_;
};

}  // namespace

asio::awaitable<void> end_of_input(asio::any_io_executor executor) {
    asio::posix::stream_descriptor input(executor, ::dup(STDIN_FILENO));
    asio::streambuf buffer;
    asio::error_code ended;
    co_await asio::async_read(input, buffer, asio::redirect_error(asio::use_awaitable, ended));
}

namespace {

std::unique_ptr<ouro::Responder> make_server(ouro::Runtime& runtime, const Options& options) {
    ouro::responder::Config config;
    config.offer.data.magic = ouro::NetworkMagic{options.magic};
    config.chain = std::make_shared<CyclicChain>(options.chain);
    config.soft_limit = 0;  // as many as there are sockets
    ouro::TcpOptions tcp;
    constexpr std::size_t any = 1'000'000;
    tcp.accept = {any, any, ouro::Duration::zero()};
    tcp.max_per_address = 0;
    return std::make_unique<ouro::Responder>(runtime.get_executor(), config, tcp);
}

ouro::PeerId listen(ouro::Responder& node, const Options& options) {
    const auto bound = node.interface().listen(*ouro::parse_listen_address(options.listen));
    if (!bound) throw std::system_error(bound.error);
    return bound.address;
}

}  // namespace

asio::awaitable<int> both(ouro::Runtime& runtime, Options options, Job job) {
    const auto server = make_server(runtime, options);
    options.peer = listen(*server, options).text();
    const auto attend = [&]() -> asio::awaitable<void> {
        while (const auto event = co_await server->poll_next()) {
        }
    };
    ouro::spawn(runtime.get_executor(), attend());
    const int code = co_await job(runtime, options);
    server->stop();
    co_return code;
}

asio::awaitable<int> serve(ouro::Runtime& runtime, const Options& options) {
    const auto server = make_server(runtime, options);
    ouro::Responder& node = *server;
    tell({{"event", "listening"}, {"address", listen(node, options).text()}});
    const auto stop = [&]() -> asio::awaitable<void> {
        co_await end_of_input(runtime.get_executor());
        node.stop();
    };
    ouro::spawn(runtime.get_executor(), stop());
    while (const auto event = co_await node.poll_next()) {
    }
    co_return 0;
}

asio::awaitable<int> measure_sync(ouro::Runtime& runtime, const Options& options) {
    ouro::Initiator node(runtime.get_executor(), config(options));
    (void)node.execute(ouro::initiator::IncludePeer{*peer(options)});
    Clock clock;
    std::uint64_t seen = 0;
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<ouro::initiator::PeerInitialized>(*event)) {
            clock = {};
            (void)node.execute(ouro::initiator::StartSync{{from(options)}});
        } else if (std::holds_alternative<ouro::initiator::RollForward>(*event) && ++seen == options.count) {
            tell_took(clock.seconds(), seen);
            co_return 0;
        }
        check(*event);
    }
    co_return 1;
}

asio::awaitable<int> measure_fetch(ouro::Runtime& runtime, const Options& options) {
    auto fetching = config(options);
    fetching.max_requests = options.count;
    ouro::Initiator node(runtime.get_executor(), fetching);
    (void)node.execute(ouro::initiator::IncludePeer{*peer(options)});
    Clock clock;
    std::uint64_t bytes = 0, over = 0;
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<ouro::initiator::PeerInitialized>(*event)) {
            clock = {};
            for (std::uint64_t i = 0; i < options.count; ++i)
                (void)node.execute(ouro::initiator::RequestBlocks{block_point(options.from), block_point(options.to)});
        } else if (const auto* block = std::get_if<ouro::initiator::BlockReceived>(&*event)) {
            bytes += block->block.size();
        } else if (std::holds_alternative<ouro::initiator::RangeDone>(*event) && ++over == options.count) {
            tell_took(clock.seconds(), bytes);
            co_return 0;
        }
        check(*event);
    }
    co_return 1;
}

asio::awaitable<int> measure_keep_alive(ouro::Runtime& runtime, const Options& options) {
    const auto trips = std::make_shared<RoundTrips>();
    auto visited = config(options);
    visited.keep_alive_interval = ouro::Duration::zero();
    visited.visitors.push_back(trips);
    ouro::Initiator node(runtime.get_executor(), visited);
    (void)node.execute(ouro::initiator::IncludePeer{*peer(options)});
    // No event reports an answered keep-alive.
    asio::steady_timer timer(runtime.get_executor());
    while (trips->seconds.size() < options.count) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
        while (const auto event = node.try_poll_next()) check(*event);
    }
    tell_round_trips(trips->seconds);
    co_return 0;
}

asio::awaitable<int> measure_connect(ouro::Runtime& runtime, const Options& options) {
    ouro::Initiator node(runtime.get_executor(), config(options));
    const Clock clock;
    std::uint64_t up = 0;
    (void)node.execute(ouro::initiator::IncludePeer{neighbour(options, up)});
    while (const auto event = co_await node.poll_next()) {
        if (!std::holds_alternative<ouro::initiator::PeerInitialized>(*event)) continue;
        (void)node.execute(ouro::initiator::DemotePeer{neighbour(options, up)});
        if (++up == options.count) {
            tell_took(clock.seconds(), up);
            co_return 0;
        }
        (void)node.execute(ouro::initiator::IncludePeer{neighbour(options, up)});
    }
    co_return 1;
}

asio::awaitable<int> measure_followers(ouro::Runtime& runtime, const Options& options) {
    std::deque<ouro::Initiator> nodes;
    std::uint64_t ready = 0, over = 0;
    Clock clock;
    auto credited = config(options);
    credited.automatic = false;  // so that none takes more than its part
    const auto at_once = std::min<std::uint64_t>(credited.sync_window, options.count);
    const auto follow = [&](ouro::Initiator& node) -> asio::awaitable<void> {
        std::uint64_t seen = 0, asked = at_once;
        while (const auto event = co_await node.poll_next()) {
            if (std::holds_alternative<ouro::initiator::PeerInitialized>(*event) && ++ready == options.peers) {
                clock = {};
                for (auto& each : nodes) {
                    (void)each.execute(ouro::initiator::StartSync{{from(options)}});
                    (void)each.execute(ouro::initiator::ContinueSync{static_cast<std::uint32_t>(at_once)});
                }
            } else if (std::holds_alternative<ouro::initiator::RollForward>(*event)) {
                if (asked++ < options.count) (void)node.execute(ouro::initiator::ContinueSync{1});
                if (++seen == options.count) ++over;
            }
            if (over < options.peers) check(*event);
        }
    };
    for (std::uint64_t i = 0; i < options.peers; ++i) {
        auto& node = nodes.emplace_back(runtime.get_executor(), credited);
        (void)node.execute(ouro::initiator::IncludePeer{*peer(options)});
        ouro::spawn(runtime.get_executor(), follow(node));
    }
    asio::steady_timer timer(runtime.get_executor());
    double seconds = 0;
    while (over < options.peers) {
        timer.expires_after(std::chrono::milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
        seconds = clock.seconds();
    }
    tell_took(seconds, options.peers * options.count);
    co_await end_of_input(runtime.get_executor());  // its server's memory is looked at meanwhile
    co_return 0;
}

asio::awaitable<int> hold(ouro::Runtime& runtime, const Options& options) {
    auto idle = config(options);
    idle.max_events = std::numeric_limits<std::size_t>::max();
    idle.max_known = options.peers;
    const auto server = *peer(options);
    ouro::TcpOptions tcp;
    tcp.resolver = std::make_shared<OneAddress>(runtime.get_executor(), std::string(server.host()));
    ouro::Initiator node(runtime.get_executor(), idle, tcp);
    // A server that is dialled by all of them at once does not come to each handshake in time.
    constexpr std::uint64_t at_once = 250;
    std::uint64_t dialled = 0, up = 0;
    const auto dial = [&] {
        if (dialled == options.peers) return;
        const auto name = "peer" + std::to_string(dialled++);
        (void)node.execute(ouro::initiator::IncludePeer{ouro::PeerId::from_parts(name, server.port())});
    };
    for (std::uint64_t i = 0; i < at_once; ++i) dial();
    const auto count = [&]() -> asio::awaitable<void> {
        while (const auto event = co_await node.poll_next()) {
            check(*event);
            if (!std::holds_alternative<ouro::initiator::PeerInitialized>(*event)) continue;
            dial();
            if (++up == options.peers) tell({{"event", "held"}, {"peers", up}});
        }
    };
    ouro::spawn(runtime.get_executor(), count());
    co_await end_of_input(runtime.get_executor());
    co_return 0;
}

}  // namespace compare
