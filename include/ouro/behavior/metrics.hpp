#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <ouro/behavior/local_visitor.hpp>
#include <ouro/behavior/visitor.hpp>

namespace ouro {

/// Counts of events since the beginning.
struct MetricFigures {
    struct Traffic {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;  ///< of received messages; zero for sent ones
    };
    /// A distribution of times.
    struct Times {
        static constexpr std::array<Duration, 11> limits{1ms,   5ms,   10ms, 25ms,   50ms, 100ms,
                                                         250ms, 500ms, 1s,   2500ms, 10s};
        std::array<std::uint64_t, limits.size()> buckets{};  ///< up to each limit, and above the one before it
        std::uint64_t count = 0;
        Duration sum{};

        void add(Duration time) noexcept;
    };

    std::uint64_t connections = 0;  ///< opened
    std::unordered_set<ConnectionId> open;
    std::uint64_t agreements = 0;
    std::uint64_t violations = 0;                                        ///< connections that ended with one
    std::map<Errc, std::uint64_t> ends;                                  ///< and failed dials, by reason
    std::map<std::pair<Temperature, Temperature>, std::uint64_t> moves;  ///< from, to; between nodes
    std::map<std::pair<std::string_view, std::string_view>, Traffic> received, sent;  ///< by protocol and message
    Times round_trips;                                                                ///< of our keep-alives
};

/// Counts events of a behavior's peers. The current numbers of peers are in the behavior's own counters. `Samples`
/// makes values of all of them, for `PrometheusEndpoint` for example.
class Metrics final : public PeerVisitor {
  public:
    using Figures = MetricFigures;
    using Traffic = MetricFigures::Traffic;

    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

    void connected(const Peer& peer, Instant now) override;
    void initialized(const Peer& peer, const Agreement& agreement, Instant now) override;
    void received(const Peer& peer, Role role, const n2n::Message& message, std::size_t bytes, Instant now) override;
    void sending(const Peer& peer, Role role, const n2n::Message& message, Instant now) override;
    void disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) override;
    void moved(const PeerId& peer, Temperature from, Temperature to, Instant now) override;

  private:
    Figures figures_;
    std::unordered_map<ConnectionId, Instant> pings_;  // that are not answered
};

/// The same between a node and its clients, on either side.
class LocalMetrics final : public LocalVisitor {
  public:
    [[nodiscard]] const MetricFigures& figures() const noexcept { return figures_; }

    void connected(const Peer& peer, Instant now) override;
    void initialized(const Peer& peer, const Agreement& agreement, Instant now) override;
    void received(const Peer& peer, Role role, const n2c::Message& message, std::size_t bytes, Instant now) override;
    void sending(const Peer& peer, Role role, const n2c::Message& message, Instant now) override;
    void disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) override;

  private:
    MetricFigures figures_;
};

}  // namespace ouro
