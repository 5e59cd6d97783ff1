#pragma once

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

namespace ouro::initiator {

/// The requesting side of a node: its list of parts, and the life of its peers. It hands each fact to the part that
/// owns it, keeps the deadlines, decides with `PromotionPart` which peers are warm and hot, and ends the connection of
/// a peer that breaks a rule.
class Frame : public View {
  public:
    /// `ids`: numbers the commands, also those of the other side of a node. It outlives the frame.
    Frame(Config config, std::uint64_t& ids);
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() override = default;

    void handle_io(InterfaceEvent<n2n::Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<n2n::Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return connection_.idle(); }
    [[nodiscard]] std::vector<PeerState> peers() const override;
    [[nodiscard]] Counters counters() const noexcept override { return book_.counters(); }
    [[nodiscard]] std::vector<PeerId> shareable() const override;

    // For a node, which uses a connection both ways.

    /// Connections are released where possible, because the peer may use them: see `poll_released`.
    void share_connections() noexcept { sharing_ = true; }
    /// The agreement on a connection of ours.
    [[nodiscard]] std::optional<Agreement> agreement(ConnectionId connection) const noexcept;
    /// Answers a dial with an open connection of the peer. False if nothing waits for it any more.
    bool adopt(ConnectionId dial, ConnectionId connection, const Agreement& agreement, Instant now);
    /// The peer's address is not dialled before `until`. Call it before the end of its connection is reported.
    void rest(const PeerId& id, Instant until, Instant now);
    /// A dial begins no sooner than `until`.
    void postpone(ConnectionId dial, Instant until);
    /// Whether the dial goes out if the peer has no connection open, and whether from the address that we listen at.
    [[nodiscard]] bool may_go_out(ConnectionId dial) const noexcept;
    [[nodiscard]] bool from_listening(ConnectionId dial) const noexcept;
    /// The peer has opened a connection that could serve us, or lost it. One that comes ends a wait after a failure of
    /// the network, not one after an offence of the peer.
    void came(const PeerId& id, Instant now);
    void went(const PeerId& id) noexcept;
    /// A connection that is not used any more, and on which nothing is owed. Answered by Disconnected with this reason.
    struct Released {
        ConnectionId connection{};
        Errc reason{};
    };
    std::optional<Released> poll_released() { return released_.try_pop_front(); }
    /// A peer whose transactions have lost their places because they were more than its share.
    std::optional<PeerId> poll_crowder() { return desk_.crowders.try_pop_front(); }

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble&) {}
    void receive(Peer& peer, Part& part, n2n::Message& message, std::size_t bytes);
    void receive(Peer& peer, Handshake::Message& message, std::size_t bytes);
    /// Handles what is due of the peer.
    void look_at(Peer& peer);
    /// Whether the peer's endpoints and slices are in use.
    [[nodiscard]] static bool in_use(const Peer& peer) noexcept {
        return peer.requesting && (peer.stage != Stage::closing || peer.parting != Errc::none);
    }
    /// Looks at the peer when anything of it is due.
    void watch(Peer& peer);
    /// Does what follows from all that has happened: wishes of visitors, and changes of temperature.
    void conclude();
    void carry_out(const PromotionPart::Decision& decision);
    void carry_out_wishes();
    void carry_out_parts_wishes();
    /// Whether anything can continue because the user took events.
    [[nodiscard]] bool attention() const noexcept;

    // How peers come into use, and leave it.
    void initialized(Peer& peer);
    void heat(Peer& peer);
    void cool(Peer& peer);
    /// A cooling peer that owes nothing any more is warm like all others.
    void finish_cooling(Peer& peer);
    /// Ends the mini-protocols in which it is our turn, and disconnects. A peer that is not kept is then forgotten.
    void leave(Peer& peer, Errc reason, bool keep);
    /// Leaves a peer that owes answers which are not needed. It is dialled anew.
    void leave_debtor(Peer& peer);
    /// Gives the peer's work to others, and releases its connection when it has answered what it owes.
    void part(Peer& peer, Errc reason);
    void part_further(Peer& peer);
    /// Whether the peer may be using the connection, too.
    [[nodiscard]] bool shared(const Peer& peer) const noexcept {
        return sharing_ && peer.ready() && !peer.agreement->data.initiator_only;
    }
    void say_goodbye(Peer& peer) {
        parts_.each([&](Part& part) { part.say_goodbye(peer); });
    }
    /// Ends the connection. The peer's work goes to others at once.
    void drop(Peer& peer, io::Close how, Errc reason, const Violation& violation = {});
    /// Whether a peer that keeps to the protocol never does this, whatever happens on the network. A roll-backward to
    /// a point that is not remembered is no offence: a node that has itself begun anew may have to go back that far.
    [[nodiscard]] static bool offence(Errc rule) noexcept;
    /// Takes the peer out of use: it is cold, or banned if it broke a rule.
    void retire(Peer& peer, Errc reason, const Violation& violation);
    void ban(Peer& peer, Errc reason, Duration time);
    void pardon(Peer& peer);
    void forget(Peer& peer);

    // Commands.
    Result<CommandId> carry_out(CommandId id, IncludePeer& wish);
    Result<CommandId> carry_out(CommandId id, DemotePeer& wish);
    Result<CommandId> carry_out(CommandId id, KnowPeers& wish);
    Result<CommandId> carry_out(CommandId id, SetLocalRoots& wish);
    Result<CommandId> carry_out(CommandId id, SetTargets& wish);
    Result<CommandId> carry_out(CommandId id, SetOwnAddresses& wish);
    Result<CommandId> carry_out(CommandId id, BanPeer& wish);
    Result<CommandId> carry_out(CommandId id, UnbanPeer& wish);
    Result<CommandId> carry_out(CommandId id, Housekeeping& wish);

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
