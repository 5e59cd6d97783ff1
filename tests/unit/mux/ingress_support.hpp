#pragma once

#include <algorithm>
#include <vector>

#include <ouro/mux/ingress.hpp>

#include "support/catch.hpp"
#include "unit/mux/channels.hpp"

/// Segments by hand, and what an `Ingress` makes of them.
namespace ouro::test {

using mux::Ingress;
using ByteVector = std::vector<std::uint8_t>;

inline constexpr Channel handshake{0};
inline constexpr std::size_t plenty = 4'000'000;
inline constexpr std::uint32_t endless = UINT32_MAX;

inline std::size_t limit(Channel channel) noexcept {
    switch (static_cast<int>(channel)) {
        case 2: return 462'000;
        case 3: return 23'068'694;
        case 8: return 1'408;
        default: return 0;
    }
}

struct Taken {
    Channel channel{};
    Role role{};
    ByteVector bytes;
    friend bool operator==(const Taken&, const Taken&) = default;
};

inline void append(ByteVector& to, const ByteVector& more) { to.insert(to.end(), more.begin(), more.end()); }

inline ByteVector concat(const std::vector<ByteVector>& parts) {
    ByteVector all;
    for (const ByteVector& part : parts) append(all, part);
    return all;
}

/// A byte string that is `size` bytes with its head.
inline ByteVector item(std::size_t size, std::uint8_t first = 0) {
    ByteVector bytes;
    const auto push = [&](std::size_t v) { bytes.push_back(static_cast<std::uint8_t>(v)); };
    if (size <= 24) {
        push(0x40 + size - 1);
    } else if (size <= 257) {
        push(0x58), push(size - 2);
    } else if (size <= 65'538) {
        const std::size_t n = size - 3;
        push(0x59), push(n >> 8), push(n);
    } else {
        const std::size_t n = size - 5;
        push(0x5a), push(n >> 24), push(n >> 16), push(n >> 8), push(n);
    }
    while (bytes.size() < size) bytes.push_back(first++);
    return bytes;
}

/// One segment, by hand: the responder's mode bit is 0x80.
inline ByteVector segment(Channel channel, Role sender, const ByteVector& payload) {
    const auto number = static_cast<unsigned>(channel);
    ByteVector bytes{0,
                     0,
                     0,
                     0,
                     static_cast<std::uint8_t>(number >> 8 | (sender == Role::responder ? 0x80 : 0)),
                     static_cast<std::uint8_t>(number),
                     static_cast<std::uint8_t>(payload.size() >> 8),
                     static_cast<std::uint8_t>(payload.size())};
    append(bytes, payload);
    return bytes;
}

inline ByteVector segments(Channel channel, Role sender, const ByteVector& stream, std::size_t size) {
    ByteVector bytes;
    for (std::size_t at = 0; at < stream.size(); at += size) {
        const auto from = stream.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = static_cast<std::ptrdiff_t>(std::min(size, stream.size() - at));
        append(bytes, segment(channel, sender, ByteVector(from, from + count)));
    }
    return bytes;
}

/// Takes items until there is none; `status` is why it ended.
inline std::vector<Taken> take(Ingress& in, BytesView& input, Errc& status) {
    std::vector<Taken> items;
    Ingress::Taken taken;
    while ((status = in.next(input, taken)) == Errc::none) {
        if (taken.owner != nullptr) {
            CHECK(taken.bytes.data() >= taken.owner->data());
            CHECK(taken.bytes.data() + taken.bytes.size() <= taken.owner->data() + taken.owner->size());
        }
        items.push_back({taken.channel, taken.role, ByteVector(taken.bytes.begin(), taken.bytes.end())});
    }
    return items;
}

inline std::vector<Taken> take(Ingress& in, const ByteVector& bytes) {
    BytesView input(bytes);
    Errc status{};
    auto items = take(in, input, status);
    CHECK(status == Errc::need_more);
    CHECK(input.empty());
    return items;
}

/// What comes of `bytes`, with nothing whole before it.
inline Errc outcome(Ingress& in, const ByteVector& bytes) {
    BytesView input(bytes);
    Errc status{};
    CHECK(take(in, input, status).empty());
    return status;
}

/// The next item, or one of no bytes.
inline Taken one(Ingress& in, BytesView& input) {
    Ingress::Taken taken;
    if (in.next(input, taken) != Errc::none) return {};
    return {taken.channel, taken.role, ByteVector(taken.bytes.begin(), taken.bytes.end())};
}
inline Taken one(Ingress& in) {
    BytesView nothing;
    return one(in, nothing);
}

/// An outbound connection behind its handshake, with endless credit for the three initiators and one responder.
inline Ingress opened() {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, endless, plenty);
    in.expect(block_fetch, Role::initiator, endless, plenty);
    in.expect(keep_alive, Role::initiator, endless, plenty);
    in.expect(keep_alive, Role::responder, endless, plenty);
    return in;
}

}  // namespace ouro::test
