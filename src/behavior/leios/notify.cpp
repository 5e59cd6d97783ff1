#include "notify.hpp"

#include "behavior/peers/served_peer.hpp"

namespace ouro::initiator {

Errc LeiosNotifyPart::received(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State) {
    parts_.speaker<LeiosFetchPart>(LeiosFetch::channel).offered(peer, message);
    std::visit(
        [&]<class M>(M& notification) {
            if constexpr (std::is_constructible_v<decltype(EbNotification::notification), M>) {
                ++untaken_[peer.id];
                desk_.out.event(EbNotification{peer.id, std::move(notification)});
            }
        },
        message);
    if (peer.temperature == Temperature::hot) top_up(peer);
    return Errc::none;
}

void LeiosNotifyPart::resume() {
    if (!std::exchange(wants_more_, false)) return;
    for (Peer* peer : hot_) top_up(*peer);
}

void LeiosNotifyPart::taken(const Event& event) {
    const auto* notification = std::get_if<EbNotification>(&event);
    if (!notification) return;
    const auto count = untaken_.find(notification->peer);
    if (--count->second == 0) untaken_.erase(count);
    wants_more_ = true;
}

void LeiosNotifyPart::top_up(Peer& peer) {
    const auto count = untaken_.find(peer.id);
    const std::size_t untaken = count == untaken_.end() ? 0 : count->second;
    std::size_t used = untaken + machine(peer).pending() + (machine(peer).theirs() ? 1 : 0);
    for (; used < desk_.config.notify_window; ++used) send(peer, LeiosNotify::RequestNext{});
}

}  // namespace ouro::initiator

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, LeiosNotify>,
                                           initiator::RequestingSide::Making& with) {
    if (!with.desk.config.leios) return nullptr;
    return std::make_unique<initiator::LeiosNotifyPart>(with.desk, with.book.hot(), with.parts);
}

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, LeiosNotify>,
                                           responder::ServingSide::Making& with) {
    if (!with.desk.config.leios) return nullptr;
    return std::make_unique<responder::Speaker<LeiosNotify>>(with.desk);
}

}  // namespace ouro::frame
