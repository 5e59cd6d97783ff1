#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include <ouro/emulation/bearers.hpp>
#include <ouro/protocol/message.hpp>

namespace ouro::emulation {

/// What somebody can do who holds one connection of an honest node in his hand. Of a connection that is gone: nothing
/// happens.
///
/// Lifetimes  Small, and to be copied; good as long as the network.
template <class M>
class Hand {
  public:
    using Send = io::Send<M>;

    /// What a node lets its meddler do.
    class Holder {
      public:
        virtual void pass(const Send& send) = 0;
        virtual void say(ConnectionId connection, Channel channel, Role role, BytesView bytes) = 0;
        virtual void inject(ConnectionId connection, BytesView bytes) = 0;
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
    /// Our role in the mini-protocols that the side which dialled begins.
    [[nodiscard]] Role role() const noexcept {
        return direction(connection_) == Direction::outbound ? Role::initiator : Role::responder;
    }
    [[nodiscard]] Instant now() const noexcept { return holder_->now(); }

    /// The message goes out, this one or another; twice, if it is called twice.
    void pass(const Send& send) { holder_->pass(send); }
    /// It goes out later; those that are passed on meanwhile are before it.
    void pass_after(Duration span, Send send) {
        holder_->after(span, [hand = *this, send = std::move(send)]() mutable { hand.pass(send); });
    }
    /// Bytes in place of a message, in segments as a message would be.
    void say(Channel channel, Role role, BytesView bytes) { holder_->say(connection_, channel, role, bytes); }
    /// Bytes at once and as they are, without a segment around them.
    void inject(BytesView bytes) { holder_->inject(connection_, bytes); }
    /// Ends the connection behind all that was passed on.
    void close() { holder_->end({connection_, io::Close::orderly}); }
    void lose(Loss loss) { holder_->lose(connection_, loss); }
    /// Nothing is read any more, or again.
    void pause(bool paused) { holder_->pause(connection_, paused); }
    void after(Duration span, std::function<void(Hand&)> what) {
        holder_->after(span, [hand = *this, what = std::move(what)]() mutable { what(hand); });
    }

  private:
    Holder* holder_;
    ConnectionId connection_;
};

/// A hand at one connection of a node that is honest otherwise. The node never notices: what it takes for sent may
/// never leave.
template <class M>
struct Meddler {
    /// The connection is open.
    std::function<void(Hand<M>&)> connected;
    /// A message is about to leave; without a call of `pass` it does not.
    std::function<void(Hand<M>&, io::Send<M>)> sends;
};

}  // namespace ouro::emulation
