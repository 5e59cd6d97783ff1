#include "interface/reclaim.hpp"

#include "support/catch.hpp"

using namespace ouro;
using detail::over_budget;
using detail::Reclaim;
using detail::reclaim_from;
using Held = mux::Ingress::Held;

namespace {

constexpr std::size_t share = 1'000;

bool goes_before(const Held& one, const Held& other) { return reclaim_from(one, share) > reclaim_from(other, share); }

}  // namespace

TEST_CASE("The connection with most unread data beyond its share is disconnected first", "[unit][interface][reclaim]") {
    const Held modest{1'000, 0, 0};
    const Held greedy{1'001, 0, 0};
    const Held greediest{5'000, 0, 0};
    CHECK(goes_before(greedy, modest));
    CHECK(goes_before(greediest, greedy));
    CHECK(goes_before(greedy, Held{0, 2'500'000, 0}));
    CHECK(goes_before(greedy, Held{0, 0, 2'500'000}));
}

TEST_CASE("What waits to be sent lowers the budget, but not for answers to our requests",
          "[unit][interface][reclaim]") {
    constexpr std::size_t budget = 1'000;
    CHECK_FALSE(over_budget({700, 0, 300}, budget));
    CHECK(over_budget({701, 0, 300}, budget));
    CHECK_FALSE(over_budget({1'000, 300, 300}, budget));
    CHECK_FALSE(over_budget({1'000, 1'000, 10'000}, budget));
    CHECK(over_budget({1'001, 1'001, 0}, budget));
    CHECK_FALSE(over_budget({250, 0, 10'000}, budget));
    CHECK(over_budget({251, 0, 10'000}, budget));
}

TEST_CASE("Connections with answers to our requests are disconnected last, however large the answers are",
          "[unit][interface][reclaim]") {
    const Held upstream{0, 0, 2'500'000};
    CHECK(goes_before(Held{1, 0, 0}, upstream));
    CHECK(goes_before(Held{0, 65'535, 0}, upstream));
    CHECK(goes_before(Held{500, 500, 0}, Held{900, 0, 0}));
    CHECK(goes_before(Held{0, 0, 2'500'000}, Held{0, 0, 2'000'000}));
    CHECK(goes_before(Held{0, 0, 1}, Held{}));
}
