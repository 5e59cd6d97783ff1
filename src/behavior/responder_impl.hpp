#pragma once

#include <functional>
#include <unordered_map>

#include <ouro/behavior/responder.hpp>

#include "behavior/block_fetch/serve.hpp"
#include "behavior/chain_sync/serve.hpp"
#include "behavior/leios/serve_fetch.hpp"
#include "behavior/leios/serve_notify.hpp"
#include "behavior/peers/bans.hpp"
#include "behavior/peers/pruning.hpp"
#include "behavior/sharing/serve.hpp"
#include "behavior/txs/pull.hpp"
#include "visitors.hpp"

namespace ouro {

/// Routes facts to the part that owns them, keeps the deadlines, and ends the connection of a peer that breaks a rule.
class ResponderBehavior::Impl {
  public:
    using Peer = responder::Peer;

    explicit Impl(Config config);

    void handle_io(InterfaceEvent<Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop();
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return peers_.empty(); }
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] std::vector<responder::Ban> bans() const { return bans_.all(); }
    [[nodiscard]] const responder::Counters& counters() const noexcept { return counters_; }

    // What a node needs that uses a connection both ways.

    /// Serves on a connection that we have opened, with this agreement.
    void adopt(ConnectionId connection, const PeerId& remote, const Agreement& agreement, Instant now);
    [[nodiscard]] std::optional<Agreement> agreement(ConnectionId connection) const noexcept {
        const Peer* peer = find(connection);
        return peer && !peer->closing ? peer->agreement : std::nullopt;
    }
    /// Whether the peer has begun anything that has not ended.
    [[nodiscard]] bool active(ConnectionId connection) const noexcept {
        const Peer* peer = find(connection);
        return peer && peer->link.active();
    }
    /// Closes the connections of that very address and port.
    void send_away(const PeerId& peer, Errc reason);
    /// Connections that are not pruned, whatever they are used for.
    void spare(std::function<bool(ConnectionId)> spared) { spared_ = std::move(spared); }
    void number_commands_from(std::uint64_t number) noexcept { next_command_ = number; }

  private:
    // Facts.
    void handle(io::Connected& event, Instant now);
    void handle(io::Disconnected& event, Instant now);
    void handle(io::Recv<n2n::Message>& event, Instant now);
    void handle(io::Sent& event, Instant now);
    void handle(io::Trouble& event, Instant) {
        desk_.tell(responder::InterfaceTrouble{event.error, std::move(event.peer)});
    }
    template <class P>
    void receive(Peer& peer, typename P::Message& message, std::size_t bytes, Instant now);
    template <class P>
    void credit(Peer& peer);
    void apply(Peer& peer, Handshake::Message& message, Instant now);
    void welcome(Peer& peer, const Agreement& agreement, Instant now);
    void apply(Peer& peer, ChainSync::Message& message, Instant now) { chain_sync_.received(peer, message, now); }
    void apply(Peer& peer, BlockFetch::Message& message, Instant now) { block_fetch_.received(peer, message, now); }
    void apply(Peer& peer, KeepAlive::Message& message, Instant now);
    void apply(Peer& peer, PeerSharing::Message& message, Instant now) { peer_sharing_.received(peer, message, now); }
    void apply(Peer& peer, LeiosNotify::Message& message, Instant) { leios_notify_.received(peer, message); }
    void apply(Peer& peer, LeiosFetch::Message& message, Instant) { leios_fetch_.received(peer, message); }
    void arm_idle(Peer& peer, Instant now) {
        if (config_.idle_timeout > Duration::zero()) peer.idle_at = now + config_.idle_timeout;
    }

    // Commands.
    template <class Answer>
        requires requires(responder::ChainSyncPart& part, Peer& peer, Answer& answer) {
            part.provide(peer, answer, Instant{});
        }
    Errc carry_out(Answer& answer, Instant now);
    template <class Answer>
        requires requires(responder::LeiosNotifyPart& part, Peer& peer, Answer& answer) {
            part.provide(peer, answer, Instant{});
        }
    Errc carry_out(Answer& answer, Instant now);
    Errc carry_out(responder::ProvideBlocks& answer, Instant now);
    Errc carry_out(responder::ProvidePeers& answer, Instant now);
    Errc carry_out(responder::ProvideEb& answer, Instant now);
    Errc carry_out(responder::ProvideEbTxs& answer, Instant now);
    Errc carry_out(responder::RejectTx& wish, Instant now);
    Errc carry_out(responder::ChainChanged& change, Instant now);
    Errc carry_out(responder::DisconnectPeer& wish, Instant now);
    Errc carry_out(responder::BanPeer& wish, Instant now);
    Errc carry_out(responder::UnbanPeer& wish, Instant now) { return bans_.remove(wish.peer, now); }
    Errc carry_out(responder::Housekeeping& wish, Instant now);
    /// Makes room for the connection that has just come in.
    void prune(ConnectionId newcomer);
    /// The peer has to keep the connection alive from its first message on, whatever that is about.
    void expect_ping(Peer& peer, Instant now);
    template <class F>
    Errc answer_for(ConnectionId connection, F&& answer);
    void carry_out_wishes();

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept {
        const auto it = peers_.find(connection);
        return it == peers_.end() ? nullptr : it->second.get();
    }
    void watch(Peer& peer) { desk_.watch(peer); }

    Config config_;
    responder::Out out_;
    responder::Counters counters_;
    Visitors visitors_;
    Instant now_{};  // as last told
    responder::Desk desk_;
    std::optional<ChainSource> source_;
    responder::ChainSyncPart chain_sync_;
    responder::BlockFetchPart block_fetch_;
    responder::PeerSharingPart peer_sharing_;
    responder::TxSubmissionPart tx_submission_;
    responder::Bans bans_;
    responder::Pruning pruning_;
    std::function<bool(ConnectionId)> spared_;
    responder::LeiosNotifyPart leios_notify_;
    responder::LeiosFetchPart leios_fetch_;
    std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
    std::uint64_t random_;
    std::uint64_t next_command_ = 1;
    bool stopping_ = false;
};

}  // namespace ouro
