#include <ouro/n2c/message.hpp>

#include <ouro/n2c/query_rules.hpp>

namespace ouro::n2c {

namespace {

bool immutable(const LocalStateQuery::Target& target) noexcept {
    return std::holds_alternative<LocalStateQuery::ImmutableTip>(target);
}

}  // namespace

bool allowed(Version version, const Message& message) noexcept {
    if (const auto* monitor = message.as<LocalTxMonitor>())
        return !std::holds_alternative<LocalTxMonitor::GetMeasures>(*monitor) || has(version, Feature::measures);
    if (const auto* query = message.as<LocalStateQuery>()) {
        const auto* acquire = std::get_if<LocalStateQuery::Acquire>(query);
        const auto* again = std::get_if<LocalStateQuery::ReAcquire>(query);
        if ((acquire && immutable(acquire->target)) || (again && immutable(again->target)))
            return has(version, Feature::acquire_immutable_tip);
        if (const auto* asked = std::get_if<LocalStateQuery::Query>(query)) return answered(version, asked->cbor);
    }
    return true;
}

}  // namespace ouro::n2c
