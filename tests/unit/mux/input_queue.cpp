#include <ouro/mux/input_queue.hpp>

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace ouro;
using mux::InputQueue;

namespace {

std::vector<std::uint8_t> bytes(std::size_t count) { return std::vector<std::uint8_t>(count, 0x55); }

}  // namespace

TEST_CASE("bytes leave an input queue in the order they came", "[unit][mux][input_queue]") {
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

TEST_CASE("input queues that come and go leave no holes in memory", "[unit][mux][input_queue]") {
    constexpr std::size_t most = 1'150'000, budget = 32U << 20, queue_count = 100;
    const auto resident = [] {
        std::ifstream file("/proc/self/statm");
        std::size_t all = 0, here = 0;
        file >> all >> here;
        return here * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    };
    const auto piece = bytes(12'288);
    std::vector<InputQueue> queues(queue_count);
    const std::size_t before = resident();
    std::size_t highest = 0, held = 0;
    for (int round = 0; round < 200; ++round) {
        for (InputQueue& queue : queues) {
            if (queue.size() + piece.size() > most) continue;
            held -= queue.capacity();
            queue.append(piece);
            held += queue.capacity();
            while (held > budget) {
                const auto smaller = [](const auto& a, const auto& b) { return a.capacity() < b.capacity(); };
                auto largest = std::max_element(queues.begin(), queues.end(), smaller);
                held -= largest->capacity();
                *largest = InputQueue();
            }
        }
        highest = std::max(highest, resident());
    }
    if (before == 0) WARN("skipped, for there is no /proc");
    CHECK(highest <= before + budget + budget / 20);
}
