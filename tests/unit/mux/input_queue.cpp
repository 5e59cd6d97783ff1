#include <ouro/mux/input_queue.hpp>

#include <algorithm>
#include <deque>
#include <iostream>
#include <random>
#include <vector>

#include "support/catch.hpp"
#include "support/resident.hpp"

using namespace ouro;
using mux::InputQueue;

namespace {

std::vector<std::uint8_t> bytes(std::size_t count) { return std::vector<std::uint8_t>(count, 0x55); }

}  // namespace

TEST_CASE("Bytes leave an input queue in the order in which they came", "[unit][mux][input_queue]") {
    std::mt19937 random(GENERATE(1U, 2U, 3U));
    InputQueue queue;
    std::deque<std::uint8_t> model;
    std::uint8_t value = 0;
    const auto drawn = [&](std::size_t most) { return random() % (most + 1); };
    for (int step = 0; step < 3'000; ++step) {
        std::vector<std::uint8_t> more(drawn(step % 100 == 0 ? 100'000 : 200));
        for (auto& byte : more) byte = value++;
        queue.append(more);
        model.insert(model.end(), more.begin(), more.end());
        const std::size_t gone = std::min(drawn(step % 70 == 0 ? 200'000 : 250), model.size());
        queue.consume(gone);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(gone));
        REQUIRE(queue.size() == model.size());
        REQUIRE(std::equal(queue.view().begin(), queue.view().end(), model.begin(), model.end()));
    }
}

TEST_CASE("a long input queue takes little more memory than its bytes", "[unit][mux][input_queue]") {
    InputQueue queue;
    const std::size_t piece = GENERATE(std::size_t{1'000}, std::size_t{65'535});
    while (queue.size() < 2'000'000) {
        queue.append(bytes(piece));
        REQUIRE(queue.capacity() >= queue.size());
        if (queue.size() > 200'000) REQUIRE(queue.capacity() <= queue.size() + queue.size() / 4);
    }
    while (queue.size() > 100'000) {
        queue.consume(1'000);
        REQUIRE(queue.capacity() <= std::max<std::size_t>(4 * queue.size(), 64 * 1'024));
    }
    queue.consume(queue.size());
    CHECK(queue.capacity() == 0);
}

TEST_CASE("An input queue grows only when its memory is full", "[unit][mux][input_queue]") {
    InputQueue queue;
    queue.append(bytes(1'000));
    REQUIRE(queue.capacity() == 1'000);
    queue.append(bytes(500));
    REQUIRE(queue.capacity() == 2'000);
    queue.append(bytes(500));
    CHECK(queue.capacity() == 2'000);
    queue.append(bytes(1));
    CHECK(queue.capacity() == 4'000);
}

TEST_CASE("Many input queues side by side take little more memory than they count", "[unit][mux][input_queue]") {
    if (support::sanitized) {
        std::cout << "skipped, for there is no count of the system's that is ours alone\n";
        return;
    }
    const std::size_t before = support::resident_bytes();
    constexpr std::size_t budget = 64'000'000;
    std::vector<InputQueue> queues(GENERATE(500U, 1'000U, 5'000U));
    const auto piece = bytes(2'000);
    std::mt19937 random(1);
    std::size_t counted = 0;
    for (int step = 0; step < 100'000; ++step) {
        InputQueue& queue = queues[random() % queues.size()];
        counted -= queue.capacity();
        queue.append(piece);
        counted += queue.capacity();
        if (counted <= budget) continue;
        InputQueue& longest = *std::ranges::max_element(queues, {}, &InputQueue::capacity);
        counted -= longest.capacity();
        longest = {};
    }
    REQUIRE(counted > budget / 2);
    CHECK(support::resident_bytes() - before < counted + counted / 10);
}
