#include <ouro/feed/metrics.hpp>

#include <array>
#include <chrono>

namespace ouro::feed {

namespace {

using Metric = MetricDefinition::Kind;

constexpr MetricDefinition events{"ouro.feed.events", "{event}", Metric::counter, "Events that the broker has stored."};
constexpr MetricDefinition blocks{"ouro.feed.blocks", "{block}", Metric::counter, "Applied blocks of these."};
constexpr MetricDefinition bytes{"ouro.feed.blocks.size", "By", Metric::counter, "Bytes of these blocks."};
constexpr MetricDefinition rollbacks{"ouro.feed.rollbacks", "{rollback}", Metric::counter,
                                     "Rollbacks and resets of the stored events."};
constexpr MetricDefinition retries{"ouro.feed.retries", "{retry}", Metric::counter,
                                   "Failures after which the end of the stream was read again."};
constexpr MetricDefinition takeovers{"ouro.feed.takeovers", "{takeover}", Metric::counter,
                                     "Times that this feeder became the writer after another one."};
constexpr MetricDefinition writing{"ouro.feed.writing", "1", Metric::gauge,
                                   "1 while this feeder writes, 0 on standby and without the broker."};
constexpr MetricDefinition waiting{"ouro.feed.waiting", "By", Metric::gauge,
                                   "Events that were sent to the broker and are not stored yet."};
constexpr MetricDefinition lag{"ouro.feed.lag", "{block}", Metric::gauge,
                               "Blocks of the followed chain that the stream does not have."};
constexpr MetricDefinition behind{"ouro.feed.lag.time", "s", Metric::gauge,
                                  "Time since the stream had every block of the followed chain; 0 while it has."};

constexpr std::array definitions{events, blocks, bytes, rollbacks, retries, takeovers, writing, waiting, lag, behind};

}  // namespace

std::span<const MetricDefinition> metric_definitions() noexcept { return definitions; }

void add(Samples& samples, const Feeder& feeder) {
    const auto count = [&](const MetricDefinition& metric, std::uint64_t value) {
        samples.add(metric, static_cast<double>(value));
    };
    const Counters& counters = feeder.counters();
    count(events, counters.events);
    count(blocks, counters.blocks);
    count(bytes, counters.bytes);
    count(rollbacks, counters.rollbacks);
    count(retries, counters.retries);
    count(takeovers, counters.takeovers);
    const Status status = feeder.status();
    count(writing, status.state == State::writing || status.state == State::current ? 1 : 0);
    count(waiting, status.waiting_bytes);
    if (status.lag) count(lag, *status.lag);
    if (status.behind) samples.add(behind, std::chrono::duration<double>(*status.behind).count());
}

}  // namespace ouro::feed
