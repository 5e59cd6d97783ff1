#pragma once

#include "behavior/frame/serving.hpp"
#include "behavior/local/served_client.hpp"
#include "behavior/local/visitors.hpp"

namespace ouro::local_responder {

/// The list of parts that serve clients, and the life of their connections.
class Frame : public frame::ServingFrame<Frame, ServerSide> {
  public:
    Frame(Config config, std::uint64_t& ids);

    /// Visitors see a message that is about to be sent. Call `drop_command` next.
    InterfaceCommand<n2c::Message>* front_command();
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    using Base = frame::ServingFrame<Frame, ServerSide>;
    friend Base;

    // Hooks of the base.
    std::unique_ptr<Peer> make_peer(ConnectionId connection, const PeerId& remote) {
        // Nothing is drawn with the seed: these protocols have no time limits.
        return std::make_unique<Peer>(desk_.layout, connection, remote, 1);
    }
    void connected(Peer& peer);
    void initialized(Peer& peer);
    void receiving(Peer& peer, const io::Recv<n2c::Message>& event);
    void disconnected(const io::Disconnected& event);
    void look_at(Peer& peer);

    using Base::handle;
    void handle(io::Trouble& event) { desk_.report(InterfaceTrouble{event.error}); }

    // Commands.
    Errc carry_out(Answer& wish, Command&) { return answer(wish.connection, wish.message); }
    Errc carry_out(ChainChanged& change, Command&);
    Errc carry_out(DisconnectPeer& wish, Command&);

    LocalVisitors visitors_;
    std::optional<ChainSource> source_;
};

}  // namespace ouro::local_responder
