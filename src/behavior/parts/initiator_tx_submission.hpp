#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// Transactions for the hot peers: every id is announced to each of them, in the order of their ranks. A new
/// transaction never ranks before one that was announced to any peer, so that no peer misses it.
///
/// A peer acknowledges ids in the order of their announcement, so it is done with a transaction as soon as it is done
/// with all before it: those that every hot peer is done with are at the front.
class TxSubmissionPart {
  public:
    /// `hot`: the peers that are hot, as they are at any time.
    TxSubmissionPart(Desk& desk, const std::vector<Peer*>& hot) noexcept : desk_(desk), hot_(hot) {}

    Result<CommandId> submit(CommandId command, SubmitTx& wish);
    /// The origins that have lost their places since the last call: they held more than their share.
    [[nodiscard]] std::vector<PeerId> take_crowders() { return std::exchange(crowders_, {}); }
    /// The peer has become hot, for the first time or again, or there is a first transaction for those that are.
    void ready(Peer& peer);
    /// It is not hot any more, and is told no further ids. Where it waits for some, the protocol ends; else it does
    /// when the peer asks, for nobody can end it at another time, and until then the peer may be hot again.
    void cool(Peer& peer);
    void gone(Peer& peer, Errc reason);
    /// Errors  those of `IdWindow`
    Errc received(Peer& peer, const TxSubmission::Message& message);
    /// So many octets of answers have not left.
    void sent(Peer& peer, std::size_t queued);
    /// Reads the peer's next request where there is room for the answer and for what is told of it.
    void credit(Peer& peer);
    /// Transactions whose time is over have their outcome.
    void tick();
    void stop();

    /// Something can go on because the user took events.
    [[nodiscard]] bool wants_more() const noexcept { return paused_ > 0 && !full(); }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        return order_.empty() ? std::nullopt : std::optional(txs_.at(order_.begin()->second).give_up);
    }

  private:
    struct Submission {
        CommandId command{};
        Named<TxId> named;
        Tx tx;
        PeerId from;
        Instant give_up{};
        std::uint32_t offered = 0, delivered = 0, known = 0;
        Errc reason = Errc::no_peer;
    };

    using Submissions = std::map<TxRank, Submission>;
    /// What has come from one peer, or from the user.
    struct Origin {
        PeerId from;
        std::string site;                 ///< of its address, as `site_of` has it; empty for the user
        std::size_t txs = 0, octets = 0;  ///< that wait
        std::uint64_t turn = 0;           ///< of its last one
    };

    /// Makes room for one of `octets` from there, if others hold more than their share.
    bool make_room(const PeerId& from, std::size_t octets);
    /// The origin that has to give up its transactions for one from there; null if none has more than its share.
    [[nodiscard]] const Origin* crowder(const PeerId& from) const;
    [[nodiscard]] double part_of(std::size_t txs, std::size_t octets) const noexcept;
    [[nodiscard]] double part_of(const Origin& origin) const noexcept { return part_of(origin.txs, origin.octets); }
    [[nodiscard]] std::size_t origins_of(const std::string& site) const noexcept;
    [[nodiscard]] Origin* find(const PeerId& from) noexcept;
    [[nodiscard]] bool full() const noexcept { return desk_.out.events() >= desk_.config.max_events; }
    [[nodiscard]] Submission* find(const TxRank& rank) noexcept;
    /// What the peer is told next, `most` at most.
    std::vector<Named<TxId>> offer(Peer& peer, std::size_t most);
    Errc asked_for_ids(Peer& peer, bool blocking, std::uint16_t acknowledged, std::uint16_t requested);
    void acknowledged(Peer& peer, std::size_t ids);
    Errc asked_for_txs(Peer& peer, const std::vector<TxId>& ids);
    /// Answers a peer that waits for ids, if there are any.
    void answer(Peer& peer);
    void send(Peer& peer, TxSubmission::Message message);
    /// Notes why a peer left that had these on offer.
    void lost(Peer& peer, Errc reason);
    /// Ends what every hot peer is done with.
    void settle();
    void finish(Submissions::iterator at);
    /// Ends the oldest one.
    void finish_oldest() { finish(txs_.find(order_.begin()->second)); }

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    Submissions txs_;
    std::map<std::uint64_t, TxRank> order_;  // by number: in the order they give up, which is that of their commands
    std::vector<Origin> origins_;            // those that have some waiting
    std::vector<PeerId> crowders_;
    std::uint64_t numbered_ = 0;
    std::uint64_t turn_ = 0;  // the latest of which any peer was told
    std::set<TxId> ids_;      // of all
    std::size_t octets_ = 0;  // of all
    std::size_t paused_ = 0;  // peers that are not read because the user has not taken enough
};

}  // namespace ouro::initiator
