#pragma once

#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <ouro/mux/connection.hpp>

#include "unit/mux/ingress_support.hpp"

/// A connection without a socket, and a clock that the test moves.
namespace ouro::test {

using mux::Connection;
using State = mux::Connection::State;

inline constexpr Instant start{1h};
inline constexpr std::size_t payload = 1'000;
inline const std::error_code broken = std::make_error_code(std::errc::broken_pipe);

inline std::string_view name(Channel channel) noexcept {
    return channel == keep_alive ? "keep-alive" : channel == block_fetch ? "block-fetch" : "";
}

struct Line {
    explicit Line(Duration segment_timeout = 30s, Duration write_timeout = 20s)
        : rules{&limit, &name, payload, segment_timeout, write_timeout} {
        c.expect(block_fetch, Role::initiator, endless, plenty);
        c.expect(keep_alive, Role::responder, endless, plenty);
    }

    /// Queues `size` bytes.
    void queue(std::size_t size, Channel channel = keep_alive, Role role = Role::responder) {
        c.append(channel, role, [&](ByteQueue& out) { out.append(ByteVector(size, 0xf6)); });
    }
    /// The socket takes at most `most` bytes of one batch; what they are.
    ByteVector write(std::size_t most = SIZE_MAX) {
        REQUIRE(c.has_output());
        c.plan(batch, now);
        ByteVector bytes;
        for (const BytesView buffer : batch.buffers) bytes.insert(bytes.end(), buffer.begin(), buffer.end());
        if (bytes.size() > most) bytes.resize(most);
        c.wrote(bytes.size());
        return bytes;
    }
    /// The same for all there is.
    ByteVector write_all() {
        ByteVector bytes;
        while (c.has_output()) append(bytes, write());
        return bytes;
    }
    /// Reads `bytes`; then the socket has more, or not. The sizes of the items.
    std::vector<std::size_t> read(const ByteVector& bytes, bool more = false) {
        BytesView input(bytes);
        std::vector<std::size_t> sizes;
        for (mux::Ingress::Taken taken; c.next(input, taken);) sizes.push_back(taken.bytes.size());
        if (c.end() == nullptr) {
            CHECK(input.empty());
            c.consumed(more, now);
        }
        return sizes;
    }
    void close(Errc reason = Errc::demoted, Duration linger = 5s) { c.close(reason, {}, linger, now); }
    [[nodiscard]] Errc reason() const { return c.end() == nullptr ? Errc::none : c.end()->reason; }

    Connection::Rules rules;
    Connection c{Direction::outbound, rules};
    Instant now = start;
    mux::Batch batch;
};

/// A segment of the peer's keep-alive client with one item of `size` bytes.
inline ByteVector ping(std::size_t size = 20) { return segment(keep_alive, Role::initiator, item(size)); }
/// The first `count` bytes of it.
inline ByteVector part_of_ping(std::size_t count) {
    ByteVector bytes = ping();
    bytes.resize(count);
    return bytes;
}

}  // namespace ouro::test
