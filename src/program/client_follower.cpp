#include "client_follower.hpp"

#include <ouro/chain/header.hpp>

namespace ouro::detail {

ClientFollower::ClientFollower(std::unique_ptr<LocalDriver> driver, std::shared_ptr<ClientNews> news,
                               Feed::Options options)
    : StepStream(driver->get_executor(), std::move(options)),
      driver_(std::move(driver)),
      news_(std::move(news)),
      looks_for_tip_(feed_.options().from.tip()) {}

void ClientFollower::begin(const PeerId& node) {
    node_ = node;
    driver_->listen(std::weak_ptr<Listener<local_initiator::Event>>(std::shared_ptr<Listener<local_initiator::Event>>(
        this->shared_from_this(), static_cast<Listener<local_initiator::Event>*>(this))));
    (void)driver_->execute(local_initiator::Connect(node, Duration::max()));
    // Without points it intersects at the origin, and the answer names the tip.
    follow(feed_.options().from.points());
}

void ClientFollower::follow(List<Point> points) {
    const auto id = driver_->execute(local_initiator::Follow(std::move(points), Duration::max()));
    if (id)
        chain_ = *id;
    else
        feed_.end(id.error());
}

void ClientFollower::finish(Errc reason) {
    feed_.end(reason);
    close_connection();
    post_notify();
}

void ClientFollower::close_connection() {
    if (!std::exchange(closed_, true)) driver_->stop();
}

void ClientFollower::rest() {
    const auto self = this->shared_from_this();  // a consumer that is woken may drop its handle
    if (feed_.ended()) close_connection();
    notify();
    news_->wake();
}

void ClientFollower::advance() {
    if (const std::uint32_t credit = feed_.poll_credit())
        (void)driver_->execute(local_initiator::ContinueFollowing{credit});
}

void ClientFollower::handle(std::optional<local_initiator::Event> event) {
    note_thread();
    if (!event) return feed_.end(Errc::stopped);
    std::visit([this](auto& happened) { on(happened); }, *event);
}

void ClientFollower::on(local_initiator::Intersected& event) {
    if (event.command != chain_) return;
    if (std::exchange(looks_for_tip_, false) && event.point != event.tip.point) {
        (void)driver_->execute(local_initiator::StopFollowing{});
        return follow({event.tip.point});
    }
    feed_.began(event.point, event.tip, node_);
    advance();
}

void ClientFollower::on(local_initiator::NoIntersection& event) {
    if (event.command != chain_) return;
    if (feed_.options().from.tip()) {  // the tip has moved to another fork meanwhile
        looks_for_tip_ = true;
        return follow({});
    }
    feed_.end(Errc::no_intersection);
}

void ClientFollower::on(local_initiator::RollForward& event) {
    if (event.command != chain_) return;
    auto header = chain::header_of(event.block);
    if (!event.info || !header) return feed_.end(Errc::malformed);
    feed_.forward(
        {event.info->point, event.info->number, *std::move(header), std::move(event.block), event.tip, node_});
}

void ClientFollower::on(local_initiator::RollBackward& event) {
    if (event.command == chain_) feed_.backward(event.point, event.tip, node_);
    advance();
}

void ClientFollower::on(local_initiator::AtTip& event) {
    if (event.command == chain_) feed_.at_tip({event.tip, node_});
}

void ClientFollower::on(local_initiator::FollowEnded& event) {
    if (event.command == chain_) feed_.end(event.reason == Errc::none ? Errc::cancelled : event.reason);
}

void ClientFollower::on(local_initiator::Connected& event) { news_->report(event); }

void ClientFollower::on(local_initiator::Disconnected& event) {
    news_->report(event, driver_->now());
    if (!event.retry_at || event.refusal) feed_.end(event.reason);
}

}  // namespace ouro::detail
