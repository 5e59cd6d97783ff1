#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include <ouro/behavior/visitor.hpp>

namespace ouro {

/// Counts events of a behavior's peers. The current numbers of peers are in the behavior's own counters.
class Metrics final : public PeerVisitor {
  public:
    struct Traffic {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;  ///< of received messages; zero for sent ones
    };
    struct Figures {
        std::uint64_t connections = 0;  ///< opened since the beginning
        std::uint64_t agreements = 0;
        std::uint64_t violations = 0;                                        ///< connections that ended with one
        std::map<Errc, std::uint64_t> ends;                                  ///< and failed dials, by reason
        std::map<std::pair<Temperature, Temperature>, std::uint64_t> moves;  ///< from, to
        std::map<std::pair<std::string_view, std::string_view>, Traffic> received, sent;  ///< by protocol and message
    };

    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

    void connected(const Peer& peer, Instant now) override;
    void initialized(const Peer& peer, const Agreement& agreement, Instant now) override;
    void received(const Peer& peer, Role role, const n2n::Message& message, std::size_t bytes, Instant now) override;
    void sending(const Peer& peer, Role role, const n2n::Message& message, Instant now) override;
    void disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) override;
    void moved(const PeerId& peer, Temperature from, Temperature to, Instant now) override;

  private:
    Figures figures_;
};

}  // namespace ouro
