#pragma once

#include <deque>
#include <unordered_map>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/node.hpp>

#include "behavior/peers/connection_table.hpp"
#include "requesting.hpp"
#include "serving.hpp"

namespace ouro::node {

/// Connects the two sides of a node with the interface: hands each event to its side, and records which side uses a
/// connection. Each side works as if it were alone, except that a dial may be answered with an open connection, a
/// dialled connection may be served, and a connection is closed when neither side uses it.
class Frame {
  public:
    explicit Frame(Config config);

    void handle_io(InterfaceEvent<n2n::Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    InterfaceCommand<n2n::Message>* front_command();
    void drop_command() { commands_.drop_front(); }
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return initiator_.has_event() || responder_.has_event(); }
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] Counters counters() const noexcept;
    [[nodiscard]] const initiator::View& initiator() const noexcept { return initiator_; }
    [[nodiscard]] const responder::View& responder() const noexcept { return responder_; }

  private:
    using State = ConnectionState;
    using Call = ConnectionCall;
    using Answer = ConnectionAnswer;

    /// A connection, or an address that rests after one.
    struct Connection {
        ConnectionId id{};
        PeerId peer;
        State state = State::none;
        bool open = true;
        bool indexed = false;    ///< a dial to the address finds it
        bool sent_away = false;  ///< the serving side has disconnected it
        bool released = false;   ///< this side closes it in good order
        std::optional<Agreement> agreement;
        Instant since{};                     ///< when it was opened
        std::optional<ConnectionId> suitor;  ///< a dial that waits until it is negotiated or gone
        Instant due = Instant::max();        ///< when its state times out
        Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines
    };

    // Events of the interface.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble& event) { to_responder(std::move(event)); }
    void negotiated(Connection& c, const std::optional<Agreement>& agreement);
    void to_initiator(InterfaceEvent<n2n::Message> event) { initiator_.handle_io(event, now_); }
    void to_responder(InterfaceEvent<n2n::Message> event) { responder_.handle_io(event, now_); }

    // Commands of the two sides.
    void carry_out_commands();
    void pass_on(InterfaceCommand<n2n::Message>& command);
    void pass_on(io::Disconnect& command);
    void cancel(std::unordered_map<ConnectionId, ConnectionId>::iterator waiting, Errc reason);
    void acquire(ConnectionId dial, const PeerId& peer);
    void release(const initiator::Frame::Released& released);
    void refuse(ConnectionId dial, const PeerId& peer, Errc reason);
    template <class SideCommand, class Side, class C>
    Result<CommandId> give(Side& side, C& command);

    // Connections.
    Connection& add(ConnectionId id, const PeerId& peer, State state);
    void erase(Connection& c);
    /// Takes the step of the connection table, if it has one.
    Answer move(Connection& c, Call call);
    void enter(Connection& c, State to);
    void watch(Connection& c);
    void close(Connection& c, io::Close how, Errc reason);
    void time_out(Connection& c);
    void ask_again(Connection& c);
    /// Whether the peer has opened the connection, and both sides may use it.
    [[nodiscard]] bool may_serve_us(const Connection& c) const noexcept;
    /// Reports a connection that the dialling side may use.
    void report_inbound(const Connection& c);
    [[nodiscard]] std::vector<initiator::InboundPeer> inbound_peers() const;
    void rest(Connection& c);
    /// Whether the address rests after the connection.
    [[nodiscard]] bool must_rest(const Connection& c) const noexcept;
    void prune();
    [[nodiscard]] Connection* find(ConnectionId id) noexcept {
        const auto found = connections_.find(id);
        return found == connections_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] Connection* at(const PeerId& peer) noexcept {
        const auto found = by_peer_.find(peer);
        return found == by_peer_.end() ? nullptr : find(found->second);
    }

    Config config_;
    std::uint64_t ids_ = 1;  // of the next command of either side
    initiator::Frame initiator_;
    responder::Frame responder_;
    detail::Fifo<InterfaceCommand<n2n::Message>, detail::kept_commands> commands_;
    Instant now_{};  // of the last call
    std::unordered_map<ConnectionId, Connection> connections_;
    std::unordered_map<PeerId, ConnectionId> by_peer_;
    std::unordered_map<ConnectionId, ConnectionId> suitors_;  // by dial: the connection that it waits for
    std::deque<ConnectionId> resting_;                        // addresses that rest, or have rested, oldest first
    std::size_t rests_ = 0;                                   // how many of them rest
    detail::Deadlines<ConnectionId> deadlines_;
    std::size_t inbound_ = 0;  // connections that count as inbound
    std::uint64_t random_;
    std::uint64_t reused_ = 0;
    std::uint64_t pruned_ = 0;
    bool responders_turn_ = false;
};

}  // namespace ouro::node
