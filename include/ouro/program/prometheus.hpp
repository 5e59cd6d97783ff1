#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>

#include <ouro/program/samples.hpp>

namespace ouro {

/// Serves a program's metrics to Prometheus: HTTP at `/metrics`, on threads of its own. It needs the component
/// ouro::prometheus.
///
/// Each scrape calls `read` on the executor and waits for it, two seconds at most; after that it answers without
/// values.
///
/// Lifetimes  Construct and destroy it on the executor, or the first one, and not within `read`. The contexts must
///            outlive it. `read` is not called after the destructor.
class PrometheusEndpoint {
  public:
    /// Returns the present values.
    using Read = std::function<Samples()>;
    /// A part of a program with several threads: `read` is called on the executor, one part at a time.
    using Part = std::pair<asio::any_io_executor, Read>;

    /// `address`: `v4:port` or `[v6]:port`; port 0: any free one. It has neither TLS nor a password: listen on loopback
    /// or a private network.
    /// Throws `std::runtime_error` if the address cannot be taken.
    PrometheusEndpoint(const asio::any_io_executor& executor, const std::string& address, Read read);
    /// Serves the values of all parts, added up. A scrape for which one of them does not answer in time has no values.
    PrometheusEndpoint(std::vector<Part> parts, const std::string& address);
    PrometheusEndpoint(const PrometheusEndpoint&) = delete;
    PrometheusEndpoint& operator=(const PrometheusEndpoint&) = delete;
    ~PrometheusEndpoint();

    /// The port that was taken.
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
