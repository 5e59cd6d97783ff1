#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/behavior/chain_source.hpp>

#include "behavior/frame/serving_part.hpp"

namespace ouro::frame {

/// Serves followers over `Protocol`, a profile of chain-sync: from the chain, or without one with the user's answers.
///
/// `S` also has `forwarded(counters, peer, position)`, called for each RollForward that is sent, and
/// `waits_at_tip(peer, bool)`, called after each answer.
template <class S, class Protocol>
class ServeChainSync : public ServingSpeaker<S, Protocol, ChainSource::Follower> {
    using Base = ServingSpeaker<S, Protocol, ChainSource::Follower>;

  public:
    using typename Base::Message;
    using typename Base::Peer;

    ServeChainSync(ServingDesk<S>& desk, const std::optional<ChainSource>& source) : Base(desk), source_(source) {}

    void gone(Peer& peer, const Ending&) override {
        std::erase(waiting_, &peer);
        std::erase(reading_, &peer);
    }
    /// Continues with followers whose next header or block was still being read.
    void tick() override {
        for (Peer* peer : std::exchange(reading_, {})) {
            if (peer->closing) continue;
            serve(*peer);
            this->desk_.watch(*peer, this->machine(*peer).expires_at());
        }
    }
    /// Serves the followers that wait at the tip, in the order in which they arrived there.
    void changed(const std::vector<Peer*>& peers, ChainView::Position common) override {
        for (Peer* peer : peers) ChainSource::changed(this->mine(*peer), common);
        for (Peer* peer : std::exchange(waiting_, {}))
            if (!peer->closing) serve(*peer);
        tick();
    }

  private:
    Errc received(Peer& peer, Message& message, typename Protocol::State before) override {
        if (!source_) return Base::received(peer, message, before);
        if (const auto* find = std::get_if<typename Protocol::FindIntersect>(&message))
            reply(peer, source_->template intersect<Protocol>(this->mine(peer), find->points));
        else if (std::holds_alternative<typename Protocol::RequestNext>(message))
            serve(peer);
        else
            this->mine(peer) = {};  // after Done the next run begins where every run does
        return Errc::none;
    }
    Errc answered(Peer& peer, Message& message) override {
        if (source_) return Errc::not_our_turn;
        if (!fits<Protocol>(message, this->state(peer))) return Errc::bad_argument;
        reply(peer, std::move(message));
        return Errc::none;
    }
    /// Sends the follower's next answer, or lets it wait for one.
    void serve(Peer& peer) {
        auto next = source_->template next<Protocol>(this->mine(peer));
        if (next.error() == Errc::pending) return reading_.push_back(&peer);
        if (!next) return this->desk_.close(peer, io::Close::orderly, next.error());
        if (!std::holds_alternative<typename Protocol::AwaitReply>(*next)) return reply(peer, *std::move(next));
        if (this->state(peer) == Protocol::State::can_await) reply(peer, *std::move(next));
        waiting_.push_back(&peer);
    }
    void reply(Peer& peer, Message&& message) {
        const auto* forward = std::get_if<typename Protocol::RollForward>(&message);
        const std::size_t bytes = 64 + (forward ? size_of(*forward) : 0);
        const bool sent_forward = forward != nullptr;
        (void)this->send(peer, std::move(message), bytes);
        if (sent_forward) S::forwarded(this->desk_.counters, peer, this->mine(peer).position);
        S::waits_at_tip(peer, this->state(peer) == Protocol::State::must_reply);
    }
    static std::size_t size_of(const HeaderProfile::RollForward& forward) noexcept {
        return forward.header.cbor.size();
    }
    static std::size_t size_of(const BlockProfile::RollForward& forward) noexcept { return forward.block.size(); }

    const std::optional<ChainSource>& source_;
    std::vector<Peer*> waiting_;  // at the tip
    std::vector<Peer*> reading_;  // their next header or block is still being read
};

}  // namespace ouro::frame
