#pragma once

#include <memory>

#include <ouro/emulation/vices.hpp>

/// Building blocks of the vices of both sides.
namespace ouro::emulation::vice {

using M = n2n::Message;
using OneHand = Hand<M>;
using Send = io::Send<M>;

/// A delay that keeps two messages of one mini-protocol out of one segment: bytes after a handshake message in its
/// segment are not read.
inline constexpr Duration a_segment_later = 1ms;

// Vices of either side of any connection.

/// Opens a connection and sends nothing.
template <class Set>
Meddler<Set> silent();
/// Sends the response of another kind of server.
template <class Set>
Meddler<Set> garbage();
/// Sends a byte per second, each in its own segment.
template <class Set>
Meddler<Set> trickle();
/// Sends a message above every size limit.
template <class Set>
Meddler<Set> oversized();
/// Sends a message without its last byte and closes.
template <class Set>
Meddler<Set> truncates();
/// Sends a segment for an unused mini-protocol.
template <class Set>
Meddler<Set> unregistered();
/// Closes in order after a few messages.
template <class Set>
Meddler<Set> closes();
/// Resets the connection after a few messages.
template <class Set>
Meddler<Set> resets();
/// Disappears without notice after a few messages.
template <class Set>
Meddler<Set> vanishes();
/// Stops reading after a few messages.
template <class Set>
Meddler<Set> stops_reading();

/// Passes on all messages except those of `P`.
template <class P, class Set = M>
Meddler<Set> mute() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                if (send.message.channel() != P::channel) hand.pass(send);
            }};
}

/// Passes on the first `count` messages, then calls `act` once with the hand.
template <class Set, class F>
Meddler<Set> after_messages(int count, F act) {
    return {{}, [left = count, act](Hand<Set>& hand, io::Send<Set> send) mutable {
                if (left > 0) hand.pass(send);
                if (--left == 0) act(hand);
            }};
}

/// Calls `edit` with the hand and each message of `P`, which it may change. Passes the message on if `edit` returns
/// true.
template <class P, class F>
Meddler<M> edits(F edit) {
    return {{}, [edit](OneHand& hand, Send send) mutable {
                auto* const message = send.message.as<P>();
                if (message == nullptr || edit(hand, *message)) hand.pass(send);
            }};
}

/// A point that is on no chain; each number has its own.
[[nodiscard]] BlockPoint made_up(std::uint64_t number = 0);

// Vices of a relay with its blocks and headers, described in the table of vices.
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

// Vices of peers with Leios, described in the tables of vices.
Meddler<M> false_offers();
Meddler<M> wrong_endorser_block();
Meddler<M> more_eb_txs();
Meddler<M> huge_bitmap();
Meddler<M> floods_notify();

/// Returns a copy of the bytes with the lowest bit flipped in those from `begin` up to `end`.
[[nodiscard]] Bytes turned_over(const Bytes& bytes, std::size_t begin, std::size_t end);

/// Encodes a message.
template <class Set>
[[nodiscard]] Bytes encoded(const Set& message);

}  // namespace ouro::emulation::vice
