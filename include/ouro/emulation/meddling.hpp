#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include <ouro/emulation/bearers.hpp>
#include <ouro/protocol/message.hpp>

namespace ouro::emulation {

/// A meddler's access to one connection of an honest node. Calls have no effect after the connection has ended.
///
/// Lifetimes  A small handle that may be copied; valid as long as the network.
template <class M>
class Hand {
  public:
    using Send = io::Send<M>;

    /// The operations of a node that its meddler may use.
    class Holder {
      public:
        virtual void pass(const Send& send) = 0;
        virtual void say(ConnectionId connection, Channel channel, Role role, BytesView bytes) = 0;
        virtual void inject(ConnectionId connection, BytesView bytes) = 0;
        virtual void receive(const io::Receive& credit) = 0;
        virtual void end(const io::Disconnect& end) = 0;
        virtual void lose(ConnectionId connection, Loss loss) = 0;
        virtual void pause(ConnectionId connection, bool paused) = 0;
        virtual void after(Duration span, std::function<void()> what) = 0;
        [[nodiscard]] virtual Instant now() const noexcept = 0;

      protected:
        ~Holder() = default;
    };

    Hand(Holder& holder, ConnectionId connection) noexcept : holder_(&holder), connection_(connection) {}

    [[nodiscard]] ConnectionId connection() const noexcept { return connection_; }
    /// The node's role in the mini-protocols that the dialling side initiates.
    [[nodiscard]] Role role() const noexcept {
        return direction(connection_) == Direction::outbound ? Role::initiator : Role::responder;
    }
    [[nodiscard]] Instant now() const noexcept { return holder_->now(); }

    /// Sends a message, this one or another; sends it twice if called twice.
    void pass(const Send& send) { holder_->pass(send); }
    /// Sends a message after `span`, behind those passed on meanwhile.
    void pass_after(Duration span, Send send) {
        holder_->after(span, [hand = *this, send = std::move(send)]() mutable { hand.pass(send); });
    }
    /// Sends bytes in place of a message, in segments like those of a message.
    void say(Channel channel, Role role, BytesView bytes) { holder_->say(connection_, channel, role, bytes); }
    /// Sends bytes at once and as they are, without a segment around them.
    void inject(BytesView bytes) { holder_->inject(connection_, bytes); }
    /// Gives credit for one message more of at most `bytes` bytes, as the node does for what it expects itself.
    void receive(Channel channel, Role role, std::size_t bytes) {
        holder_->receive({connection_, channel, role, 1, bytes});
    }
    /// Ends the connection after everything that was passed on.
    void close() { holder_->end({connection_, io::Close::orderly}); }
    void lose(Loss loss) { holder_->lose(connection_, loss); }
    /// Stops reading, or resumes.
    void pause(bool paused) { holder_->pause(connection_, paused); }
    void after(Duration span, std::function<void(Hand&)> what) {
        holder_->after(span, [hand = *this, what = std::move(what)]() mutable { what(hand); });
    }

  private:
    Holder* holder_;
    ConnectionId connection_;
};

/// The hooks of a meddler at one connection of a node that is honest otherwise. The node does not notice: a message
/// that it considers sent may never leave.
template <class M>
struct Meddler {
    /// Called when the connection opens.
    std::function<void(Hand<M>&)> connected;
    /// Called before a message leaves. It leaves only by a call of `pass`.
    std::function<void(Hand<M>&, io::Send<M>)> sends;
    /// Called before the node handles a message. It handles the message only if this returns true. A meddler that
    /// keeps a message to itself gives the credit for the next one with `receive`.
    std::function<bool(Hand<M>&, const io::Recv<M>&)> hears{};
};

}  // namespace ouro::emulation
