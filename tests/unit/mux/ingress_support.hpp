#pragma once

#include <algorithm>
#include <vector>

#include <ouro/mux/ingress.hpp>

#include "support/catch.hpp"

/// Segments by hand, and what an `Ingress` makes of them.
namespace ouro::test {

using mux::Ingress;
using Octets = std::vector<std::uint8_t>;

inline constexpr Channel handshake{0};
inline constexpr Channel chain_sync{2};
inline constexpr Channel block_fetch{3};
inline constexpr Channel keep_alive{8};
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
    Octets octets;
    friend bool operator==(const Taken&, const Taken&) = default;
};

inline void append(Octets& to, const Octets& more) { to.insert(to.end(), more.begin(), more.end()); }

inline Octets concat(const std::vector<Octets>& parts) {
    Octets all;
    for (const Octets& part : parts) append(all, part);
    return all;
}

/// A byte string that is `size` octets with its head.
inline Octets item(std::size_t size, std::uint8_t first = 0) {
    Octets octets;
    const auto push = [&](std::size_t v) { octets.push_back(static_cast<std::uint8_t>(v)); };
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
    while (octets.size() < size) octets.push_back(first++);
    return octets;
}

/// One segment, by hand: the responder's mode bit is 0x80.
inline Octets segment(Channel channel, Role sender, const Octets& payload) {
    const auto number = static_cast<unsigned>(channel);
    Octets octets{0,
                  0,
                  0,
                  0,
                  static_cast<std::uint8_t>(number >> 8 | (sender == Role::responder ? 0x80 : 0)),
                  static_cast<std::uint8_t>(number),
                  static_cast<std::uint8_t>(payload.size() >> 8),
                  static_cast<std::uint8_t>(payload.size())};
    append(octets, payload);
    return octets;
}

inline Octets segments(Channel channel, Role sender, const Octets& stream, std::size_t size) {
    Octets octets;
    for (std::size_t at = 0; at < stream.size(); at += size) {
        const auto from = stream.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = static_cast<std::ptrdiff_t>(std::min(size, stream.size() - at));
        append(octets, segment(channel, sender, Octets(from, from + count)));
    }
    return octets;
}

/// Takes items until there is none; `status` is why it ended.
inline std::vector<Taken> take(Ingress& in, BytesView& input, Errc& status) {
    std::vector<Taken> items;
    Ingress::Taken taken;
    while ((status = in.next(input, taken)) == Errc::none) {
        if (taken.owner != nullptr) {
            CHECK(taken.octets.data() >= taken.owner->data());
            CHECK(taken.octets.data() + taken.octets.size() <= taken.owner->data() + taken.owner->size());
        }
        items.push_back({taken.channel, taken.role, Octets(taken.octets.begin(), taken.octets.end())});
    }
    return items;
}

inline std::vector<Taken> take(Ingress& in, const Octets& octets) {
    BytesView input(octets);
    Errc status{};
    auto items = take(in, input, status);
    CHECK(status == Errc::need_more);
    CHECK(input.empty());
    return items;
}

/// What comes of `octets`, with nothing whole before it.
inline Errc outcome(Ingress& in, const Octets& octets) {
    BytesView input(octets);
    Errc status{};
    CHECK(take(in, input, status).empty());
    return status;
}

/// The next item, or one of no octets.
inline Taken one(Ingress& in, BytesView& input) {
    Ingress::Taken taken;
    if (in.next(input, taken) != Errc::none) return {};
    return {taken.channel, taken.role, Octets(taken.octets.begin(), taken.octets.end())};
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
