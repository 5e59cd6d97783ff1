#pragma once

#include <memory>

#include <ouro/program/driver.hpp>

#include "client_news.hpp"
#include "step_stream.hpp"

namespace ouro::detail {

/// A follower of one's own node, over a connection of its own, which is made again whenever it is lost.
class ClientFollower final : public StepStream, public Listener<local_initiator::Event> {
  public:
    using LocalDriver = Driver<LocalInitiatorBehavior>;

    ClientFollower(std::unique_ptr<LocalDriver> driver, std::shared_ptr<ClientNews> news, Feed::Options options);

    /// Dials `node`. Call it once.
    void begin(const PeerId& node);
    /// Ends the stream for this reason.
    void finish(Errc reason);

    void handle(std::optional<local_initiator::Event> event) override;
    void rest() override;
    [[nodiscard]] bool closed() const noexcept override { return closed_; }

  private:
    void taken() override { advance(); }
    void give_up() override { finish(Errc::cancelled); }
    void advance();
    void close_connection();
    void follow(List<Point> points);

    void on(local_initiator::Intersected& event);
    void on(local_initiator::NoIntersection& event);
    void on(local_initiator::RollForward& event);
    void on(local_initiator::RollBackward& event);
    void on(local_initiator::AtTip& event);
    void on(local_initiator::FollowEnded& event);
    void on(local_initiator::Connected& event);
    void on(local_initiator::Disconnected& event);
    void on(auto&) {}

    std::unique_ptr<LocalDriver> driver_;
    std::shared_ptr<ClientNews> news_;
    PeerId node_;
    CommandId chain_{};
    bool looks_for_tip_;
    bool closed_ = false;  // the connection is not needed any more
};

}  // namespace ouro::detail
