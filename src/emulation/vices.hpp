#pragma once

#include <memory>

#include <ouro/emulation/vices.hpp>

/// What the vices of both sides are made of.
namespace ouro::emulation::vice {

using M = n2n::Message;
using OneHand = Hand<M>;
using Send = io::Send<M>;

/// Until two messages of one mini-protocol are surely not in one segment: what follows a message of the handshake in
/// its segment is not read.
inline constexpr Duration a_segment_later = 1ms;

// What either side of any connection may do.

/// No more than a beginning: a connection that opens and brings nothing.
template <class Set>
Meddler<Set> silent();
/// Answers as another kind of server would.
template <class Set>
Meddler<Set> garbage();
/// A byte a second, each in a segment of its own.
template <class Set>
Meddler<Set> trickle();
/// A message longer than any that is legal there.
template <class Set>
Meddler<Set> oversized();
/// Half a message, then the end.
template <class Set>
Meddler<Set> truncates();
/// A segment for a mini-protocol that nobody runs.
template <class Set>
Meddler<Set> unregistered();
/// Ends politely after a few messages.
template <class Set>
Meddler<Set> closes();
/// Breaks off after a few messages.
template <class Set>
Meddler<Set> resets();
/// Is gone after a few messages, without a word.
template <class Set>
Meddler<Set> vanishes();
/// Reads nothing any more after a few messages.
template <class Set>
Meddler<Set> stops_reading();

/// Passes on all but the messages of `P`.
template <class P, class Set = M>
Meddler<Set> mute() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                if (send.message.channel() != P::channel) hand.pass(send);
            }};
}

/// Passes on the first few messages, and lets `act` have the hand once.
template <class Set, class F>
Meddler<Set> after_messages(int count, F act) {
    return {{}, [left = count, act](Hand<Set>& hand, io::Send<Set> send) mutable {
                if (left > 0) hand.pass(send);
                if (--left == 0) act(hand);
            }};
}

/// Passes on what `edit` makes of each message of `P`, which gets the hand and the message as one of `P`'s to change,
/// and says whether it goes.
template <class P, class F>
Meddler<M> edits(F edit) {
    return {{}, [edit](OneHand& hand, Send send) mutable {
                auto* const message = send.message.as<P>();
                if (message == nullptr || edit(hand, *message)) hand.pass(send);
            }};
}

// What a relay does to its blocks and headers; the table of vices has a line about each.
Meddler<M> forged_body();
Meddler<M> trailing_bytes();
Meddler<M> cut_block();
Meddler<M> header_alone();
Meddler<M> empty_block();
Meddler<M> omits_block();
Meddler<M> repeats_block();
Meddler<M> reorders_blocks();
Meddler<M> unreadable_header();
Meddler<M> empty_header();
Meddler<M> unknown_era();
Meddler<M> repeats_header();
Meddler<M> forward_and_back();
Meddler<M> rolls_back_to_origin();
Meddler<M> drips_headers();
Meddler<M> silent_after_intersect();
Meddler<M> claims_more();

// What peers do with Leios; the tables of vices have a line about each.
Meddler<M> false_offers();
Meddler<M> wrong_endorser_block();
Meddler<M> more_eb_txs();
Meddler<M> huge_bitmap();
Meddler<M> floods_notify();

/// A copy of the bytes with those from `begin` up to `end` turned over.
[[nodiscard]] Bytes turned_over(const Bytes& bytes, std::size_t begin, std::size_t end);

/// The message as bytes.
template <class Set>
[[nodiscard]] Bytes encoded(const Set& message);

}  // namespace ouro::emulation::vice
