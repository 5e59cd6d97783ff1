#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "behavior/peers/served_peer.hpp"
#include "memory.hpp"

namespace ouro::responder {

/// Pulls transactions from whoever has some, each from one peer where that gives it in time. An id is acknowledged when
/// its transaction has come, from whomever, or will not come from this peer.
class TxSubmissionPart {
  public:
    explicit TxSubmissionPart(Desk& desk) noexcept : desk_(desk), known_(desk.config.txs_remembered) {}

    /// Errors  those of `IdWindow`
    ///         Errc::malformed  bytes that are no transaction
    Errc received(Peer& peer, TxSubmission::Message& message, Instant now);
    /// What was asked of the peer goes to others that have it.
    void gone(Peer& peer, Instant now);
    /// Asks the peer, if its time has come.
    void look_at(Peer& peer, Instant now);
    /// Asks whoever may be asked because somebody is late or the user took events.
    void tick(Instant now);
    Errc reject(Peer& peer, Instant now);
    void taken(const TxReceived& event) noexcept { untaken_ -= std::min(untaken_, cost(event)); }

    /// Something can go on because the user took events.
    [[nodiscard]] bool wants_more() const noexcept { return !starved_.empty() && drained(); }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        return late_.empty() ? std::nullopt : std::optional(late_.begin()->first);
    }

  private:
    /// A transaction that some are asked for, and who else has it.
    struct Fetch {
        std::vector<Peer*> askers, waiting;
        Instant late_at{};
    };
    using Fetches = std::map<TxId, Fetch>;

    Errc announced(Peer& peer, const TxSubmission::ReplyTxIds& reply);
    Errc given(Peer& peer, TxSubmission::ReplyTxs& reply);
    void ask(Peer& peer, Instant now);
    void ask_for_txs(Peer& peer, Instant now);
    void ask_for_ids(Peer& peer, Instant now);
    /// Whether the peer is asked for what is in the slot; else it waits for others, or for room.
    bool claim(Peer& peer, TxSlot& slot, Instant now);
    /// Calls all off that this peer was to do for the transaction. Who may be asked instead, or need not be any more,
    /// is in `woken_`.
    void release(Peer& peer, const TxId& id, bool over);
    void wake(Instant now);
    void feed(Instant now);
    void remember(Peer& giver, const TxId& id);

    [[nodiscard]] bool has_room(const Peer& peer, std::size_t bytes) const noexcept;
    [[nodiscard]] bool drained() const noexcept { return in_flight_ + untaken_ <= desk_.config.tx_bytes / 2; }
    [[nodiscard]] static std::size_t cost(const TxReceived& event) noexcept {
        return event.tx.cbor.size() + sizeof(Event);
    }

    Desk& desk_;
    Fetches fetches_;
    std::set<std::pair<Instant, TxId>> late_;  // when others may be asked, of those that others wait for
    TxMemory known_;                           // the last ones that were received
    std::vector<Peer*> woken_;                 // to be asked at the end of this call
    detail::Fifo<Peer*> starved_;              // those that wait for room
    std::size_t in_flight_ = 0;                // bytes asked for
    std::size_t untaken_ = 0;                  // bytes in events
};

}  // namespace ouro::responder
