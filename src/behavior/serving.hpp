#pragma once

#include <functional>

#include "behavior/frame/serving.hpp"
#include "behavior/peers/bans.hpp"
#include "behavior/peers/pruning.hpp"
#include "behavior/peers/served_peer.hpp"
#include "visitors.hpp"

namespace ouro::responder {

/// The serving side of a node: its parts, and the life of its connections.
class Frame : public frame::ServingFrame<Frame, ServingSide>, public View {
  public:
    Frame(Config config, std::uint64_t& ids);

    /// The next command, or null; visitors see a message that is about to be sent. Call `drop_command` next.
    InterfaceCommand<n2n::Message>* front_command();
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
    using Base = frame::ServingFrame<Frame, ServingSide>;
    friend Base;

    // Hooks of the base.
    std::unique_ptr<Peer> make_peer(ConnectionId connection, const PeerId& remote);
    Errc refusal(const PeerId& peer);
    void connected(Peer& peer);
    void initialized(Peer& peer);
    void negotiated(Peer& peer);
    void receiving(Peer& peer, const io::Recv<n2n::Message>& event);
    void received(Peer& peer, const frame::Endpoint& endpoint);
    void sent(Peer& peer, const frame::Endpoint& endpoint);
    void answered(Peer& peer);
    void disconnected(const io::Disconnected& event);
    void look_at(Peer& peer);
    void pass();
    [[nodiscard]] Instant next_of_its_own() const noexcept;
    void conclude();

    using Base::handle;
    void handle(io::Trouble& event) { desk_.report(InterfaceTrouble{event.error, std::move(event.peer)}); }

    void arm_idle(Peer& peer) {
        if (config_.idle_timeout > Duration::zero()) peer.idle_at = desk_.now + config_.idle_timeout;
    }
    /// Closes the least useful connection to make room for a new one.
    void prune(ConnectionId newcomer);
    /// Starts the time limit of the next ping: a peer has to keep the connection alive from its first message on.
    void expect_ping(Peer& peer);
    /// Looks at the peer when anything of it is due.
    void watch(Peer& peer);

    // Commands.
    using Base::carry_out;
    Errc carry_out(Answer& wish, Command&) { return answer(wish.connection, wish.message); }
    Errc carry_out(ChainChanged& change, Command&);
    Errc carry_out(DisconnectPeer& wish, Command&);
    Errc carry_out(BanPeer& wish, Command&) { return ban(wish); }
    Errc carry_out(UnbanPeer& wish, Command&) { return bans_.remove(wish.peer, desk_.now); }
    Errc carry_out(Housekeeping&, Command&);
    Errc ban(BanPeer& wish);

    Visitors visitors_;
    std::optional<ChainSource> source_;
    std::size_t keep_alive_ = 0;  // endpoint
    Bans bans_;
    Pruning pruning_;
    std::function<bool(ConnectionId)> spared_;
    std::uint64_t random_;
};

}  // namespace ouro::responder
