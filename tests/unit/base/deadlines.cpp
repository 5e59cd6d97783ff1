#include <ouro/base/deadlines.hpp>

#include "support/catch.hpp"

using namespace ouro;
using detail::Deadlines;

TEST_CASE("Deadlines come up in order of time and not early", "[unit][interface][deadlines]") {
    const Instant start{};
    Deadlines<int> deadlines;
    CHECK(deadlines.next() == std::nullopt);
    CHECK(deadlines.pop_due(Instant::max()) == std::nullopt);
    for (const int key : {5, 1, 4, 2, 3, 1}) deadlines.push(start + std::chrono::seconds(key), key);
    CHECK(deadlines.size() == 6);
    CHECK(deadlines.next() == start + 1s);
    CHECK(deadlines.pop_due(start + 999ms) == std::nullopt);
    for (const int key : {1, 1, 2, 3})
        CHECK(deadlines.pop_due(start + 3s) == std::pair(start + std::chrono::seconds(key), key));
    CHECK(deadlines.pop_due(start + 3s) == std::nullopt);
    CHECK(deadlines.next() == start + 4s);
    CHECK(deadlines.size() == 2);
}
