#pragma once

#include <ouro/behavior/initiator.hpp>

#include "behavior/block_fetch/fetch.hpp"
#include "behavior/chain_sync/follow.hpp"
#include "behavior/leios/fetch.hpp"
#include "behavior/leios/notify.hpp"
#include "behavior/peers/book.hpp"
#include "behavior/peers/churn.hpp"
#include "behavior/peers/connection.hpp"
#include "behavior/peers/handshake.hpp"
#include "behavior/peers/keep_alive.hpp"
#include "behavior/peers/promotion.hpp"
#include "behavior/sharing/discover.hpp"
#include "behavior/txs/submit.hpp"

namespace ouro {

/// Routes facts to the part that owns them, keeps the deadlines, carries out who shall be warm and who hot, and ends
/// the connection of a peer that breaks a rule.
class InitiatorBehavior::Impl {
  public:
    using Peer = initiator::Peer;

    explicit Impl(Config config);

    void handle_io(InterfaceEvent<Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return connection_.idle(); }
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] initiator::Counters counters() const noexcept { return book_.counters(); }
    [[nodiscard]] std::vector<PeerId> shareable() const;

    // What a node needs that uses a connection both ways.

    /// Connections are given back where they can be, for the peer may use them: see `poll_released`.
    void share_connections() noexcept { sharing_ = true; }
    /// What was agreed on, on a connection of ours.
    [[nodiscard]] std::optional<Agreement> agreement(ConnectionId connection) const noexcept;
    /// Answers a dial: the peer has a connection open, with this agreement. False where nobody waits for it any more.
    bool adopt(ConnectionId dial, ConnectionId connection, const Agreement& agreement, Instant now);
    /// The peer's address is not dialled before `until`. Call it before the end of its connection is reported.
    void rest(const PeerId& id, Instant until, Instant now);
    /// A dial begins no sooner than `until`.
    void postpone(ConnectionId dial, Instant until);
    /// Whether a dial goes out where no connection of the peer's is there, and whether from where we listen.
    [[nodiscard]] bool may_go_out(ConnectionId dial) const noexcept;
    [[nodiscard]] bool from_listening(ConnectionId dial) const noexcept;
    /// The peer has a connection open that could serve us, or no longer. Its coming ends a wait for one that the
    /// network has lost or refused; a wait for what the peer did wrong goes on.
    void came(const PeerId& id, Instant now);
    void went(const PeerId& id) noexcept;
    /// A connection that is used no longer, on which nothing is owed. Answered by Disconnected, with this reason.
    struct Released {
        ConnectionId connection{};
        Errc reason{};
    };
    std::optional<Released> poll_released();
    /// A peer whose transactions have lost their places because they were more than its share.
    std::optional<PeerId> poll_crowder();

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble&) {}
    template <class P>
    void receive(Peer& peer, typename P::Message& message, std::size_t bytes);
    template <class P>
    void credit(Peer& peer);
    Errc apply(Peer& peer, Handshake::Message& message, Handshake::State before);
    Errc apply(Peer& peer, KeepAlive::Message& message, KeepAlive::State before);
    Errc apply(Peer& peer, ChainSync::Message& message, ChainSync::State before);
    Errc apply(Peer& peer, BlockFetch::Message& message, BlockFetch::State before);
    Errc apply(Peer& peer, PeerSharing::Message& message, PeerSharing::State before);
    Errc apply(Peer& peer, TxSubmission::Message& message, TxSubmission::State before);
    Errc apply(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State before);
    Errc apply(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State before);
    /// Whatever of the peer is due.
    void look_at(Peer& peer);
    /// What follows from all that has happened: visitors' wishes, and who shall be warm and who hot.
    void settle();
    void carry_out(const initiator::PromotionPart::Decision& decision);
    void resume_blocks();
    void resume_leios();
    void resume_txs();
    [[nodiscard]] bool attention() const noexcept;

    // How peers come into use, and go.
    void initialized(Peer& peer);
    void heat(Peer& peer);
    void cool(Peer& peer);
    /// A cooling peer that owes nothing any more is warm like all others.
    void cooled(Peer& peer);
    /// Says goodbye where it is our turn, and closes. A peer that is not to be kept is forgotten then.
    void leave(Peer& peer, Errc reason, bool keep);
    /// Leaves a peer that owes headers nobody wants: requests that are out cannot be taken back. It is dialled anew.
    void leave_debtor(Peer& peer);
    /// Gives the peer up and its work to others, and its connection back when it has answered what it owes.
    void part(Peer& peer, Errc reason);
    void part_further(Peer& peer);
    /// The peer may be using the connection, too.
    [[nodiscard]] bool shared(const Peer& peer) const noexcept {
        return sharing_ && peer.ready() && !peer.agreement->data.initiator_only;
    }
    void say_goodbye(Peer& peer);
    template <class P>
    void say_goodbye(Peer& peer, typename P::Message message);
    /// Ends the connection, whose work goes to others at once.
    void drop(Peer& peer, io::Close how, Errc reason, const Violation& violation = {});
    /// What nobody does who keeps to the protocol, whatever happens to the connection on the way. A roll-backward to a
    /// point that is not remembered is none: a node that has itself begun anew may have to go back so far.
    [[nodiscard]] static bool offence(Errc rule) noexcept;
    /// The peer is out of use: cold, or banned if it broke a rule.
    void retire(Peer& peer, Errc reason, const Violation& violation);
    void ban(Peer& peer, Errc reason, Duration time);
    void pardon(Peer& peer);
    void forget(Peer& peer);

    // Commands.
    Result<CommandId> carry_out(CommandId id, initiator::IncludePeer& wish);
    Result<CommandId> carry_out(CommandId id, initiator::DemotePeer& wish);
    Result<CommandId> carry_out(CommandId id, initiator::KnowPeers& wish);
    Result<CommandId> carry_out(CommandId id, initiator::SetLocalRoots& wish);
    Result<CommandId> carry_out(CommandId id, initiator::SetTargets& wish);
    Result<CommandId> carry_out(CommandId id, initiator::SetOwnAddresses& wish);
    Result<CommandId> carry_out(CommandId id, initiator::BanPeer& wish);
    Result<CommandId> carry_out(CommandId id, initiator::UnbanPeer& wish);
    Result<CommandId> carry_out(CommandId id, initiator::StartSync& wish);
    Result<CommandId> carry_out(CommandId id, initiator::ContinueSync& wish);
    Result<CommandId> carry_out(CommandId id, initiator::StopSync& wish);
    Result<CommandId> carry_out(CommandId id, initiator::RequestBlocks& wish);
    Result<CommandId> carry_out(CommandId id, initiator::RequestPoints& wish);
    Result<CommandId> carry_out(CommandId id, initiator::FetchEb& wish);
    Result<CommandId> carry_out(CommandId id, initiator::FetchEbTxs& wish);
    Result<CommandId> carry_out(CommandId id, initiator::AskPeers& wish);
    Result<CommandId> carry_out(CommandId id, initiator::SubmitTx& wish);
    Result<CommandId> carry_out(CommandId id, initiator::Housekeeping& wish);

    void carry_out_wishes();

    Config config_;
    Visitors visitors_;
    initiator::Out out_;
    initiator::Desk desk_;
    initiator::PeerBook book_;
    initiator::PromotionPart promotion_;
    initiator::ChurnPart churn_;
    initiator::DiscoveryPart discovery_;
    initiator::ConnectionPart connection_;
    initiator::HandshakePart handshake_;
    initiator::KeepAlivePart keep_alive_;
    initiator::ChainSyncPart chain_sync_;
    initiator::BlockFetchPart block_fetch_;
    initiator::TxSubmissionPart tx_submission_;
    initiator::LeiosNotifyPart leios_notify_;
    initiator::LeiosFetchPart leios_fetch_;
    std::uint64_t next_command_ = 1;
    detail::Fifo<Released> released_;
    detail::Fifo<PeerId> crowders_;  // of a node, which takes them at once
    bool sharing_ = false;
    bool stopping_ = false;
};

}  // namespace ouro
