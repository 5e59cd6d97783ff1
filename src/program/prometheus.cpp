#include <ouro/program/prometheus.hpp>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ouro {

namespace {

using Families = std::vector<prometheus::MetricFamily>;

prometheus::MetricType type_of(MetricDefinition::Kind kind) noexcept {
    switch (kind) {
        case MetricDefinition::Kind::counter: return prometheus::MetricType::Counter;
        case MetricDefinition::Kind::gauge: return prometheus::MetricType::Gauge;
        case MetricDefinition::Kind::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric metric_of(const Sample& sample) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    metric.counter.value = metric.gauge.value = sample.value;
    metric.histogram.sample_sum = sample.value;
    metric.histogram.sample_count = sample.count;
    for (const Sample::Bucket& bucket : sample.buckets) metric.histogram.bucket.push_back({bucket.count, bucket.limit});
    metric.histogram.bucket.push_back({sample.count, std::numeric_limits<double>::infinity()});
    return metric;
}

/// The samples of a metric have to be together.
Families families_of(const std::vector<Sample>& samples) {
    std::map<const MetricDefinition*, prometheus::MetricFamily> all;
    for (const Sample& sample : samples) {
        prometheus::MetricFamily& family = all[sample.metric];
        if (family.metric.empty())
            family = {
                prometheus_name(*sample.metric), std::string(sample.metric->help), type_of(sample.metric->kind), {}};
        family.metric.push_back(metric_of(sample));
    }
    Families result;
    for (auto& [definition, family] : all) result.push_back(std::move(family));
    return result;
}

}  // namespace

namespace detail {

/// Reads the values of each part on its executor, for a thread of the server that waits for them.
class MetricsReader final : public prometheus::Collectable, public std::enable_shared_from_this<MetricsReader> {
  public:
    explicit MetricsReader(std::vector<PrometheusEndpoint::Part> parts) : parts_(std::move(parts)) {}

    Families Collect() const override {
        constexpr auto patience = std::chrono::seconds(2);
        const auto scrape = std::make_shared<Scrape>(Scrape{{}, parts_.size()});
        std::unique_lock lock(mutex_);
        if (closed_) return {};
        for (const auto& part : parts_)
            asio::post(part.first, [self = shared_from_this(), &part, scrape] { self->read(part, *scrape); });
        changed_.wait_for(lock, patience, [&] { return closed_ || scrape->missing == 0; });
        return scrape->missing == 0 ? families_of(scrape->values.all()) : Families();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

  private:
    struct Scrape {
        Samples values;
        std::size_t missing;  // parts that have not answered
    };

    void read(const PrometheusEndpoint::Part& part, Scrape& scrape) const {
        const std::lock_guard lock(mutex_);  // also while it reads: `close` waits for that
        if (closed_) return;
        scrape.values.add(part.second());
        if (--scrape.missing == 0) changed_.notify_all();
    }

    std::vector<PrometheusEndpoint::Part> parts_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool closed_ = false;
};

}  // namespace detail

struct PrometheusEndpoint::Impl {
    Impl(std::vector<Part> parts, const std::string& address)
        : reader(std::make_shared<detail::MetricsReader>(std::move(parts))), exposer(address) {
        exposer.RegisterCollectable(reader);
    }

    std::shared_ptr<detail::MetricsReader> reader;
    prometheus::Exposer exposer;
};

PrometheusEndpoint::PrometheusEndpoint(const asio::any_io_executor& executor, const std::string& address, Read read)
    : PrometheusEndpoint({Part(executor, std::move(read))}, address) {}

PrometheusEndpoint::PrometheusEndpoint(std::vector<Part> parts, const std::string& address) {
    try {
        impl_ = std::make_unique<Impl>(std::move(parts), address);
    } catch (const std::exception& error) {
        throw std::runtime_error("metrics cannot be served at " + address + ": " + error.what());
    }
}

PrometheusEndpoint::~PrometheusEndpoint() { impl_->reader->close(); }

std::uint16_t PrometheusEndpoint::port() const {
    return static_cast<std::uint16_t>(impl_->exposer.GetListeningPorts().front());
}

}  // namespace ouro
