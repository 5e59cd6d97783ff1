#pragma once

// What watches the connections of a program: metrics for `--metrics`, and a log for `-v`.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#ifdef OURO_EXAMPLES_PROMETHEUS
#include <ouro/program/prometheus.hpp>
#endif
#include <ouro/program/samples.hpp>

#include "cli.hpp"

namespace cli {

/// Serves the metrics of a program, if `--metrics` is given.
class MetricsOption {
  public:
    void option(CLI::App& app) {
        app.add_option("--metrics", text_,
                       "serve metrics to Prometheus at this ADDRESS:PORT; port 0 chooses a free one");
    }
    /// Reads what CLI11 does not know how to.
    void finish() const {
        if (text_.empty()) return;
#ifndef OURO_EXAMPLES_PROMETHEUS
        throw CLI::ValidationError("--metrics", "this program was built without prometheus-cpp");
#endif
        if (!ouro::parse_listen_address(text_))
            throw CLI::ValidationError("--metrics", ouro::printable(text_) + " is not address:port");
    }
    [[nodiscard]] bool on() const { return !text_.empty(); }

    using Read = std::function<ouro::Samples()>;
    using Part = std::pair<asio::any_io_executor, Read>;

    /// Serves what `read` returns until the object is destroyed. Throws where the address cannot be taken.
    [[nodiscard]] std::shared_ptr<void> serve(const asio::any_io_executor& executor, const Output& out,
                                              Read read) const {
        return serve({Part(executor, std::move(read))}, out);
    }
    /// The same of several threads, added up.
    [[nodiscard]] std::shared_ptr<void> serve([[maybe_unused]] std::vector<Part> parts,
                                              [[maybe_unused]] const Output& out) const {
#ifdef OURO_EXAMPLES_PROMETHEUS
        if (!on()) return nullptr;
        auto endpoint = std::make_shared<ouro::PrometheusEndpoint>(std::move(parts), text_);
        const std::string url =
            "http://" + text_.substr(0, text_.rfind(':')) + ":" + std::to_string(endpoint->port()) + "/metrics";
        out.result({{"event", "metrics"}, {"url", url}}, "");
        out.note("metrics at " + url);
        return endpoint;
#else
        return nullptr;
#endif
    }

  private:
    std::string text_;
};

/// Adds a log of all that peers do to the config of a behavior, with `-v`.
void trace(auto& config, const Output& out) {
    if (!out.verbose()) return;
    const auto sink = [&out](const ouro::Trace& trace) { out.note(to_string(trace)); };
    if constexpr (requires { config.visitors.push_back(std::shared_ptr<ouro::Tracer>()); })
        config.visitors.push_back(std::make_shared<ouro::Tracer>(sink));
    else
        config.visitors.push_back(std::make_shared<ouro::LocalTracer>(sink));
}

}  // namespace cli
