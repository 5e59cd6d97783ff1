#pragma once

#include <deque>
#include <vector>

#include "behavior/peers/promotion.hpp"

namespace ouro::initiator {

/// What a peer was asked for, and when it may be asked.
struct Sharing {
    std::uint8_t asked_for = 0;
    Instant ask_at = Instant::max();     ///< it may not be asked before then
    Instant answer_by = Instant::max();  ///< of a request that the user did not make
};

/// Asks peers for others: those the user wants asked, and, while fewer are known than the target says, whoever may be
/// asked. In place of asking it takes at times some who have come to us. Where more are known than the target says,
/// those go of whom somebody told and who are not in use.
///
/// Source  ouroboros-network, Governor/KnownPeers.hs.
class DiscoveryPart : public Speaker<PeerSharing, Sharing> {
  public:
    DiscoveryPart(Desk& desk, PeerBook& book, PromotionPart& promotion)
        : Speaker(desk), book_(book), promotion_(promotion) {}

    void ready(Peer& peer) override;
    void gone(Peer& peer, const Ending& ending) override;
    void forgotten(Peer& peer) override;
    void look_at(Peer& peer) override;
    [[nodiscard]] Instant due(Peer& peer) override { return std::min(mine(peer).ask_at, mine(peer).answer_by); }
    /// Ends requests of the user whose time is over.
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;

    /// Asks whom it may, where more shall be known.
    void decide();
    /// There may be somebody to forget.
    void stir() noexcept { stirred_ = true; }
    /// Who is known beyond the target and shall be forgotten now: drawn, who has failed more often rather than others.
    [[nodiscard]] std::vector<Peer*> surplus();
    [[nodiscard]] Instant next_deadline() const noexcept override;

  private:
    struct Ask {
        CommandId command{};
        PeerId peer;
        std::uint8_t amount = 0;
        Instant give_up{};
        bool sent = false;
    };

    /// Errors  Errc::bad_argument  no amount; Errc::queue_full  too many requests wait
    Result<CommandId> ask(CommandId id, const AskPeers& wish);
    /// Errors  Errc::too_many_addresses
    Errc received(Peer& peer, PeerSharing::Message& message, PeerSharing::State before) override;
    [[nodiscard]] std::size_t missing() const noexcept;
    bool take_inbound();
    bool learn(const PeerId& id);
    void request(Peer& peer, std::uint8_t amount);
    void send_next(Peer& peer);
    template <class Which>
    void fail(Which which, Errc reason);

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
