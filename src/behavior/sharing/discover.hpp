#pragma once

#include <deque>
#include <vector>

#include "behavior/peers/promotion.hpp"

namespace ouro::initiator {

/// Asks peers for others: those the user wants asked, and, while fewer are known than the target says, whoever may be
/// asked. In place of asking it takes at times some who have come to us. Where more are known than the target says,
/// those go of whom somebody told and who are not in use.
///
/// Source  ouroboros-network, Governor/KnownPeers.hs.
class DiscoveryPart {
  public:
    DiscoveryPart(Desk& desk, PeerBook& book, PromotionPart& promotion) noexcept
        : desk_(desk), book_(book), promotion_(promotion) {}

    /// Errors  Errc::bad_argument  no amount; Errc::queue_full  as many wait as may
    Result<CommandId> ask(CommandId id, const AskPeers& wish);
    void ready(Peer& peer);
    /// Errors  Errc::too_many_addresses
    Errc received(Peer& peer, const PeerSharing::Message& message);
    /// What is due of the peer.
    void tick(Peer& peer);
    /// What is due of the user's asks.
    void tick();
    /// The peer's connection is at its end.
    void gone(Peer& peer, Errc reason);
    /// Nobody will know the peer any more.
    void forgotten(Peer& peer);
    void stop();

    /// Asks whom it may, where more shall be known.
    void decide();
    /// There may be somebody to forget.
    void stir() noexcept { stirred_ = true; }
    /// Who is known beyond the target and shall be forgotten now: drawn, who has failed more often rather than others.
    [[nodiscard]] std::vector<Peer*> surplus();
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;

  private:
    struct Ask {
        CommandId command{};
        PeerId peer;
        std::uint8_t amount = 0;
        Instant give_up{};
        bool sent = false;
    };

    [[nodiscard]] std::size_t missing() const noexcept;
    bool take_inbound();
    bool learn(const PeerId& id);
    void send(Peer& peer, std::uint8_t amount);
    void send_next(Peer& peer);
    template <class Which>
    void fail(Which which, Errc reason);

    Desk& desk_;
    PeerBook& book_;
    PromotionPart& promotion_;
    std::deque<Ask> asks_;        // the first one gives up first
    std::vector<Peer*> askable_;  // of our own accord
    std::vector<Peer*> learnt_;   // of whom somebody has told
    std::size_t underway_ = 0;    // of our own accord, and not late
    Instant inbound_at_ = Instant::min();
    std::size_t looked_for_ = 0;  // the target of known peers when somebody was last looked for to forget
    bool stirred_ = false;
};

}  // namespace ouro::initiator
