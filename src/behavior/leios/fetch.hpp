#pragma once

#include <list>
#include <vector>

#include "behavior/peers/book.hpp"

namespace ouro::initiator {

/// A request for an endorser block or its transactions, waiting or with a peer.
struct EbRequest {
    CommandId command{};
    BlockPoint block;
    std::optional<LeiosBitmap> wanted;  ///< empty: the block itself
    PeerId from;                        ///< empty: any peer that has it
    bool offered = false;               ///< a peer has offered it: only peers that offer it are asked
    Instant give_up = Instant::max();   ///< when it fails without a peer to ask
    std::size_t bytes = 0;              ///< of the peer's answer, estimated
    std::uint32_t losses = 0;           ///< peers without an offer that disconnected when they were asked
};

/// An offer of a peer.
struct EbOffer {
    BlockPoint block;
    bool txs = false;         ///< the block's transactions, not the block
    std::uint32_t bytes = 0;  ///< of the block
};

/// The offers of a peer, and the requests to it.
struct EbLane {
    detail::Fifo<EbOffer> offers;  ///< the newest ones
    std::list<EbRequest> in_flight;
    std::size_t bytes = 0;  ///< of the answers in flight
    bool paused = false;    ///< not read, because the user has not taken enough
};

/// Fetches endorser blocks and their transactions, each from one peer, as many at once as the limits allow.
class LeiosFetchPart : public Speaker<LeiosFetch, EbLane> {
  public:
    LeiosFetchPart(Desk& desk, const PeerBook& book) : Speaker(desk), book_(book), hot_(book.hot()) {}

    /// Remembers what the peer offers, if the message is an offer.
    void offered(Peer& peer, const LeiosNotify::Message& message);

    [[nodiscard]] bool while_hot() const noexcept override { return true; }
    void heat(Peer&) override { assign(); }
    void gone(Peer& peer, const Ending& ending) override;
    void forgotten(Peer& peer) override;
    void credit(Peer& peer) override;
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override {
        return frame::event_bits<Event, EbFetched, EbTxsFetched>();
    }
    void taken(const Event& event) override;
    [[nodiscard]] bool wants_more() const noexcept override;
    void resume() override;
    [[nodiscard]] Instant next_deadline() const noexcept override {
        return waiting_.empty() ? Instant::max() : waiting_.front().give_up;
    }

  private:
    using Requests = std::list<EbRequest>;

    /// Errors  Errc::unrequested
    Errc received(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State before) override;
    Result<CommandId> request(CommandId command, const FetchEb& eb);
    Result<CommandId> request(CommandId command, const FetchEbTxs& txs);
    /// Sends waiting requests to peers that have what they need, the least busy peer first.
    void assign();
    /// Reads the peer again if enough was taken.
    void resume(Peer& peer);
    Result<CommandId> add(EbRequest request);
    /// Notes whether a peer offers the requested block.
    void note_offers(EbRequest& request) const;
    [[nodiscard]] bool is_offered(const EbRequest& request) const;
    [[nodiscard]] bool was_offered(const EbRequest& request) const;
    /// Fails the oldest request whose offer is gone. False if there is none.
    bool make_room();
    [[nodiscard]] const EbOffer* find_offer(const Peer& peer, const EbRequest& request) const noexcept;
    /// Bytes of the peer's answer, estimated.
    [[nodiscard]] std::size_t bytes_of_answer(const Peer& peer, const EbRequest& request) const noexcept;
    [[nodiscard]] Peer* choose(EbRequest& request) const;
    [[nodiscard]] bool has_room(const Peer& peer, std::size_t bytes) const noexcept;
    [[nodiscard]] bool has_room(std::size_t bytes) const noexcept;
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.eb_bytes / 2; }
    void end(Requests& requests);
    void fail(const EbRequest& request, Errc reason) { desk_.out.event(EbFailed{request.command, reason}); }
    template <class Fetched>
    void finish(Peer& peer, Fetched event);

    /// Memory of an untaken event: its bytes and the event itself, because there may be many small ones.
    [[nodiscard]] static std::size_t cost(const EbFetched& event) noexcept;
    [[nodiscard]] static std::size_t cost(const EbTxsFetched& event) noexcept;

    const PeerBook& book_;
    const std::vector<Peer*>& hot_;
    detail::Fifo<EbOffer> lost_offers_;  // the newest offers of peers that are gone
    Requests waiting_;                   // in the order of their commands and time-outs
    std::size_t in_flight_ = 0;          // bytes of the answers, estimated
    std::size_t untaken_ = 0;            // bytes in events
    std::size_t wanted_room_ = 0;        // bytes that the request waiting for the user needs; 0: none waits
    std::size_t paused_ = 0;             // peers
};

}  // namespace ouro::initiator
