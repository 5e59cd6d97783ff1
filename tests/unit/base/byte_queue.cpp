#include <ouro/base/byte_queue.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/resident.hpp"

namespace ouro {

namespace {

Bytes filled(std::size_t size, std::uint8_t byte) { return Bytes::copy(std::vector<std::uint8_t>(size, byte)); }

/// Every run of the queue, read `most` bytes at a time.
std::vector<BytesView> runs(const ByteQueue& queue, std::size_t most = SIZE_MAX) {
    std::vector<BytesView> result;
    ByteQueue::Cursor at = queue.begin();
    for (BytesView run = queue.read(at, most); !run.empty(); run = queue.read(at, most)) result.push_back(run);
    return result;
}

std::vector<std::uint8_t> content(const ByteQueue& queue, std::size_t most = SIZE_MAX) {
    std::vector<std::uint8_t> result;
    for (const BytesView run : runs(queue, most)) result.insert(result.end(), run.begin(), run.end());
    return result;
}

}  // namespace

TEST_CASE("small pieces merge into one run", "[unit][byte_queue]") {
    ByteQueue queue;
    CHECK(queue.empty());
    CHECK(runs(queue).empty());
    queue.append(std::uint8_t{1});
    queue.append(hex("0203").view());
    queue.append(hex("04"));
    queue.append(BytesView());
    REQUIRE(runs(queue).size() == 1);
    CHECK(to_hex(runs(queue)[0]) == "01020304");
    CHECK(queue.size() == 4);
}

TEST_CASE("a slice is copied below the threshold and shared from it on", "[unit][byte_queue]") {
    const Bytes large = filled(ByteQueue::share_threshold, 7);
    const Bytes small = large.slice(0, large.size() - 1);
    ByteQueue queue;
    queue.append(small);
    queue.append(large);
    queue.append(large);
    queue.append(small);
    const auto all = runs(queue);
    REQUIRE(all.size() == 4);
    CHECK(all[0].data() != large.data());
    CHECK(all[1].data() == large.data());
    CHECK(all[2].data() == large.data());
    CHECK(all[3].size() == small.size());
    CHECK(queue.size() == 2 * small.size() + 2 * large.size());
}

TEST_CASE("Reading ahead consumes nothing and returns runs of at most the requested length", "[unit][byte_queue]") {
    ByteQueue queue;
    queue.append(hex("00010203"));
    queue.append(filled(600, 9));
    queue.append(hex("04"));
    const auto whole = content(queue);
    for (const std::size_t most : {1U, 3U, 4U, 250U, 10'000U}) {
        INFO(most);
        CHECK(content(queue, most) == whole);
        const auto all = runs(queue, most);
        CHECK(std::all_of(all.begin(), all.end(), [&](BytesView run) { return run.size() <= most; }));
    }
    CHECK(queue.size() == 605);
}

TEST_CASE("A shared slice is released when its last byte is consumed", "[unit][byte_queue]") {
    auto owner = std::make_shared<std::vector<std::uint8_t>>(1000, std::uint8_t{5});
    const std::weak_ptr<std::vector<std::uint8_t>> watch = owner;
    const BytesView bytes = *owner;
    ByteQueue queue;
    queue.append(Bytes::adopt(std::move(owner), bytes));
    queue.append(hex("01"));
    queue.consume(999);
    CHECK(!watch.expired());
    CHECK(to_hex(content(queue)) == "0501");
    queue.consume(1);
    CHECK(watch.expired());
    CHECK(to_hex(content(queue)) == "01");
}

TEST_CASE("Bytes come out in the order in which they went in", "[unit][byte_queue]") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U);
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t bound) { return random() % bound; };
    ByteQueue queue;
    std::deque<std::uint8_t> model;
    std::uint8_t next = 0;
    for (int step = 0; step < 3000; ++step) {
        const std::size_t action = below(8);
        if (action < 5) {
            std::vector<std::uint8_t> bytes(action == 0 ? below(1500) : below(20));
            for (std::uint8_t& byte : bytes) byte = next++;
            model.insert(model.end(), bytes.begin(), bytes.end());
            if (action == 1) {
                queue.append(BytesView(bytes));
            } else {
                queue.append(Bytes::copy(bytes));
            }
        } else if (action < 7) {
            const std::size_t count = below(std::min<std::size_t>(model.size(), 400) + 1);
            queue.consume(count);
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
        } else if (below(40) == 0) {
            const Bytes taken = queue.take();
            REQUIRE(std::equal(taken.data(), taken.data() + taken.size(), model.begin(), model.end()));
            model.clear();
        }
        REQUIRE(queue.size() == model.size());
        const auto all = content(queue, 1 + below(700));
        REQUIRE(std::equal(all.begin(), all.end(), model.begin(), model.end()));
    }
}

TEST_CASE("taking everything shares a lone slice and empties the queue", "[unit][byte_queue]") {
    const Bytes large = filled(2000, 3);
    ByteQueue queue;
    CHECK(queue.take().empty());

    queue.append(large);
    queue.consume(100);
    CHECK(queue.take().data() == large.data() + 100);
    CHECK(queue.empty());

    queue.append(hex("0102"));
    queue.append(large);
    queue.consume(1);
    const Bytes taken = queue.take();
    REQUIRE(taken.size() == 2001);
    CHECK(taken.data()[0] == 2);
    CHECK(taken.slice(1, 2000) == large);
    CHECK(queue.empty());
    CHECK(runs(queue).empty());
}

TEST_CASE("A queue that is never empty holds no more than its bytes", "[unit][byte_queue]") {
    const Bytes small = filled(100, 1);
    const Bytes large = filled(600, 2);
    const Allocations before = allocations();
    ByteQueue queue;
    queue.append(small);
    for (int i = 0; i < 10'000; ++i) {
        queue.append(large);
        queue.append(small);
        queue.consume(700);
    }
    const Allocations after = allocations();
    CHECK(queue.size() == 100);
    CHECK(after.bytes - before.bytes < 100'000);
}

TEST_CASE("An empty queue frees its memory, and needs none for a few small messages", "[unit][byte_queue]") {
    const Bytes small = filled(100, 1);
    ByteQueue queue;
    const auto cost = [&](std::size_t times) {
        const Allocations before = allocations();
        for (std::size_t i = 0; i < times; ++i) queue.append(small);
        queue.consume(queue.size());
        return allocations().bytes - before.bytes;
    };
    CHECK(cost(1) <= 256);
    CHECK(cost(1) == 0);
    if (!support::sanitized) {  // whose allocator is not counted
        CHECK(cost(100) >= 10'000);
        CHECK(cost(100) >= 10'000);  // again: what it had was not kept
    }
    CHECK(cost(1) <= 256);
    CHECK(cost(1) == 0);
}

}  // namespace ouro
