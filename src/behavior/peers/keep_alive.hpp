#pragma once

#include "peer.hpp"

namespace ouro::initiator {

/// A ping at once, and the next one some seconds after each answer.
class KeepAlivePart {
  public:
    explicit KeepAlivePart(Desk& desk) noexcept : desk_(desk) {}

    void ready(Peer& peer) { ping(peer); }
    /// Errors  Errc::cookie_mismatch
    Errc received(Peer& peer, const KeepAlive::Message& message) {
        const Errc error = check(KeepAlive::Ping{peer.cookie}, std::get<KeepAlive::Pong>(message));
        if (error != Errc::none) return error;
        peer.round_trip = desk_.now - peer.pinged_at;
        peer.blocks.estimate.round_trip(*peer.round_trip);
        peer.ping_at = desk_.now + desk_.config.keep_alive_interval;
        return Errc::none;
    }
    void tick(Peer& peer) {
        if (peer.ping_at <= desk_.now) ping(peer);
    }

  private:
    void ping(Peer& peer) {
        peer.cookie = static_cast<std::uint16_t>(detail::next_random(desk_.random));
        peer.pinged_at = desk_.now;
        peer.ping_at = Instant::max();
        desk_.send<KeepAlive>(peer, KeepAlive::Ping{peer.cookie});
    }

    Desk& desk_;
};

}  // namespace ouro::initiator
