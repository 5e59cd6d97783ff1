#pragma once

#include <ouro/behavior/local_initiator.hpp>

#include "behavior/chain_sync/local_follow.hpp"
#include "behavior/local/state_query.hpp"
#include "behavior/local/tx_monitor.hpp"
#include "behavior/local/tx_submission.hpp"

namespace ouro {

/// Makes the connection and keeps it, routes facts to the part that owns them, and ends calls whose time is over.
class LocalInitiatorBehavior::Impl {
  public:
    explicit Impl(Config config);

    void handle_io(InterfaceEvent<Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return connection_ == ConnectionId{}; }
    [[nodiscard]] PeerState node() const;

  private:
    using Stage = local_initiator::Stage;

    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<Message>& event);
    void handle(io::Sent&) {}
    void handle(io::Trouble&) {}
    template <class P>
    void receive(typename P::Message& message, std::size_t bytes);
    Errc apply(n2c::Handshake::Message& message, n2c::Handshake::State before);
    Errc apply(LocalChainSync::Message& message, LocalChainSync::State before);
    Errc apply(LocalTxSubmission::Message& message, LocalTxSubmission::State before);
    Errc apply(LocalStateQuery::Message& message, LocalStateQuery::State before);
    Errc apply(LocalTxMonitor::Message& message, LocalTxMonitor::State before);
    Errc settle(std::variant<Agreement, Disagreement> outcome);

    // The connection.
    void dial();
    void close(io::Close how, Errc reason, const Violation& violation = {});
    template <class P>
    void say_goodbye(typename P::Message message);
    void leave(Errc reason);
    /// There is no connection any more, and where `again` there will be another.
    void lose(Errc reason, bool again);
    [[nodiscard]] bool tries_again(Errc reason) const noexcept;
    /// When the next try is.
    [[nodiscard]] Instant schedule();
    /// Whether what is sent now will reach the node, maybe over another connection.
    [[nodiscard]] bool hopeful() const noexcept;
    void advance();
    void give_up(CommandId command, Errc reason);

    // Commands.
    Errc carry_out(CommandId id, local_initiator::Connect& wish);
    Errc carry_out(CommandId id, local_initiator::Disconnect& wish);
    Errc carry_out(CommandId id, local_initiator::Follow& wish) { return chain_sync_.start(id, wish); }
    Errc carry_out(CommandId id, local_initiator::ContinueFollowing& wish);
    Errc carry_out(CommandId id, local_initiator::StopFollowing& wish);
    Errc carry_out(CommandId id, local_initiator::SubmitTx& wish) { return tx_submission_.submit(id, wish); }
    Errc carry_out(CommandId id, local_initiator::AcquireState& wish) { return state_query_.acquire(id, wish); }
    Errc carry_out(CommandId id, local_initiator::ReacquireState& wish) { return state_query_.reacquire(id, wish); }
    Errc carry_out(CommandId id, local_initiator::QueryState& wish) { return state_query_.query(id, wish); }
    Errc carry_out(CommandId id, local_initiator::ReleaseState& wish);
    Errc carry_out(CommandId id, local_initiator::AcquireMempool& wish) { return tx_monitor_.acquire(id, wish); }
    Errc carry_out(CommandId id, local_initiator::AskMempool& wish) { return tx_monitor_.ask(id, wish); }
    Errc carry_out(CommandId id, local_initiator::ReleaseMempool& wish);
    Errc carry_out(CommandId id, local_initiator::Cancel& wish);
    Errc carry_out(CommandId id, local_initiator::Housekeeping& wish);

    Config config_;
    local_initiator::Out out_;
    local_initiator::Desk desk_;
    local_initiator::ChainSyncPart chain_sync_;
    local_initiator::TxSubmissionPart tx_submission_;
    local_initiator::StateQueryPart state_query_;
    local_initiator::TxMonitorPart tx_monitor_;

    PeerId node_;
    CommandId connect_{};  ///< who wants the connection
    ConnectionId connection_{};
    std::uint64_t dialled_ = 0;
    Stage stage_ = Stage::idle;
    Errc reason_ = Errc::none;
    Errc closing_for_ = Errc::none;        ///< while closing
    Instant due_ = Instant::max();         ///< the end of a stage's time
    Instant connect_by_ = Instant::max();  ///< until the first agreement
    std::optional<RefuseReason> refusal_;
    std::uint32_t failures_ = 0;  ///< to come to an agreement, in a row
    std::uint64_t next_command_ = 1;
    bool wanted_ = false;  ///< the connection, until we end it
    bool stopping_ = false;
};

}  // namespace ouro
