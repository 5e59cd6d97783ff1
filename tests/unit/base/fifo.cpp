#include <ouro/base/fifo.hpp>

#include <array>
#include <deque>
#include <memory>
#include <random>

#include "support/catch.hpp"
#include "support/resident.hpp"

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

TEST_CASE("A long queue returns items in their order, too", "[unit][fifo]") {
    struct Large {
        int number;
        std::array<char, 40'000> rest;  // four of them have pages of their own
    };
    Fifo<Large> queue;
    std::deque<int> model;
    std::mt19937 random(8);
    for (int i = 0; i < 2'000; ++i) {
        if (model.empty() || random() % 100 < (i % 400 < 200 ? 70U : 30U)) {
            queue.emplace_back().number = i;
            model.push_back(i);
        } else if (random() % 4 == 0) {
            REQUIRE(queue.pop_back().number == model.back());
            model.pop_back();
        } else {
            REQUIRE(queue.front().number == model.front());
            queue.drop_front();
            model.pop_front();
        }
        REQUIRE(queue.size() == model.size());
        for (std::size_t n = 0; n < model.size(); ++n) REQUIRE(queue[n].number == model[n]);
    }
}

TEST_CASE("A queue that was long keeps no memory once it is empty", "[unit][fifo]") {
    if (support::sanitized) return;  // another allocator
    using Item = std::array<char, 1'000>;
    constexpr std::size_t items = 32'000, bytes = items * sizeof(Item);
    const bool from_behind = GENERATE(false, true);
    const std::size_t before = support::resident_bytes();
    Fifo<Item> queue;
    for (std::size_t i = 0; i < items; ++i) queue.emplace_back().fill('x');
    CHECK(support::resident_bytes() > before + bytes / 2);
    while (!queue.empty()) {
        if (from_behind)
            (void)queue.pop_back();
        else
            queue.drop_front();
    }
    CHECK(support::resident_bytes() < before + bytes / 4);
    queue.emplace_back().fill('y');
    CHECK(queue.front()[999] == 'y');
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

}  // namespace ouro::detail
