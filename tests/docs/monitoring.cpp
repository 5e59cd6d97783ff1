// The program of docs/monitoring.md: a node whose metrics Prometheus can read.

#include <asio/io_context.hpp>
#include <cstdio>

#include <ouro/program/node.hpp>
#include <ouro/program/prometheus.hpp>
#include <ouro/program/samples.hpp>

int main() {
    asio::io_context context;
    const auto executor = context.get_executor();
    const std::string address = "127.0.0.1:0";
    // [endpoint]
    ouro::NodeOptions options;
    options.metrics = true;
    ouro::Node node(executor, ouro::mainnet, options);
    ouro::PrometheusEndpoint endpoint(executor, address, [&] { return node.samples(); });
    // [/endpoint]
    context.poll();
    std::printf("metrics at http://127.0.0.1:%u/metrics\n", static_cast<unsigned>(endpoint.port()));
    return endpoint.port() == 0 ? 1 : 0;
}
