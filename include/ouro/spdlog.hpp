#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <utility>

#include <ouro/behavior/tracer.hpp>

namespace ouro {

/// The level of a trace: broken rules are warnings, messages are for debugging, and all else is information.
[[nodiscard]] inline spdlog::level::level_enum spdlog_level(const Trace& trace) noexcept {
    if (trace.violation.rule != Errc::none) return spdlog::level::warn;
    return trace.message.empty() ? spdlog::level::info : spdlog::level::debug;
}

/// A sink of a `Tracer` or `LocalTracer` that writes to a logger of spdlog. Link spdlog::spdlog, or the component
/// ouro::spdlog, which does. Wrap nothing around it: a logger without a level for the trace costs one comparison.
[[nodiscard]] inline std::function<void(const Trace&)> spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
    return [logger = std::move(logger)](const Trace& trace) {
        const auto level = spdlog_level(trace);
        if (logger->should_log(level)) logger->log(level, to_string(trace));
    };
}

}  // namespace ouro
