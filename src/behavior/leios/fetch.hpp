#pragma once

#include <list>
#include <vector>

#include "behavior/peers/peer.hpp"

namespace ouro::initiator {

/// Endorser blocks and their transactions, each from one peer, as many in flight as the limits allow.
class LeiosFetchPart {
  public:
    /// `hot`: the peers that may be asked, as they are at any time.
    LeiosFetchPart(Desk& desk, const std::vector<Peer*>& hot) noexcept : desk_(desk), hot_(hot) {}

    Result<CommandId> request(CommandId command, const FetchEb& wish);
    Result<CommandId> request(CommandId command, const FetchEbTxs& wish);
    /// Keeps in mind what the peer has, if the message says so.
    void offered(Peer& peer, const LeiosNotify::Message& message);
    /// Gives waiting requests to peers that have what they ask for, the least busy one first.
    void assign();
    /// What a lost peer was asked for goes to another; what two peers were lost over has failed.
    void gone(Peer& peer, Errc reason);
    /// Nobody else may be asked for what was wanted from this peer.
    void forgotten(const PeerId& peer);
    /// Errors  Errc::unrequested
    Errc received(Peer& peer, LeiosFetch::Message& message);
    /// Requests for which nobody could be asked in time have failed.
    void tick();
    /// All requests that wait end; `stop(peer)` is for those with a peer.
    void stop() { end(waiting_); }
    void stop(Peer& peer) { end(peer.ebs_in_flight); }

    /// Whether the peer is to be read no further, because the user has not taken enough.
    [[nodiscard]] bool paused(Peer& peer) noexcept;
    /// Reads the peer again, once enough was taken.
    void resume(Peer& peer);
    /// What was fetched was taken by the user.
    template <class Fetched>
    void taken(const Fetched& event) noexcept {
        untaken_ -= std::min(untaken_, cost(event));
    }
    /// Something can go on because the user took events.
    [[nodiscard]] bool wants_more() const noexcept;
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().give_up);
    }

  private:
    using Requests = std::list<EbRequest>;

    Result<CommandId> add(EbRequest request);
    /// Notes whether a peer offers what is requested.
    void note_offers(EbRequest& request) const;
    [[nodiscard]] bool is_offered(const EbRequest& request) const;
    [[nodiscard]] bool was_offered(const EbRequest& request) const;
    /// Fails the oldest request whose offer is gone: whether there is one.
    bool make_room();
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

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    detail::Fifo<EbOffer> lost_offers_;  // of peers that are gone, the newest ones
    Requests waiting_;                   // in the order they give up, which is that of their commands
    std::size_t in_flight_ = 0;          // bytes of the answers, estimated
    std::size_t untaken_ = 0;            // bytes in events
    std::size_t wanted_room_ = 0;        // bytes that the request waiting for the user needs; 0: none waits
    std::size_t paused_ = 0;             // peers
};

}  // namespace ouro::initiator
