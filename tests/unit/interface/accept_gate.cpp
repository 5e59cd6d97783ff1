#include "interface/accept_gate.hpp"

#include <algorithm>
#include <cerrno>

#include "interface/listeners.hpp"
#include "support/catch.hpp"

using namespace ouro;
using namespace ouro::detail;

namespace {

const Instant start{1h};

/// How long the gate stays shut behind the connection that made it `inbound`; at the hard limit one leaves at once.
Duration pause_behind(std::size_t inbound, const AcceptLimits& limits = {}) {
    AcceptGate gate(limits);
    gate.accepted(inbound, start);
    for (Instant now = start;; now += 1ms)
        if (gate.open(std::min(inbound, limits.hard - 1), now)) return now - start;
}

}  // namespace

TEST_CASE("the pause before the next connection grows from the soft limit to the hard one", "[unit][interface]") {
    CHECK(pause_behind(1) == 0ms);
    CHECK(pause_behind(383) == 0ms);
    CHECK(pause_behind(384) == 0ms);
    CHECK(pause_behind(385) == 40ms);  // 5 s / 128, to the next millisecond
    CHECK(pause_behind(448) == 2'500ms);
    CHECK(pause_behind(511) == 4'961ms);
    CHECK(pause_behind(512) == 5'000ms);
    CHECK(pause_behind(3, {4, 2, 10ms}) == 5ms);
    CHECK(pause_behind(4, {4, 4, 10ms}) == 10ms);
    CHECK(pause_behind(3, {4, 4, 10ms}) == 0ms);
    CHECK(pause_behind(1, {1, 0, 10ms}) == 10ms);
}

TEST_CASE("At the hard limit a connection needs a free place and the end of the delay", "[unit][interface]") {
    AcceptGate gate({4, 2, 10ms});
    CHECK(gate.open(0, start));
    gate.accepted(4, start);
    CHECK_FALSE(gate.open(3, start + 9ms));
    CHECK(gate.open(3, start + 10ms));
    CHECK_FALSE(gate.open(4, start + 10ms));
    CHECK_FALSE(gate.open(4, start + 10h));
    CHECK(gate.open(3, start + 10h));  // the delay was over long ago
}

TEST_CASE("a pause ends early when no more connections than the soft limit are left", "[unit][interface]") {
    AcceptGate gate({4, 2, 10ms});
    gate.accepted(3, start);
    CHECK_FALSE(gate.open(3, start + 4ms));
    CHECK(gate.open(3, start + 5ms));
    CHECK(gate.open(2, start));
    // At the hard limit the whole delay passes first.
    gate.accepted(4, start);
    CHECK_FALSE(gate.open(0, start + 9ms));
    CHECK(gate.open(0, start + 10ms));
}

TEST_CASE("A failed accept concerns one connection or the listener", "[unit][interface]") {
    const auto after = [](int error) { return after_failed_accept({error, std::system_category()}); };
    CHECK(after(ECONNABORTED) == AfterFailure::pause);
    for (const int error : {EINTR, EPROTO, ENOPROTOOPT, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH})
        CHECK(after(error) == AfterFailure::go_on);
    for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EINVAL, EPERM}) CHECK(after(error) == AfterFailure::tell);
}
