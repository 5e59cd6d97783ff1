#include <ouro/mux/egress.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "unit/mux/egress_support.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

void put(Egress& out, Channel channel, Role role, BytesView bytes) {
    out.append(channel, role, [&](ByteQueue& queue) { queue.append(bytes); });
}
void put(Egress& out, Channel channel, Role role, const Bytes& slice) {
    out.append(channel, role, [&](ByteQueue& queue) { queue.append(slice); });
}

/// All that is there, written in one piece after the other.
ByteVector drain(Egress& out, std::uint32_t time = 0) {
    ByteVector wire;
    for (Batch batch; !out.empty();) {
        out.plan(batch, time);
        const ByteVector part = bytes_of(batch);
        REQUIRE(!part.empty());
        wire.insert(wire.end(), part.begin(), part.end());
        out.sent(batch.bytes, ignore);
    }
    return wire;
}

struct Piece {
    std::uint32_t time = 0;
    Channel channel{};
    Role sender{};
    ByteVector payload;
};

/// The segments of a whole stream, read by hand.
std::vector<Piece> pieces(const ByteVector& wire) {
    std::vector<Piece> result;
    for (std::size_t at = 0; at != wire.size();) {
        REQUIRE(wire.size() - at >= 8);
        const std::uint8_t* p = wire.data() + at;
        const std::size_t length = load_be16(p + 6);
        REQUIRE(length != 0);
        REQUIRE(wire.size() - at - 8 >= length);
        result.push_back({load_be32(p), Channel{static_cast<std::uint16_t>(load_be16(p + 4) & 0x7fff)},
                          (p[4] & 0x80) != 0 ? Role::responder : Role::initiator, ByteVector(p + 8, p + 8 + length)});
        at += 8 + length;
    }
    return result;
}

std::map<Key, ByteVector> streams(const std::vector<Piece>& pieces) {
    std::map<Key, ByteVector> result;
    for (const Piece& piece : pieces) {
        ByteVector& stream = result[{piece.channel, piece.sender}];
        stream.insert(stream.end(), piece.payload.begin(), piece.payload.end());
    }
    return result;
}

}  // namespace

TEST_CASE("A message is sent behind a header with its number, our role and the time", "[unit][mux][egress]") {
    Egress out;
    put(out, Channel{0}, Role::initiator, pattern(3, 0xa0));
    CHECK(drain(out, 0x01020304) == ByteVector{1, 2, 3, 4, 0x00, 0x00, 0x00, 0x03, 0xa0, 0xa1, 0xa2});
    put(out, chain_sync, Role::responder, pattern(2, 0xb0));
    CHECK(drain(out, 5) == ByteVector{0, 0, 0, 5, 0x80, 0x02, 0x00, 0x02, 0xb0, 0xb1});
    CHECK(drain(out).empty());
}

TEST_CASE("An empty queue plans nothing", "[unit][mux][egress]") {
    Egress out;
    Batch batch;
    batch.buffers.resize(3);
    batch.bytes = 7;
    out.append(chain_sync, Role::initiator, [](ByteQueue&) {});
    out.plan(batch, 0);
    CHECK(batch.buffers.empty());
    CHECK(batch.bytes == 0);
    out.sent(0, [](Channel, Role, std::size_t, std::size_t) { FAIL("nothing went"); });
    CHECK(out.empty());

    put(out, keep_alive, Role::initiator, pattern(4, 0));  // an endpoint without data has no turn
    CHECK(pieces(drain(out)).size() == 1);
}

TEST_CASE("a segment's payload is 1 to 65,535 bytes", "[unit][mux][egress]") {
    const auto refused = [](std::size_t size) {
        try {
            const Egress out(size);
        } catch (const std::invalid_argument&) {
            return true;
        }
        return false;
    };
    CHECK(refused(0));
    CHECK(refused(65'536));

    const std::size_t size = GENERATE(std::size_t{1}, std::size_t{1'000}, std::size_t{12'288}, std::size_t{65'535});
    Egress out(size);
    put(out, chain_sync, Role::initiator, pattern(3 * size, 0));
    put(out, chain_sync, Role::initiator, pattern(1, 0));
    std::vector<std::size_t> lengths;
    for (const Piece& piece : pieces(drain(out))) lengths.push_back(piece.payload.size());
    CHECK(lengths == std::vector<std::size_t>{size, size, size, 1});
}

TEST_CASE("Endpoints take turns of one segment, and one with more data goes to the end of the line",
          "[unit][mux][egress]") {
    Egress out(100);
    put(out, block_fetch, Role::responder, pattern(350, 1));
    put(out, chain_sync, Role::responder, pattern(150, 2));
    put(out, block_fetch, Role::responder, pattern(50, 3));  // already in the line
    put(out, chain_sync, Role::initiator, pattern(40, 4));   // the other direction of the same number is another one
    std::vector<std::tuple<Channel, Role, std::size_t>> turns;
    for (const Piece& p : pieces(drain(out))) turns.emplace_back(p.channel, p.sender, p.payload.size());
    CHECK(turns == std::vector<std::tuple<Channel, Role, std::size_t>>{{block_fetch, Role::responder, 100},
                                                                       {chain_sync, Role::responder, 100},
                                                                       {chain_sync, Role::initiator, 40},
                                                                       {block_fetch, Role::responder, 100},
                                                                       {chain_sync, Role::responder, 50},
                                                                       {block_fetch, Role::responder, 100},
                                                                       {block_fetch, Role::responder, 100}});
}

TEST_CASE("An endpoint that gets data between two writes waits one turn of each endpoint in line",
          "[unit][mux][egress]") {
    Egress out(100);
    put(out, block_fetch, Role::responder, pattern(300, 1));
    put(out, chain_sync, Role::responder, pattern(200, 2));
    Batch batch;
    out.plan(batch, 0);
    out.sent(108, ignore);  // block-fetch had its turn
    put(out, keep_alive, Role::initiator, pattern(4, 3));
    std::vector<Channel> turns;
    for (const Piece& p : pieces(drain(out))) turns.push_back(p.channel);
    CHECK(turns == std::vector<Channel>{chain_sync, block_fetch, keep_alive, chain_sync, block_fetch});
}

TEST_CASE("A plan consumes nothing until it was sent", "[unit][mux][egress]") {
    Egress out(100);
    put(out, block_fetch, Role::responder, pattern(250, 1));
    put(out, chain_sync, Role::responder, pattern(90, 2));
    Batch first;
    Batch again;
    out.plan(first, 7);
    out.sent(0, ignore);
    CHECK(out.size() == 340);
    out.plan(again, 7);
    CHECK(bytes_of(again) == bytes_of(first));
}

TEST_CASE("A write may stop at any byte, and the next one continues the same stream", "[unit][mux][egress]") {
    const auto fill = [](Egress& out) {
        put(out, block_fetch, Role::responder, pattern(120, 1));
        put(out, chain_sync, Role::responder, pattern(30, 2));
        put(out, keep_alive, Role::initiator, pattern(50, 3));
    };
    Egress whole(50);
    fill(whole);
    const ByteVector expected = drain(whole, 1);

    for (std::size_t first = 0; first <= expected.size(); ++first) {
        for (const std::size_t step : {1U, 7U, 61U, 1'000U}) {
            INFO("first " << first << ", then " << step);
            Egress out(50);
            fill(out);
            Batch batch;
            ByteVector wire;
            std::size_t most = first;
            for (std::uint32_t time = 1; !out.empty(); ++time) {
                out.plan(batch, time);
                ByteVector part = bytes_of(batch);
                part.resize(std::min(part.size(), most));
                wire.insert(wire.end(), part.begin(), part.end());
                out.sent(part.size(), ignore);
                most = step;
            }
            // A later stamp is the only difference there may be, and never in the middle of a segment.
            auto got = pieces(wire);
            for (Piece& piece : got) {
                REQUIRE(piece.time >= 1);
                piece.time = 1;
            }
            const auto wanted = pieces(expected);
            REQUIRE(got.size() == wanted.size());
            for (std::size_t i = 0; i < got.size(); ++i) {
                REQUIRE(got[i].channel == wanted[i].channel);
                REQUIRE(got[i].sender == wanted[i].sender);
                REQUIRE(got[i].payload == wanted[i].payload);
            }
        }
    }
}

TEST_CASE("A segment whose header has been written continues unchanged after an append", "[unit][mux][egress]") {
    const std::size_t cut =
        GENERATE(std::size_t{1}, std::size_t{4}, std::size_t{7}, std::size_t{8}, std::size_t{9}, std::size_t{27});
    Egress out(50);
    put(out, chain_sync, Role::initiator, pattern(20, 1));
    Batch batch;
    out.plan(batch, 0xaabbccdd);
    ByteVector wire = bytes_of(batch);
    wire.resize(cut);
    out.sent(cut, ignore);
    CHECK(out.size() == 20 - (cut > 8 ? cut - 8 : 0));

    put(out, chain_sync, Role::initiator, pattern(5, 2));
    put(out, keep_alive, Role::initiator, pattern(2, 3));
    const ByteVector rest = drain(out, 0x11223344);
    wire.insert(wire.end(), rest.begin(), rest.end());
    const auto got = pieces(wire);
    REQUIRE(got.size() == 3);
    CHECK(got[0].time == 0xaabbccdd);
    CHECK(got[0].payload == pattern(20, 1));
    CHECK(got[1].time == 0x11223344);
    CHECK(got[1].payload == pattern(5, 2));
    CHECK(got[2].channel == keep_alive);
}

TEST_CASE("small messages of many endpoints become one buffer", "[unit][mux][egress]") {
    Egress out;
    for (std::uint16_t i = 1; i <= 40; ++i) {
        put(out, Channel{i}, Role::initiator, pattern(600, 0));
        put(out, Channel{i}, Role::initiator,
            Bytes::copy(pattern(5'000, 9)));  // shared in the queue, copied all the same
    }
    Batch batch;
    out.plan(batch, 0);
    CHECK(batch.buffers.size() == 1);
    CHECK(batch.bytes == 40 * 5'608);
    CHECK(batch.buffers[0].data() == batch.scratch.data());
}

TEST_CASE("a large slice is referenced, not copied", "[unit][mux][egress]") {
    const std::size_t payload = GENERATE(std::size_t{12'288}, std::size_t{65'535});
    const Bytes block = Bytes::copy(pattern(3 * payload, 5));
    Egress out(payload);
    put(out, block_fetch, Role::responder, block);
    put(out, chain_sync, Role::responder, pattern(10, 6));
    Batch batch;
    out.plan(batch, 0);
    // header, payload, header with chain-sync's segment and the next header, payload, header, payload
    REQUIRE(batch.buffers.size() == 6);
    CHECK(batch.buffers[1].data() == block.data());
    CHECK(batch.buffers[1].size() == payload);
    CHECK(batch.buffers[2].size() == 8 + 10 + 8);
    CHECK(batch.buffers[3].data() == block.data() + payload);
    CHECK(batch.buffers[5].data() == block.data() + 2 * payload);
    CHECK(streams(pieces(bytes_of(batch)))[{block_fetch, Role::responder}] == pattern(3 * payload, 5));
}

TEST_CASE("A plan has a size limit, and its scratch memory does not move", "[unit][mux][egress]") {
    const std::size_t payload = GENERATE(std::size_t{12'288}, std::size_t{40'000}, std::size_t{65'535});
    const std::size_t slice =
        GENERATE(std::size_t{100}, std::size_t{12'288}, std::size_t{13'000}, std::size_t{200'000});
    Egress out(payload);
    ByteVector expected;
    Batch batch;
    out.plan(batch, 0);
    out.sent(0, ignore);
    const std::uint8_t* scratch = batch.scratch.data();
    for (std::uint8_t i = 0; expected.size() < 1'000'000; ++i) {
        put(out, block_fetch, Role::responder, Bytes::copy(pattern(slice, i)));
        put(out, block_fetch, Role::responder, pattern(1, i));
        const ByteVector more = pattern(slice, i);
        expected.insert(expected.end(), more.begin(), more.end());
        expected.push_back(i);
    }
    ByteVector wire;
    std::size_t plans = 0;
    for (; !out.empty(); ++plans) {
        out.plan(batch, 0);
        const ByteVector part = bytes_of(batch);
        wire.insert(wire.end(), part.begin(), part.end());
        CHECK(batch.scratch.data() == scratch);
        out.sent(batch.bytes, ignore);
        if (!out.empty())
            CHECK(part.size() > 262'144 - (payload + 8));  // a full batch, but for what is not a whole segment
    }
    CHECK(plans <= 6);
    CHECK(streams(pieces(wire))[{block_fetch, Role::responder}] == expected);
}

TEST_CASE("Reports add up to the written bytes, one for each endpoint of a write", "[unit][mux][egress]") {
    const std::size_t step = GENERATE(std::size_t{3}, std::size_t{60}, std::size_t{150}, std::size_t{100'000});
    Egress out(100);
    std::map<Key, std::size_t> left{{{block_fetch, Role::responder}, 950},
                                    {{chain_sync, Role::responder}, 333},
                                    {{chain_sync, Role::initiator}, 1}};
    for (const auto& [key, size] : left) put(out, key.first, key.second, pattern(size, 0));
    Batch batch;
    while (!out.empty()) {
        out.plan(batch, 0);
        std::vector<Key> reported;
        out.sent(std::min(step, batch.bytes), [&](Channel channel, Role role, std::size_t gone, std::size_t queued) {
            const Key key{channel, role};
            REQUIRE(std::find(reported.begin(), reported.end(), key) == reported.end());
            reported.push_back(key);
            REQUIRE(gone > 0);
            REQUIRE(gone <= left[key]);
            left[key] -= gone;
            REQUIRE(queued == left[key]);
            REQUIRE(out.size(channel, role) == queued);
        });
        std::size_t sum = 0;
        for (const auto& [key, size] : left) sum += size;
        REQUIRE(out.size() == sum);
    }
    for (const auto& [key, size] : left) CHECK(size == 0);
    CHECK(out.size(keep_alive, Role::initiator) == 0);
}

TEST_CASE("A report may append more messages", "[unit][mux][egress]") {
    Egress out(100);
    put(out, chain_sync, Role::initiator, pattern(10, 0));
    Batch batch;
    out.plan(batch, 0);
    std::size_t calls = 0;
    out.sent(batch.bytes, [&](Channel channel, Role role, std::size_t, std::size_t) {
        ++calls;
        put(out, channel, role, pattern(20, 0));
        for (std::uint16_t i = 100; i < 120; ++i) put(out, Channel{i}, role, pattern(1, 0));
    });
    CHECK(calls == 1);
    CHECK(pieces(drain(out)).size() == 21);
}
