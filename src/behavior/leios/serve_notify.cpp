#include "serve_notify.hpp"

namespace ouro::responder {

Errc LeiosNotifyPart::received(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State) {
    if (std::holds_alternative<LeiosNotify::RequestNext>(message))
        desk_.out.event(Requested{peer.connection(), peer.peer, std::move(message)});
    return Errc::none;
}

Errc LeiosNotifyPart::answered(Peer& peer, LeiosNotify::Message& message) {
    if (!fits<LeiosNotify>(message, LeiosNotify::State::busy)) return Errc::bad_argument;
    return send(peer, std::move(message));
}

}  // namespace ouro::responder
