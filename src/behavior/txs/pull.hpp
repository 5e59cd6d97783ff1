#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "behavior/peers/served_peer.hpp"
#include "memory.hpp"

namespace ouro::responder {

/// A transaction that a peer has announced and we have not acknowledged.
struct TxSlot {
    enum class State : std::uint8_t { open, asked, done };
    Named<TxId> named;
    State state = State::open;
};

struct TxAnnouncements {
    IdWindow<TxId> window{TxSubmission::window};
    std::vector<TxSlot> slots;                ///< in the order of the window, oldest first
    detail::Fifo<std::vector<TxId>> batches;  ///< requested, oldest first
    std::size_t bytes = 0;                    ///< of the requested transactions
    std::optional<std::uint16_t> ids_asked;   ///< requested and not answered
    bool ids_left = false;                    ///< the last answer was full, so there may be more
    bool starved = false;                     ///< it waits in `starved_`
    bool open = false;                        ///< requests may be sent
    bool giver = false;                       ///< its host has a share of `TxMemory`
    Instant open_at = Instant::max();         ///< time from which they may
    Duration points{};                        ///< for bad transactions, as of `rejected_at`
    Instant rejected_at{};

    [[nodiscard]] TxSlot& slot(const TxId& id) noexcept;
};

/// Pulls transactions from peers, each from one peer if that delivers it in time. Acknowledges an id when its
/// transaction has arrived from any peer, or will not arrive from this one.
class TxSubmissionPart : public Speaker<TxSubmission, TxAnnouncements> {
  public:
    explicit TxSubmissionPart(Desk& desk) : Speaker(desk), known_(desk.config.txs_remembered) {}

    /// Requests that the peer owes go to other peers that announced the same transactions.
    void gone(Peer& peer, const Ending&) override;
    void look_at(Peer& peer) override;
    [[nodiscard]] Instant due(Peer& peer) override { return mine(peer).open_at; }
    /// Sends requests that became possible because other peers are late.
    void tick() override;
    void credit(Peer& peer) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override { return frame::event_bits<Event, TxReceived>(); }
    void taken(const Event& event) override {
        if (const auto* tx = std::get_if<TxReceived>(&event)) untaken_ -= std::min(untaken_, cost(*tx));
    }
    [[nodiscard]] bool wants_more() const noexcept override { return !starved_.empty() && drained(); }
    /// Sends requests to starved peers.
    void resume() override;
    [[nodiscard]] Instant next_deadline() const noexcept override {
        return late_.empty() ? Instant::max() : late_.begin()->first;
    }
    /// Counts a bad transaction against the peer, for RejectTx.
    std::optional<Errc> carry_out(Peer& peer, Command& command) override {
        return std::holds_alternative<RejectTx>(command) ? std::optional(reject(peer)) : std::nullopt;
    }

  private:
    Errc reject(Peer& peer);
    /// A transaction with the peers from which it is requested, and those that wait for their turn.
    struct Fetch {
        std::vector<Peer*> askers, waiting;
        Instant late_at{};
    };
    using Fetches = std::map<TxId, Fetch>;

    /// Errors  those of `IdWindow`
    ///         Errc::malformed  bytes that are no transaction
    Errc received(Peer& peer, TxSubmission::Message& message, TxSubmission::State before) override;
    /// The part sends all requests itself.
    Errc answered(Peer&, TxSubmission::Message&) override { return Errc::not_our_turn; }
    Errc announced(Peer& peer, const TxSubmission::ReplyTxIds& reply);
    Errc given(Peer& peer, TxSubmission::ReplyTxs& reply);
    void ask(Peer& peer);
    void ask_for_txs(Peer& peer);
    void ask_for_ids(Peer& peer);
    /// Whether the slot may be requested from the peer now. Otherwise it waits for other peers, or for room.
    bool claim(Peer& peer, TxSlot& slot);
    /// Removes the peer from the fetch of the transaction; `over`: ends the fetch. Peers whose turn may have come are
    /// added to `woken_`.
    void release(Peer& peer, const TxId& id, bool over);
    void wake();
    void remember(Peer& giver, const TxId& id);

    [[nodiscard]] bool has_room(const Peer& peer, std::size_t bytes) const noexcept;
    [[nodiscard]] bool drained() const noexcept { return in_flight_ + untaken_ <= desk_.config.tx_bytes / 2; }
    [[nodiscard]] static std::size_t cost(const TxReceived& event) noexcept {
        return event.tx.cbor.size() + sizeof(Event);
    }

    Fetches fetches_;
    std::set<std::pair<Instant, TxId>> late_;  // of fetches for which peers wait: when a second one gets a request
    TxMemory known_;                           // the last received ones
    std::vector<Peer*> woken_;                 // looked at again at the end of this call
    detail::Fifo<Peer*> starved_;              // they wait for room
    std::size_t in_flight_ = 0;                // requested bytes
    std::size_t untaken_ = 0;                  // bytes in events
};

}  // namespace ouro::responder
