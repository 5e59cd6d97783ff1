#pragma once

#include <compare>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "behavior/peers/book.hpp"

namespace ouro::initiator {

/// The place of a transaction among all: each origin has one in a turn, and in a turn the older command is first.
struct TxRank {
    std::uint64_t turn = 0;
    std::uint64_t number = 0;  ///< in the order of the commands

    friend auto operator<=>(const TxRank&, const TxRank&) = default;
};

/// A transaction that was announced to a peer and that the peer has not acknowledged.
struct TxOffer {
    TxRank rank;
    TxId id;
    bool sent = false;
};

/// What was announced to a peer. It takes memory once the protocol has begun.
struct TxLane {
    IdWindow<TxId> window{TxSubmission::window, Again::allowed};
    detail::Fifo<TxOffer> offers;  ///< as they are in the window, oldest first
    TxRank next;                   ///< all before it were announced
    std::uint16_t ids_wanted = 0;  ///< by the last request
    bool paused = false;           ///< not read, because the user has not taken enough

    /// The rank of the first transaction that the peer has not acknowledged.
    [[nodiscard]] TxRank first_open() const noexcept { return offers.empty() ? next : offers[0].rank; }
    [[nodiscard]] TxOffer* find(const TxId& id) noexcept;
};

/// Submits transactions: announces every id to each hot peer, in the order of their ranks. A new transaction never
/// ranks before an announced one, so no peer misses it.
///
/// A peer acknowledges ids in the order of their announcement. Transactions that every hot peer has acknowledged are
/// therefore at the front.
class TxSubmissionPart : public Speaker<TxSubmission, std::unique_ptr<TxLane>> {
  public:
    explicit TxSubmissionPart(Desk& desk, const PeerBook& book) : Speaker(desk), book_(book), hot_(book.hot()) {}

    void heat(Peer& peer) override { begin(peer); }
    /// Announces no further ids to the peer. If it waits for some, the protocol ends; otherwise it ends with the peer's
    /// next request, because it cannot end at another time. Until then the peer may become hot again.
    void cool(Peer& peer) override;
    void gone(Peer& peer, const Ending& ending) override;
    void sent(Peer& peer) override { credit(peer); }
    /// Reads the peer's next request if there is room for the answer and for the events that follow from it.
    void credit(Peer& peer) override;
    /// Ends transactions that have timed out.
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] bool wants_more() const noexcept override { return paused_ > 0 && !full(); }
    void resume() override {
        book_.each_established([&](Peer& peer) { credit(peer); });
    }
    [[nodiscard]] Instant next_deadline() const noexcept override {
        return order_.empty() ? Instant::max() : txs_.at(order_.begin()->second).give_up;
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
    /// The transactions of one peer, or of the user.
    struct Origin {
        PeerId from;
        std::string site;                ///< of its address, as `site_of` has it; empty for the user
        std::size_t txs = 0, bytes = 0;  ///< waiting transactions and their bytes
        std::uint64_t turn = 0;          ///< of its latest transaction
    };

    /// Errors  those of `IdWindow`
    Errc received(Peer& peer, TxSubmission::Message& message, TxSubmission::State before) override;
    Result<CommandId> submit(CommandId command, SubmitTx& submitted);
    /// Begins the protocol with a hot peer, if there is a transaction to announce or it begins early.
    void begin(Peer& peer);
    /// Makes room for a transaction of `bytes` bytes from `from`, if other origins hold more than their share.
    bool make_room(const PeerId& from, std::size_t bytes);
    /// The origin that gives up its transactions for one from `from`; null if none has more than its share.
    [[nodiscard]] const Origin* crowder(const PeerId& from) const;
    [[nodiscard]] double part_of(std::size_t txs, std::size_t bytes) const noexcept;
    [[nodiscard]] double part_of(const Origin& origin) const noexcept { return part_of(origin.txs, origin.bytes); }
    [[nodiscard]] std::size_t origins_of(const std::string& site) const noexcept;
    [[nodiscard]] Origin* find(const PeerId& from) noexcept;
    [[nodiscard]] bool full() const noexcept { return desk_.out.events() >= desk_.config.max_events; }
    [[nodiscard]] Submission* find(const TxRank& rank) noexcept;
    /// The ids to announce to the peer next, `most` at most.
    std::vector<Named<TxId>> offer(Peer& peer, std::size_t most);
    Errc asked_for_ids(Peer& peer, bool blocking, std::uint16_t acknowledged, std::uint16_t requested);
    void acknowledged(Peer& peer, std::size_t ids);
    Errc asked_for_txs(Peer& peer, const std::vector<TxId>& ids);
    /// Answers a peer that waits for ids, if there are any.
    void answer_wait(Peer& peer);
    void send_reply(Peer& peer, TxSubmission::Message message);
    /// Notes the peer's end as the reason of transactions that it has not acknowledged.
    void lost(Peer& peer, Errc reason);
    /// Ends transactions that every hot peer has acknowledged.
    void finish_acknowledged();
    void finish(Submissions::iterator at);
    /// Ends the oldest transaction.
    void finish_oldest() { finish(txs_.find(order_.begin()->second)); }

    const PeerBook& book_;
    const std::vector<Peer*>& hot_;
    Submissions txs_;
    std::map<std::uint64_t, TxRank> order_;  // by number: in the order of their commands and time-outs
    std::vector<Origin> origins_;            // with waiting transactions
    std::uint64_t numbered_ = 0;
    std::uint64_t turn_ = 0;  // the latest announced to any peer
    std::set<TxId> ids_;      // of all
    std::size_t bytes_ = 0;   // of all
    std::size_t paused_ = 0;  // peers that are not read because the user has not taken enough
};

}  // namespace ouro::initiator
