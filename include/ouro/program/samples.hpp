#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/behavior/local_responder_types.hpp>
#include <ouro/behavior/metrics.hpp>
#include <ouro/behavior/node_types.hpp>
#include <ouro/behavior/responder_types.hpp>

namespace ouro {

struct StreamFigures;

/// A metric, in the terms of OpenTelemetry.
struct MetricDefinition {
    /// Whether values only grow, go up and down, or are counted by size.
    enum class Kind : std::uint8_t { counter, gauge, histogram };

    std::string_view name;  ///< "ouro.messages.received"
    std::string_view unit;  ///< in UCUM: "By", "s", or what is counted, such as "{message}"
    Kind kind{};            ///< how its values behave
    std::string_view help;  ///< its description
};

/// All metrics of this library.
[[nodiscard]] std::span<const MetricDefinition> metric_definitions() noexcept;
/// The name that Prometheus has for it, with unit and kind: "ouro_messages_received_total".
[[nodiscard]] std::string prometheus_name(const MetricDefinition& metric);

/// One value of a metric.
struct Sample {
    /// A part of a histogram.
    struct Bucket {
        double limit = 0;         ///< in the unit of the metric
        std::uint64_t count = 0;  ///< of values up to the limit
    };

    const MetricDefinition* metric = nullptr;  ///< of which this is a value
    std::vector<std::pair<std::string, std::string>>
        labels{};                   ///< names and values that tell it from others of the same metric
    double value = 0;               ///< of a histogram: the sum of its values
    std::uint64_t count = 0;        ///< of a histogram
    std::vector<Bucket> buckets{};  ///< of a histogram, ascending; values above the last limit are in `count` only
};

/// The values of a program's metrics at one time, from what it has.
class Samples {
  public:
    /// Names and values of the labels of a sample, in the order in which they are written.
    using Labels = std::vector<std::pair<std::string, std::string>>;

    /// Events of peers of one kind.
    Samples& add(const Metrics& metrics) { return add(metrics.figures(), "node-to-node"); }
    /// Events of the clients of a node.
    Samples& add(const LocalMetrics& metrics) { return add(metrics.figures(), "node-to-client"); }
    /// The peers that an initiator knows.
    Samples& add(const initiator::Counters& counters, std::span<const initiator::PeerState> peers);
    /// The work of a responder.
    Samples& add(const responder::Counters& counters);
    /// The same for a server of clients.
    Samples& add(const local_responder::Counters& counters);
    /// The connections of a node that uses them in both directions.
    Samples& add(const node::Counters& counters);
    /// Sockets and their memory. Include <ouro/interface/stream.hpp> for the type.
    Samples& add(const StreamFigures& figures);
    /// A counter or gauge that is not of `metric_definitions`, such as the program's own. The definition outlives the
    /// samples.
    Samples& add(const MetricDefinition& metric, double value, Labels labels = {});

    /// The values of another part of the program, such as another thread: those of the same metric and labels are added
    /// up.
    Samples& add(const Samples& others);

    /// The values, in the order in which they were added.
    [[nodiscard]] const std::vector<Sample>& all() const noexcept { return all_; }

  private:
    Samples& add(const MetricFigures& figures, std::string_view protocols);
    void put(std::string_view name, double value, Labels labels = {});
    void put(std::string_view name, const MetricFigures::Times& times);

    std::vector<Sample> all_;
};

}  // namespace ouro
