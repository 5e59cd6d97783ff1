#pragma once

#include <span>

#include <ouro/feed/feeder.hpp>
#include <ouro/program/samples.hpp>

namespace ouro::feed {

/// The metrics of a feeder, which are not in `ouro::metric_definitions`.
[[nodiscard]] std::span<const MetricDefinition> metric_definitions() noexcept;

/// Adds their present values. A value that the feeder does not know is left out: the lag while it does not follow the
/// chain, and the time behind while it is on standby.
void add(Samples& samples, const Feeder& feeder);

}  // namespace ouro::feed
