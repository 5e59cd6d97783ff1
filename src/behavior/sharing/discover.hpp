#pragma once

#include <deque>
#include <vector>

#include "behavior/peers/promotion.hpp"

namespace ouro::initiator {

/// The requests to a peer, and when it may be asked.
struct Sharing {
    std::uint8_t asked_for = 0;
    Instant ask_at = Instant::max();     ///< not asked before then
    Instant answer_by = Instant::max();  ///< of a request by the behavior itself
};

/// Discovers peers: sends the user's requests, and requests of its own while fewer peers are known than the target. At
/// times it takes peers that have connected to this node instead. Above the target, learnt peers that are not in use
/// are forgotten.
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
    /// Ends requests of the user that have timed out.
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;

    /// Asks peers while fewer are known than the target.
    void decide();
    /// There may be peers to forget.
    void stir() noexcept { stirred_ = true; }
    /// Learnt peers above the target, to be forgotten now: chosen at random, more often those with more failures.
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
    Result<CommandId> ask(CommandId id, const AskPeers& asked);
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
    std::deque<Ask> asks_;        // in the order of their time-outs
    std::vector<Peer*> askable_;  // by the behavior itself
    std::vector<Peer*> learnt_;   // learnt through peer sharing
    std::size_t underway_ = 0;    // requests of the behavior itself that are not late
    Instant inbound_at_ = Instant::min();
    std::size_t looked_for_ = 0;  // the target of known peers at the last search for peers to forget
    bool stirred_ = false;
};

}  // namespace ouro::initiator
