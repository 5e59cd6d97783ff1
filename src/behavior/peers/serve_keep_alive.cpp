#include "served_peer.hpp"

namespace ouro::responder {

/// Answers pings.
class KeepAlivePart : public Speaker<KeepAlive> {
  public:
    explicit KeepAlivePart(Desk& desk) : Speaker(desk) {}

  private:
    Errc received(Peer& peer, KeepAlive::Message& message, KeepAlive::State) override {
        if (const auto* ping = std::get_if<KeepAlive::Ping>(&message)) {
            ++desk_.counters.keep_alives;
            send(peer, KeepAlive::Pong{ping->cookie}, 8);
        }
        return Errc::none;
    }
};

}  // namespace ouro::responder

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, KeepAlive>,
                                           responder::ServingSide::Making& with) {
    return std::make_unique<responder::KeepAlivePart>(with.desk);
}

}  // namespace ouro::frame
