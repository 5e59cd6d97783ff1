#include "peer.hpp"

namespace ouro::initiator {

struct Pings {
    std::uint16_t cookie = 0;
    Instant sent_at{};
    Instant next_at = Instant::max();
};

/// Sends a ping at once, and the next one some seconds after each answer.
class KeepAlivePart : public Speaker<KeepAlive, Pings> {
  public:
    /// `parts`: informed of each round trip.
    KeepAlivePart(Desk& desk, const Parts& parts) : Speaker(desk), parts_(parts) {}

    [[nodiscard]] bool while_parting() const noexcept override { return true; }
    void ready(Peer& peer) override { ping(peer); }
    void look_at(Peer& peer) override {
        if (mine(peer).next_at <= desk_.now) ping(peer);
    }
    [[nodiscard]] Instant due(Peer& peer) override { return mine(peer).next_at; }

  private:
    /// Errors  Errc::cookie_mismatch
    Errc received(Peer& peer, KeepAlive::Message& message, KeepAlive::State) override {
        Pings& pings = mine(peer);
        const Errc error = check(KeepAlive::Ping{pings.cookie}, std::get<KeepAlive::Pong>(message));
        if (error != Errc::none) return error;
        const Duration trip = desk_.now - pings.sent_at;
        peer.round_trip = trip;
        parts_.each([&](Part& part) { part.measured(peer, trip); });
        pings.next_at = desk_.now + desk_.config.keep_alive_interval;
        desk_.watch(peer, pings.next_at);
        return Errc::none;
    }
    void ping(Peer& peer) {
        Pings& pings = mine(peer);
        pings.cookie = static_cast<std::uint16_t>(detail::next_random(desk_.random));
        pings.sent_at = desk_.now;
        pings.next_at = Instant::max();
        send(peer, KeepAlive::Ping{pings.cookie});
    }

    const Parts& parts_;
};

}  // namespace ouro::initiator

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, KeepAlive>,
                                           initiator::RequestingSide::Making& with) {
    return std::make_unique<initiator::KeepAlivePart>(with.desk, with.parts);
}

}  // namespace ouro::frame
