#pragma once

#include <unordered_map>
#include <vector>

#include "fetch.hpp"

namespace ouro::initiator {

/// Requests notifications of endorser blocks from every hot peer. Requests and untaken notifications together fill a
/// window, so a user that takes none stops these requests and nothing else. Answers have no time limit.
class LeiosNotifyPart : public Speaker<LeiosNotify> {
  public:
    /// `hot`: the present hot peers, at any time. The part of `parts` that fetches remembers their offers.
    LeiosNotifyPart(Desk& desk, const std::vector<Peer*>& hot, const Parts& parts)
        : Speaker(desk), hot_(hot), parts_(parts) {}

    [[nodiscard]] bool while_hot() const noexcept override { return true; }
    void heat(Peer& peer) override { top_up(peer); }
    [[nodiscard]] std::uint64_t counts() const noexcept override { return frame::event_bits<Event, EbNotification>(); }
    void taken(const Event& event) override;
    [[nodiscard]] bool wants_more() const noexcept override { return wants_more_; }
    void resume() override;

  private:
    Errc received(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State before) override;
    void top_up(Peer& peer);

    const std::vector<Peer*>& hot_;
    const Parts& parts_;
    std::unordered_map<PeerId, std::size_t> untaken_;  // notifications, also of disconnected peers
    bool wants_more_ = false;                          // a window has had room since the last `resume`
};

}  // namespace ouro::initiator
