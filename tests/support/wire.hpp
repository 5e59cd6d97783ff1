#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/protocol/leios.hpp>

/// Messages of peers, made by hand: nothing here uses the library's codecs.
namespace raw {

using ByteVector = std::vector<std::uint8_t>;

/// Bytes from hexadecimal digits.
inline ByteVector bytes(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    ByteVector out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
    return out;
}
inline ByteVector join(std::initializer_list<ByteVector> parts) {
    ByteVector all;
    for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}
inline ByteVector repeat(const ByteVector& part, std::size_t times) {
    ByteVector all;
    for (; times > 0; --times) all.insert(all.end(), part.begin(), part.end());
    return all;
}
/// The head of an item: three bits of kind, and its argument in the shortest form.
inline ByteVector head(unsigned kind, std::uint64_t argument) {
    const unsigned size = argument < 24         ? 0
                          : argument < 0x100    ? 1
                          : argument < 0x10000  ? 2
                          : argument >> 32 == 0 ? 4
                                                : 8;
    const unsigned info = size == 0   ? static_cast<unsigned>(argument)
                          : size == 1 ? 24
                          : size == 2 ? 25
                          : size == 4 ? 26
                                      : 27;
    ByteVector out{static_cast<std::uint8_t>(kind << 5 | info)};
    for (unsigned left = size; left-- > 0;) out.push_back(static_cast<std::uint8_t>(argument >> 8 * left));
    return out;
}
inline ByteVector uint(std::uint64_t value) { return head(0, value); }
inline ByteVector array(std::uint64_t size) { return head(4, size); }
inline ByteVector bytes(ouro::BytesView content) {
    return join({head(2, content.size()), {content.begin(), content.end()}});
}
/// Tag 24 around bytes.
inline ByteVector wrapped(ouro::BytesView content) { return join({bytes("d818"), bytes(content)}); }

inline ByteVector point(const ouro::Point& p) {
    if (p.is_origin()) return array(0);
    return join({array(2), uint(static_cast<std::uint64_t>(p.slot())), bytes(p.hash())});
}
inline ByteVector tip(const ouro::Point& p, std::uint64_t number) { return join({array(2), point(p), uint(number)}); }

// Handshake as in handshake.md: the main network, versions 14 and 15.
inline const std::string data_hex = "841a2d964a09f400f4";
inline ByteVector accept(std::uint64_t version = 15, std::string_view data = data_hex) {
    return join({array(3), uint(1), uint(version), bytes(data)});
}
inline ByteVector propose(std::string_view data = data_hex) {
    return join({bytes("8200a2"), uint(14), bytes(data), uint(15), bytes(data)});
}

// Chain-sync.
inline const ByteVector request_next = bytes("8100");
inline const ByteVector await_reply = bytes("8101");
inline const ByteVector chain_sync_done = bytes("8107");
inline ByteVector find_intersect(const std::vector<ouro::Point>& points) {
    ByteVector out = bytes(points.empty() ? "820480" : "82049f");
    for (const auto& p : points) out = join({out, point(p)});
    return points.empty() ? out : join({out, {0xff}});
}
inline ByteVector roll_forward(ouro::BytesView header, const ByteVector& its_tip) {
    return join({array(3), uint(2), array(2), uint(6), wrapped(header), its_tip});
}
inline ByteVector roll_backward(const ouro::Point& p, const ByteVector& its_tip) {
    return join({array(3), uint(3), point(p), its_tip});
}
inline ByteVector intersect_found(const ouro::Point& p, const ByteVector& its_tip) {
    return join({array(3), uint(5), point(p), its_tip});
}
inline ByteVector intersect_not_found(const ByteVector& its_tip) { return join({array(2), uint(6), its_tip}); }

// Block-fetch.
inline ByteVector request_range(const ouro::Point& first, const ouro::Point& last) {
    return join({array(3), uint(0), point(first), point(last)});
}
inline const ByteVector client_done = bytes("8101");
inline const ByteVector start_batch = bytes("8102");
inline const ByteVector no_blocks = bytes("8103");
inline ByteVector block(ouro::BytesView content) { return join({array(2), uint(4), wrapped(content)}); }
inline const ByteVector batch_done = bytes("8105");

// Leios-notify; a request is chain-sync's.
inline ByteVector eb_announcement(ouro::BytesView header) {
    return join({array(2), uint(1), array(2), uint(7), wrapped(header)});
}
inline ByteVector eb_offer(const ouro::Point& p, std::uint64_t bytes) {
    return join({array(3), uint(2), point(p), uint(bytes)});
}
inline ByteVector eb_txs_offer(const ouro::Point& p) { return join({array(2), uint(3), point(p)}); }
inline ByteVector votes(const std::vector<ouro::LeiosVote>& all) {
    ByteVector out = join({array(2), uint(4), array(all.size())});
    for (const auto& vote : all)
        out = join({out, array(3), bytes(vote.announcing_block), uint(vote.voter), bytes(vote.signature)});
    return out;
}
inline const ByteVector leios_notify_done = bytes("8105");

// Leios-fetch.
inline ByteVector bitmap(const ouro::LeiosBitmap& map) {
    ByteVector out{0xbf};
    for (const auto& window : map.windows()) out = join({out, uint(window.index), uint(window.bits)});
    return join({out, {0xff}});
}
inline ByteVector eb_request(const ouro::Point& p) { return join({array(2), uint(0), point(p)}); }
inline ByteVector eb(ouro::BytesView content) { return join({array(2), uint(1), {content.begin(), content.end()}}); }
inline ByteVector eb_txs_request(const ouro::Point& p, const ouro::LeiosBitmap& wanted) {
    return join({array(3), uint(2), point(p), bitmap(wanted)});
}
inline ByteVector eb_txs(const ouro::Point& p, const ouro::LeiosBitmap& which, const std::vector<ouro::Bytes>& txs) {
    ByteVector out = join({array(4), uint(3), point(p), bitmap(which), array(txs.size())});
    for (const auto& tx : txs) out = join({out, bytes(tx)});
    return out;
}
inline const ByteVector leios_fetch_done = bytes("8109");

// Keep-alive.
inline ByteVector ping(std::uint16_t cookie) { return join({array(2), uint(0), uint(cookie)}); }
inline ByteVector pong(std::uint16_t cookie) { return join({array(2), uint(1), uint(cookie)}); }
inline const ByteVector keep_alive_done = bytes("8102");
/// The cookies of consecutive pings or pongs.
inline std::vector<std::uint16_t> cookies(const ByteVector& messages) {
    std::vector<std::uint16_t> all;
    for (std::size_t at = 2; at < messages.size(); at += 2) {
        const std::size_t size = messages[at] < 24 ? 0 : messages[at] == 24 ? 1 : 2;
        unsigned cookie = size == 0 ? messages[at] : 0;
        for (std::size_t i = 1; i <= size && at + i < messages.size(); ++i) cookie = cookie << 8 | messages[at + i];
        all.push_back(static_cast<std::uint16_t>(cookie));
        at += 1 + size;
    }
    return all;
}

}  // namespace raw
