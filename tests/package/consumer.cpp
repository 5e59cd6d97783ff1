// What a program that links us does, in short: it fails where the package gives it something that does not work.

#include <cstdio>
#include <string>

#include <ouro/base/types.hpp>
#include <ouro/version.hpp>
#ifdef WITH_ouro
#include <ouro/ouro.hpp>
#endif
#ifdef WITH_testing
#include <ouro/emulation/network.hpp>
#endif
#ifdef WITH_testing_io
#include <asio/io_context.hpp>
#include <ouro/emulation/adapter.hpp>
#include <ouro/n2n/message.hpp>
#endif
#ifdef WITH_chain
#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>
#endif

#ifdef WITH_topology
#include <ouro/names/topology.hpp>
#endif
#ifdef WITH_cares
#include <asio/io_context.hpp>
#include <ouro/interface/cares_resolver.hpp>
#endif

#ifdef WITH_feed
#include <ouro/feed/writer.hpp>
#endif

#ifdef WITH_feed_nats
#include <ouro/feed/nats.hpp>
#endif

#ifdef WITH_format
#include <ouro/format.hpp>
#endif

#ifdef WITH_prometheus
#include <asio/io_context.hpp>
#include <ouro/program/prometheus.hpp>
#endif

#ifdef WITH_spdlog
#include <ouro/spdlog.hpp>
#endif

#ifdef WITH_ouro
static asio::awaitable<int> stop_at_once(ouro::Runtime& runtime) {
    ouro::Initiator node(runtime.get_executor(), ouro::initiator::Config{});
    node.stop();
    const auto event = co_await node.poll_next();
    co_return event ? 1 : 0;
}
#endif

int main() {
    const auto peer = ouro::PeerId::parse("[2001:db8::1]:3001");
    if (!peer || peer->host() != "2001:db8::1" || peer->port() != 3001) return 1;
    std::printf("ouro %s: %s\n", std::string(ouro::version).c_str(), std::string(peer->text()).c_str());
#ifdef WITH_format
    if (fmt::format("{}", *peer) != peer->text()) return 8;
#endif
#ifdef WITH_chain
    const ouro::chain::SyntheticChain chain{{.blocks = 2}};
    const auto header = chain.header(2);
    if (!header || ouro::chain::hash_of(*header) != chain.point(2).hash()) return 2;
    std::printf("tip %s\n", to_string(chain.point(2)).c_str());
#endif
#ifdef WITH_ouro
    if (ouro::run(stop_at_once) != 0) return 3;
#endif
#ifdef WITH_testing
    ouro::emulation::SimulatedNetwork network;
    network.run_for(ouro::Duration(1));
    if (network.digest() != 0) return 4;
#endif
#ifdef WITH_testing_io
    asio::io_context context;
    ouro::emulation::Clockwork clock(context.get_executor(), network);
    const ouro::emulation::Adapter<ouro::n2n::Message> adapter(clock, *peer);
    if (adapter.now() != network.now()) return 5;
#endif
#ifdef WITH_topology
    const auto topology = ouro::Topology::parse(R"({"localRoots": [], "publicRoots": []})");
    if (!topology || topology.topology->safe_when_behind()) return 6;
#endif
#ifdef WITH_cares
    asio::io_context names;
    if (!ouro::make_cares_resolver(names.get_executor())) return 7;
#endif
#ifdef WITH_feed
    if (!ouro::feed::Writer({}).points().empty()) return 11;
#endif
#ifdef WITH_feed_nats
    if (ouro::feed::NatsSink({}).options().stream != "CARDANO_0") return 12;
#endif
#ifdef WITH_prometheus
    asio::io_context metrics;
    const ouro::PrometheusEndpoint endpoint(metrics.get_executor(), "127.0.0.1:0", [] { return ouro::Samples(); });
    if (endpoint.port() == 0) return 9;
#endif
#ifdef WITH_spdlog
    if (ouro::spdlog_level(ouro::Trace()) != spdlog::level::info) return 10;
#endif
    return 0;
}
