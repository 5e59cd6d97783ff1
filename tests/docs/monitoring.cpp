// The program of docs/monitoring.md: a node whose metrics Prometheus can read.

#include <asio/io_context.hpp>
#include <cstdio>

#include <ouro/ouro.hpp>
#include <ouro/program/prometheus.hpp>

int main() {
    asio::io_context context;
    const auto executor = context.get_executor();
    const std::string address = "127.0.0.1:0";
    // [endpoint]
    const auto metrics = std::make_shared<ouro::Metrics>();
    ouro::NodeOptions options;
    options.configure = [&](ouro::node::Config& config, ouro::TcpOptions&) {
        config.initiator.visitors.push_back(metrics);
    };
    ouro::Node node(executor, ouro::mainnet, options);
    ouro::PrometheusEndpoint endpoint(executor, address, [&] {
        ouro::Samples samples;
        samples.add(*metrics);
        return samples;
    });
    // [/endpoint]
    context.poll();
    std::printf("metrics at http://127.0.0.1:%u/metrics\n", static_cast<unsigned>(endpoint.port()));
    return endpoint.port() == 0 ? 1 : 0;
}
