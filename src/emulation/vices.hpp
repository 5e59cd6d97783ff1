#pragma once

#include <memory>

#include <ouro/emulation/vices.hpp>

/// What the vices of both sides are made of.
namespace ouro::emulation::vice {

using M = n2n::Message;
using OneHand = Hand<M>;
using Send = io::Send<M>;

/// No more than a beginning: a connection that opens and brings nothing.
Meddler<M> silent();
/// Answers as another kind of server would.
Meddler<M> garbage();
/// An octet a second, each in a segment of its own.
Meddler<M> trickle();
/// A message longer than any that is legal there.
Meddler<M> oversized();
/// Half a message, then the end.
Meddler<M> truncates();
/// A segment for a mini-protocol that nobody runs.
Meddler<M> unregistered();
/// Ends politely after a few messages.
Meddler<M> closes();
/// Breaks off after a few messages.
Meddler<M> resets();
/// Is gone after a few messages, without a word.
Meddler<M> vanishes();
/// Reads nothing any more after a few messages.
Meddler<M> stops_reading();

/// Passes on all but the messages of `P`.
template <class P>
Meddler<M> mute() {
    return {{}, [](OneHand& hand, Send send) {
                if (send.message.channel() != P::channel) hand.pass(send);
            }};
}

/// Passes on the first few messages, and lets `act` have the hand once.
template <class F>
Meddler<M> after_messages(int count, F act) {
    return {{}, [left = count, act](OneHand& hand, Send send) mutable {
                if (left > 0) hand.pass(send);
                if (--left == 0) act(hand);
            }};
}

/// The message as octets.
[[nodiscard]] Bytes encoded(const M& message);

}  // namespace ouro::emulation::vice
