#pragma once

#include <deque>
#include <unordered_map>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/random.hpp>
#include <ouro/behavior/node.hpp>

#include "behavior/peers/connection_table.hpp"
#include "initiator_impl.hpp"
#include "responder_impl.hpp"

namespace ouro {

/// Stands between the two sides and the interface: gives each fact to the side it is for, passes wishes on, and keeps
/// who uses which connection. Each side works as if it were alone, but for what is said here: a dial may be answered
/// with a connection that is there, a connection may be served that was dialled, and one is closed when nobody uses it.
class NodeBehavior::Impl {
  public:
    explicit Impl(Config config);

    void handle_io(InterfaceEvent<Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return initiator_.has_event() || responder_.has_event(); }
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] node::Counters counters() const noexcept;
    [[nodiscard]] const InitiatorBehavior& initiator() const noexcept { return initiator_; }
    [[nodiscard]] const ResponderBehavior& responder() const noexcept { return responder_; }

  private:
    using State = node::ConnectionState;
    using Call = node::ConnectionCall;
    using Answer = node::ConnectionAnswer;

    /// A connection, or an address that waits after one.
    struct Connection {
        ConnectionId id{};
        PeerId peer;
        State state = State::none;
        bool open = true;
        bool indexed = false;    ///< a dial to its address finds it
        bool sent_away = false;  ///< by the serving side
        bool released = false;   ///< we are closing it in good order
        std::optional<Agreement> agreement;
        Instant since{};                     ///< when it was opened
        std::optional<ConnectionId> suitor;  ///< a dial that waits for what becomes of it
        Instant due = Instant::max();        ///< when its state ends by itself
        Instant scheduled = Instant::max();  ///< its earliest entry among the deadlines
    };

    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble& event) { responder_.handle_io(std::move(event), now_); }
    void negotiated(Connection& c, const std::optional<Agreement>& agreement);

    // Wishes of the two sides.
    void carry_out_wishes();
    void pass_on(InterfaceCommand<Message>& command);
    void pass_on(io::Disconnect& command);
    void cancel(std::unordered_map<ConnectionId, ConnectionId>::iterator waiting, Errc reason);
    void acquire(ConnectionId dial, const PeerId& peer);
    void release(const InitiatorBehavior::Impl::Released& wish);
    void refuse(ConnectionId dial, const PeerId& peer, Errc reason);
    template <class Side, class Wish>
    Result<CommandId> give(Side& side, Wish& wish);

    // Connections.
    Connection& add(ConnectionId id, const PeerId& peer, State state);
    void erase(Connection& c);
    /// Takes the step, if there is one.
    Answer move(Connection& c, Call call);
    void enter(Connection& c, State to);
    void watch(Connection& c);
    void close(Connection& c, io::Close how, Errc reason);
    void time_out(Connection& c);
    void ask_again(Connection& c);
    /// Whether the peer has opened it, and both sides may use it.
    [[nodiscard]] bool may_serve_us(const Connection& c) const noexcept;
    /// Tells the dialling side of one that may serve it.
    void tell_of(const Connection& c);
    [[nodiscard]] std::vector<initiator::InboundPeer> inbound_peers() const;
    void rest(Connection& c);
    /// Whether its address has to wait when it has ended.
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

    node::Config config_;
    InitiatorBehavior initiator_;
    ResponderBehavior responder_;
    detail::Fifo<InterfaceCommand<Message>> commands_;
    Instant now_{};  // as last told
    std::unordered_map<ConnectionId, Connection> connections_;
    std::unordered_map<PeerId, ConnectionId> by_peer_;
    std::unordered_map<ConnectionId, ConnectionId> suitors_;  // a dial, and the connection it waits for
    std::deque<ConnectionId> resting_;                        // addresses that wait, or have waited, the oldest first
    std::size_t rests_ = 0;                                   // of them, those that wait
    detail::Deadlines<ConnectionId> deadlines_;
    std::size_t inbound_ = 0;  // connections that count as the peers' own
    std::uint64_t random_;
    std::uint64_t reused_ = 0;
    std::uint64_t pruned_ = 0;
    bool responders_turn_ = false;
};

}  // namespace ouro
