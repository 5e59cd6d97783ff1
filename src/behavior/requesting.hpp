#pragma once

#include "behavior/peers/book.hpp"
#include "behavior/peers/churn.hpp"
#include "behavior/peers/connection.hpp"
#include "behavior/peers/handshake.hpp"
#include "behavior/peers/promotion.hpp"
#include "behavior/sharing/discover.hpp"
#include "behavior/visitors.hpp"

namespace ouro::initiator {

/// The requesting side of a node: its parts, and the life of its peers. It hands each message to its part,
/// keeps the deadlines, carries out the decisions of `PromotionPart`, and disconnects a peer that breaks a rule.
class Frame : public View {
  public:
    /// `ids`: the id of the next command, shared with the other side of a node. It outlives the frame.
    Frame(Config config, std::uint64_t& ids);
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() override = default;

    void handle_io(InterfaceEvent<n2n::Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    /// The next command, or null; visitors see a message that is about to be sent. Call `drop_command` next.
    InterfaceCommand<n2n::Message>* front_command();
    void drop_command() { out_.drop_command(); }
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return connection_.idle(); }
    [[nodiscard]] std::vector<PeerState> peers() const override;
    [[nodiscard]] Counters counters() const noexcept override { return book_.counters(); }
    [[nodiscard]] std::vector<PeerId> shareable() const override;

    // For a node, which uses connections both ways.

    /// Connections are released where possible, because the peer may use them: see `poll_released`.
    void share_connections() noexcept { sharing_ = true; }
    /// Sets the address that the other side shares with peers, which is never dialled.
    void share_address(const PeerId& own) { book_.own().share(own); }
    /// The agreement on a connection that this side has dialled.
    [[nodiscard]] std::optional<Agreement> agreement(ConnectionId connection) const noexcept;
    /// Answers a dial with an open connection of the peer. False if nothing waits for it any more.
    bool adopt(ConnectionId dial, ConnectionId connection, const Agreement& agreement, Instant now);
    /// Dials the peer's address no sooner than `until`. Call it before the end of its connection is reported.
    void rest(const PeerId& id, Instant until, Instant now);
    /// Begins the dial no sooner than `until`.
    void postpone(ConnectionId dial, Instant until);
    /// Whether the dial goes out if the peer has no connection open, and whether it goes out from the listening
    /// address.
    [[nodiscard]] bool may_go_out(ConnectionId dial) const noexcept;
    [[nodiscard]] bool from_listening(ConnectionId dial) const noexcept;
    /// The peer has opened a connection that this side may use, or lost it. A new one ends a wait after a failure of
    /// the network, not one after an offence of the peer.
    void came(const PeerId& id, Instant now);
    void went(const PeerId& id) noexcept;
    /// A connection that this side does not use any more, without outstanding answers. Disconnected with this reason
    /// follows.
    struct Released {
        ConnectionId connection{};
        Errc reason{};
    };
    std::optional<Released> poll_released() { return released_.try_pop_front(); }
    /// A peer whose transactions lost their places, because they were more than its share.
    std::optional<PeerId> poll_crowder() { return desk_.crowders.try_pop_front(); }

  private:
    // Events of the interface.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble&) {}
    void receive(Peer& peer, Part& part, n2n::Message& message, std::size_t bytes);
    void receive(Peer& peer, Handshake::Message& message, std::size_t bytes);
    /// Handles the due deadlines of the peer.
    void look_at(Peer& peer);
    /// Whether the peer's endpoints and slices are in use.
    [[nodiscard]] static bool in_use(const Peer& peer) noexcept {
        return peer.requesting && (peer.stage != Stage::closing || peer.parting != Errc::none);
    }
    /// Schedules a look at the peer for its earliest deadline.
    void watch(Peer& peer);
    /// Carries out the wishes of visitors, and changes temperatures as the targets demand.
    void conclude();
    void carry_out(const PromotionPart::Decision& decision);
    void carry_out_wishes();
    void carry_out_requests();
    /// Whether a part can continue because the user took events.
    [[nodiscard]] bool attention() const noexcept;

    // The use of a peer, from its handshake to its end.
    void initialized(Peer& peer);
    void heat(Peer& peer);
    void cool(Peer& peer);
    /// Ends the cooling of a peer that owes no answers.
    void finish_cooling(Peer& peer);
    /// Ends the mini-protocols in which it is our turn, and disconnects. A peer that is not kept is then forgotten.
    void leave(Peer& peer, Errc reason, bool keep);
    /// Disconnects a peer that owes answers which are not needed. It is dialled again.
    void leave_debtor(Peer& peer);
    /// Gives the peer's requests to other peers, and releases its connection after its outstanding answers.
    void part(Peer& peer, Errc reason);
    void part_further(Peer& peer);
    /// Whether the peer may be using the connection, too.
    [[nodiscard]] bool shared(const Peer& peer) const noexcept {
        return sharing_ && peer.ready() && !peer.agreement->data.initiator_only;
    }
    void say_goodbye(Peer& peer) {
        parts_.each([&](Part& part) { part.say_goodbye(peer); });
    }
    /// Ends the connection. The peer's requests go to other peers at once.
    void drop(Peer& peer, io::Close how, Errc reason, const Violation& violation = {});
    /// Whether only a peer that breaks the protocol can break this rule. A roll-backward to a point that is not
    /// remembered is no offence: a node that has itself started again may have to go back that far.
    [[nodiscard]] static bool offence(Errc rule) noexcept;
    /// Takes the peer out of use: it becomes cold, or banned if it broke a rule.
    void retire(Peer& peer, Errc reason, const Violation& violation);
    void ban(Peer& peer, Errc reason, Duration time);
    void pardon(Peer& peer);
    void forget(Peer& peer);

    // Commands.
    Result<CommandId> carry_out(CommandId id, IncludePeer& command);
    Result<CommandId> carry_out(CommandId id, DemotePeer& command);
    Result<CommandId> carry_out(CommandId id, KnowPeers& command);
    Result<CommandId> carry_out(CommandId id, SetLocalRoots& command);
    Result<CommandId> carry_out(CommandId id, SetTargets& command);
    Result<CommandId> carry_out(CommandId id, SetOwnAddresses& command);
    Result<CommandId> carry_out(CommandId id, BanPeer& command);
    Result<CommandId> carry_out(CommandId id, UnbanPeer& command);
    Result<CommandId> carry_out(CommandId id, RejectBlock& command);
    Result<CommandId> carry_out(CommandId id, Housekeeping& command);

    Config config_;
    Visitors visitors_;
    Out out_;
    Desk desk_;
    PeerBook book_;
    PromotionPart promotion_;
    ChurnPart churn_;
    ConnectionPart connection_;
    Handshakes handshakes_;
    Parts parts_;
    DiscoveryPart& discovery_;
    std::uint64_t& ids_;
    detail::Fifo<Released> released_;
    bool sharing_ = false;
    bool stopping_ = false;
};

}  // namespace ouro::initiator
