#include <ouro/base/fifo.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <random>

#include "support/catch.hpp"

namespace ouro::detail {

namespace {

/// Counts what there is of it, and its moves.
class Counted {
  public:
    struct Figures {
        int alive = 0;
        int moves = 0;
    };

    explicit Counted(Figures& figures) : figures_(&figures) { ++figures_->alive; }
    Counted(Counted&& other) noexcept : figures_(other.figures_) {
        ++figures_->alive;
        ++figures_->moves;
    }
    Counted& operator=(Counted&&) = delete;
    ~Counted() { --figures_->alive; }

  private:
    Figures* figures_;
};

}  // namespace

TEST_CASE("A queue returns items in the order in which it took them, however it grows and wraps", "[unit][fifo]") {
    Fifo<std::unique_ptr<int>> queue;
    std::deque<int> model;
    std::mt19937 random(7);
    for (int i = 0; i < 10'000; ++i) {
        const auto what = random() % 8;
        if (what < 4) {
            queue.push_back(std::make_unique<int>(i));
            model.push_back(i);
        } else if (model.empty()) {
            REQUIRE(queue.empty());
            REQUIRE_FALSE(queue.try_pop_front());
        } else if (what == 4) {
            REQUIRE(*queue.pop_back() == model.back());
            model.pop_back();
        } else if (what == 5) {
            REQUIRE(**queue.try_pop_front() == model.front());
            model.pop_front();
        } else {
            REQUIRE(*queue.pop_front() == model.front());
            model.pop_front();
        }
        REQUIRE(queue.size() == model.size());
        for (std::size_t n = 0; n < model.size(); ++n) REQUIRE(*queue[n] == model[n]);
    }
}

TEST_CASE("An item passes through a queue with one move and is destroyed when it is taken", "[unit][fifo]") {
    Counted::Figures figures;
    {
        Fifo<Counted> queue;
        queue.emplace_back(figures);
        CHECK(figures.moves == 0);
        {
            const auto taken = queue.try_pop_front();
            CHECK(taken.has_value());
            CHECK(figures.moves == 1);
            CHECK(figures.alive == 1);
        }
        CHECK(figures.alive == 0);
        for (int i = 0; i < 10; ++i) queue.emplace_back(figures);
        queue.clear();
        CHECK(figures.alive == 0);
        for (int i = 0; i < 10; ++i) queue.emplace_back(figures);
        Fifo<Counted> other = std::move(queue);
        CHECK(queue.empty());
        CHECK(other.size() == 10);
        CHECK(figures.alive == 10);
    }
    CHECK(figures.alive == 0);
}

namespace {

using Queue = Fifo<std::array<std::byte, 64>>;
constexpr std::size_t many = 1'000;

void fill_and_empty(Queue& queue, std::size_t items) {
    for (std::size_t i = 0; i < items; ++i) queue.emplace_back();
    while (!queue.empty()) queue.drop_front();
}

}  // namespace

TEST_CASE("A queue that was long frees its memory once it has stayed short", "[unit][fifo]") {
    Queue queue;
    fill_and_empty(queue, many);
    CHECK(queue.capacity() >= many);
    for (std::uint32_t i = 1; i < Queue::quiet_times; ++i) fill_and_empty(queue, 3);
    CHECK(queue.capacity() >= many);
    SECTION("items leave at the front") { fill_and_empty(queue, 3); }
    SECTION("an item leaves at the back") {
        queue.emplace_back();
        (void)queue.pop_back();
    }
    CHECK(queue.capacity() == 0);
    fill_and_empty(queue, many);
    CHECK(queue.capacity() >= many);
}

TEST_CASE("A queue that becomes long again and again keeps its memory", "[unit][fifo]") {
    Queue queue;
    fill_and_empty(queue, many);
    const auto capacity = queue.capacity();
    for (std::uint32_t i = 0; i < 4 * Queue::quiet_times; ++i) {
        fill_and_empty(queue, i % (Queue::quiet_times / 2) == 0 ? many : 1);
        REQUIRE(queue.capacity() == capacity);
    }
}

TEST_CASE("A queue that was never long keeps its memory", "[unit][fifo]") {
    Queue queue;
    fill_and_empty(queue, Queue::kept_bytes / sizeof(std::array<std::byte, 64>));
    const auto capacity = queue.capacity();
    CHECK(capacity > 0);
    for (std::uint32_t i = 0; i < 4 * Queue::quiet_times; ++i) fill_and_empty(queue, 1);
    CHECK(queue.capacity() == capacity);
}

}  // namespace ouro::detail
