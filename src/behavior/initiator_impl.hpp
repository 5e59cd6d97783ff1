#pragma once

#include <ouro/behavior/initiator.hpp>

#include "parts/initiator_block_fetch.hpp"
#include "parts/initiator_book.hpp"
#include "parts/initiator_chain_sync.hpp"
#include "parts/initiator_churn.hpp"
#include "parts/initiator_connection.hpp"
#include "parts/initiator_discovery.hpp"
#include "parts/initiator_handshake.hpp"
#include "parts/initiator_keep_alive.hpp"
#include "parts/initiator_leios_fetch.hpp"
#include "parts/initiator_leios_notify.hpp"
#include "parts/initiator_promotion.hpp"
#include "parts/initiator_tx_submission.hpp"

namespace ouro {

/// Routes facts to the part that owns them, keeps the deadlines, carries out who shall be warm and who hot, and ends
/// the connection of a peer that breaks a rule.
class InitiatorBehavior::Impl {
  public:
    using Peer = initiator::Peer;

    explicit Impl(Config config);

    void handle_io(InterfaceEvent<Message> event, Instant now);
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

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble&) {}
    template <class P>
    void receive(Peer& peer, typename P::Message& message, std::size_t octets);
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
    void heat(Peer& peer);
    void cool(Peer& peer);
    /// A cooling peer that owes nothing any more is warm like all others.
    void cooled(Peer& peer);
    /// Says goodbye where it is our turn, and closes. A peer that is not to be kept is forgotten then.
    void leave(Peer& peer, Errc reason, bool keep);
    template <class P>
    void say_goodbye(Peer& peer, typename P::Message message);
    /// Ends the connection, whose work goes to others at once.
    void drop(Peer& peer, io::Close how, Errc reason, const Violation& violation = {});
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
    bool stopping_ = false;
};

}  // namespace ouro
