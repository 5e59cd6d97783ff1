#pragma once

#include <ouro/behavior/local_initiator.hpp>

#include "behavior/local/desk.hpp"
#include "behavior/local/visitors.hpp"

namespace ouro::local_initiator {

/// A client's list of parts, and its connection to the node: connects, reconnects, passes each event to its part, and
/// ends calls whose time is over.
class Frame {
  public:
    explicit Frame(Config config);
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    void handle_io(InterfaceEvent<n2c::Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    /// Visitors see a message that is about to be sent. Call `drop_command` next.
    InterfaceCommand<n2c::Message>* front_command();
    void drop_command() { out_.drop_command(); }
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return connection_ == ConnectionId{}; }
    [[nodiscard]] NodeState node() const;

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2c::Message>& event);
    void handle(io::Sent&) {}
    void handle(io::Trouble&) {}
    void receive(Part& part, n2c::Message& message, std::size_t bytes);
    void receive(n2c::Handshake::Message& message, std::size_t bytes);
    Errc answered(n2c::Handshake::Message& message);
    Errc settle(std::variant<Agreement, Disagreement> outcome);

    // The connection.
    void dial();
    void close(io::Close how, Errc reason, const Violation& violation = {});
    void leave(Errc reason);
    /// The connection has ended; if `again`, another one follows.
    void lose(Errc reason, bool again);
    [[nodiscard]] bool tries_again(Errc reason) const noexcept;
    /// The time of the next try.
    [[nodiscard]] Instant schedule();
    /// Whether a command can still reach the node, perhaps over another connection.
    [[nodiscard]] bool hopeful() const noexcept;

    /// The connection, for visitors.
    [[nodiscard]] LocalVisitor::Peer visited() const { return {desk_.node.id, connection_}; }

    // Commands.
    Errc carry_out(CommandId id, Connect& wish);
    Errc carry_out(Cancel& wish);

    Config config_;
    LocalVisitors visitors_;
    Out out_;
    Desk desk_;
    Parts parts_;

    CommandId connect_{};  ///< the Connect command
    ConnectionId connection_{};
    std::uint64_t dialled_ = 0;
    Stage stage_ = Stage::idle;
    Errc reason_ = Errc::none;
    Errc closing_for_ = Errc::none;        ///< while closing
    Instant due_ = Instant::max();         ///< the time limit of the stage
    Instant connect_by_ = Instant::max();  ///< until the first agreement
    std::optional<RefuseReason> refusal_;
    std::uint32_t failures_ = 0;  ///< tries without an agreement, in a row
    std::uint64_t next_command_ = 1;
    bool wanted_ = false;  ///< until we end the connection
    bool stopping_ = false;
};

}  // namespace ouro::local_initiator
