#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <functional>

#include <ouro/manager.hpp>

#include "support/catch.hpp"
#include "support/scripted.hpp"

using namespace ouro;
using namespace ouro::scripted;
using namespace std::chrono_literals;

// The half of the defect that would live in the manager; the behavior's is in pace.cpp.

TEST_CASE("A busy sync does not starve deadlines", "[unit][regression]") {
    Script script;
    asio::io_context context(1);
    Manager<ScriptedInterface, ScriptedBehavior> manager(
        std::piecewise_construct, std::forward_as_tuple(context.get_executor(), std::ref(script)),
        std::forward_as_tuple(std::ref(script)));
    script.endless = true;
    int others = 0;
    const std::function<void()> other = [&] {
        ++others;
        asio::post(context, other);
    };
    asio::post(context, other);
    const auto step = [&] {
        context.restart();
        context.poll_one();
    };
    for (int turn = 0; turn < 10; ++turn) step();
    CHECK(script.handled > 0);
    for (int round = 1; round <= 5; ++round) {
        // Whenever a deadline is due it is kept after a bounded number of arrivals, and there was always one more.
        script.deadline = script.now;
        const int before = script.handled;
        for (int steps = 0; steps < 1'000 && script.ticks < round; ++steps) step();
        CHECK(script.ticks == round);
        CHECK(script.handled - before <= 8'192);
        script.advance(1s);
    }
    CHECK(others > 100);  // handlers of others run in between
}
