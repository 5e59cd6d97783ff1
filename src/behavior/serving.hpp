#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "behavior/block_fetch/serve.hpp"
#include "behavior/chain_sync/serve.hpp"
#include "behavior/leios/serve_fetch.hpp"
#include "behavior/leios/serve_notify.hpp"
#include "behavior/peers/bans.hpp"
#include "behavior/peers/pruning.hpp"
#include "behavior/peers/serve_keep_alive.hpp"
#include "behavior/sharing/serve.hpp"
#include "behavior/txs/pull.hpp"
#include "visitors.hpp"

namespace ouro::responder {

/// The serving side of a node: its list of parts, and the life of its connections. It hands each fact to the part that
/// owns it, keeps the deadlines, and ends the connection of a peer that breaks a rule.
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
    [[nodiscard]] bool idle() const noexcept { return peers_.empty(); }
    [[nodiscard]] std::vector<PeerState> peers() const override;
    [[nodiscard]] std::vector<Ban> bans() const override { return bans_.all(); }
    [[nodiscard]] const Counters& counters() const noexcept override { return counters_; }

    // For a node, which uses a connection both ways.

    /// Serves on a connection that we have opened, with this agreement.
    void adopt(ConnectionId connection, const PeerId& remote, const Agreement& agreement, Instant now);
    [[nodiscard]] std::optional<Agreement> agreement(ConnectionId connection) const noexcept {
        const Peer* peer = find(connection);
        return peer && !peer->closing ? peer->agreement : std::nullopt;
    }
    /// Whether the peer has begun a mini-protocol that has not ended.
    [[nodiscard]] bool active(ConnectionId connection) const noexcept {
        const Peer* peer = find(connection);
        return peer && peer->side().active();
    }
    /// Closes the connections of that very address and port.
    void send_away(const PeerId& peer, Errc reason);
    /// Connections that are not pruned, whatever they are used for.
    void spare(std::function<bool(ConnectionId)> spared) { spared_ = std::move(spared); }

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2n::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble& event) { desk_.report(InterfaceTrouble{event.error, std::move(event.peer)}); }
    void receive(Peer& peer, Part& part, n2n::Message& message, std::size_t bytes);
    void receive(Peer& peer, Handshake::Message& message, std::size_t bytes);
    void welcome(Peer& peer, const Agreement& agreement);
    void arm_idle(Peer& peer) {
        if (config_.idle_timeout > Duration::zero()) peer.idle_at = desk_.now + config_.idle_timeout;
    }
    Peer& add(ConnectionId connection, const PeerId& remote);
    /// Closes the least useful connection to make room for a new one.
    void prune(ConnectionId newcomer);
    /// Starts the time limit of the next ping: a peer has to keep the connection alive from its first message on.
    void expect_ping(Peer& peer);
    /// Looks at the peer when anything of it is due.
    void watch(Peer& peer);

    // Commands.
    template <class Answered>
    Errc answer_for(ConnectionId connection, Answered&& answered);
    Errc carry_out(Answer& answer);
    Errc carry_out(ProvideBlocks& answer);
    Errc carry_out(RejectTx& wish);
    Errc carry_out(ChainChanged& change);
    Errc carry_out(DisconnectPeer& wish);
    Errc carry_out(BanPeer& wish);
    Errc carry_out(UnbanPeer& wish) { return bans_.remove(wish.peer, desk_.now); }
    Errc carry_out(Housekeeping& wish);
    void carry_out_wishes();

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept {
        const auto it = peers_.find(connection);
        return it == peers_.end() ? nullptr : it->second.get();
    }

    Config config_;
    Out out_;
    Counters counters_;
    Visitors visitors_;
    Desk desk_;
    std::optional<ChainSource> source_;
    Parts parts_;
    BlockFetchPart* block_fetch_ = nullptr;
    TxSubmissionPart* txs_ = nullptr;
    Part* keep_alive_ = nullptr;
    Bans bans_;
    Pruning pruning_;
    std::function<bool(ConnectionId)> spared_;
    Peers peers_;
    std::uint64_t random_;
    std::uint64_t& ids_;
    bool stopping_ = false;
};

}  // namespace ouro::responder
