#include "behavior/peers/connection_table.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ouro::node;

template <>
struct Catch::StringMaker<ConnectionState> {
    static std::string convert(ConnectionState state) { return std::string(name(state)); }
};

namespace {

using enum ConnectionState;
using Call = ConnectionCall;
using Answer = ConnectionAnswer;

struct Change {
    ConnectionState from, to;
    Answer answer = Answer::none;
};

/// p2p.md, section 6, call by call as it stands there. A call in a state that is not named is illegal.
struct Expected {
    Call call;
    std::vector<Change> changes;
};

const std::vector<Expected> expected{
    {Call::acquire_outbound,
     {{none, reserved, Answer::dial},
      {reserved, reserved, Answer::exists},
      {unnegotiated_out, unnegotiated_out, Answer::exists},
      {outbound_uni, outbound_uni, Answer::exists},
      {outbound_dup_idle, outbound_dup_idle, Answer::exists},
      {outbound_dup, outbound_dup, Answer::exists},
      {duplex, duplex, Answer::exists},
      {unnegotiated_in, unnegotiated_in, Answer::wait},
      {inbound_idle_dup, outbound_dup_idle, Answer::reuse},
      {inbound_dup, duplex, Answer::reuse},
      {inbound_idle_uni, inbound_idle_uni, Answer::forbidden},
      {inbound_uni, inbound_uni, Answer::forbidden},
      {outbound_idle_uni, outbound_idle_uni, Answer::forbidden},
      {outbound_idle_dup, outbound_idle_dup, Answer::forbidden},
      {terminating, terminating, Answer::wait}}},
    {Call::connected, {{reserved, unnegotiated_out}}},
    {Call::include_inbound, {{none, unnegotiated_in}, {reserved, unnegotiated_in}, {terminating, unnegotiated_in}}},
    {Call::negotiated_uni, {{unnegotiated_out, outbound_uni}, {unnegotiated_in, inbound_idle_uni}}},
    {Call::negotiated_dup, {{unnegotiated_out, outbound_dup_idle}, {unnegotiated_in, inbound_idle_dup}}},
    {Call::release_outbound,
     {{outbound_uni, outbound_idle_uni, Answer::close},
      {outbound_dup, outbound_idle_dup},
      {outbound_dup_idle, inbound_idle_dup},
      {duplex, inbound_dup},
      {outbound_idle_uni, outbound_idle_uni},
      {outbound_idle_dup, outbound_idle_dup},
      {inbound_idle_uni, inbound_idle_uni},
      {inbound_idle_dup, inbound_idle_dup},
      {terminating, terminating},
      {none, none},
      {inbound_uni, inbound_uni, Answer::forbidden},
      {inbound_dup, inbound_dup, Answer::forbidden},
      {reserved, reserved, Answer::forbidden},
      {unnegotiated_out, unnegotiated_out, Answer::forbidden},
      {unnegotiated_in, unnegotiated_in, Answer::forbidden}}},
    {Call::promoted_to_warm_remote,
     {{outbound_dup_idle, duplex},
      {outbound_dup, duplex},
      {inbound_idle_uni, inbound_uni},
      {inbound_idle_dup, inbound_dup},
      {outbound_idle_dup, inbound_dup}}},
    {Call::demoted_to_cold_remote,
     {{inbound_uni, inbound_idle_uni}, {inbound_dup, inbound_idle_dup}, {duplex, outbound_dup_idle}}},
    {Call::release_inbound,
     {{inbound_idle_uni, terminating, Answer::close},
      {inbound_idle_dup, terminating, Answer::close},
      {outbound_dup_idle, outbound_dup}}},
    {Call::outbound_idle_over, {{outbound_idle_dup, terminating, Answer::close}}},
    {Call::closed,
     {{reserved, none},
      {unnegotiated_out, terminating},
      {unnegotiated_in, terminating},
      {outbound_uni, terminating},
      {outbound_dup_idle, terminating},
      {outbound_dup, terminating},
      {outbound_idle_uni, terminating},
      {outbound_idle_dup, terminating},
      {inbound_idle_uni, terminating},
      {inbound_idle_dup, terminating},
      {inbound_uni, terminating},
      {inbound_dup, terminating},
      {duplex, terminating},
      {terminating, terminating}}},
    {Call::time_wait_over, {{terminating, none}}},
};

std::vector<ConnectionState> all_states() {
    std::vector<ConnectionState> all;
    for (std::size_t state = 0; state < connection_states; ++state) all.push_back(static_cast<ConnectionState>(state));
    return all;
}

}  // namespace

TEST_CASE("Every call in every state of a connection leads where the specification says",
          "[unit][behavior][node][connection_table]") {
    REQUIRE(expected.size() == connection_calls);
    for (std::size_t number = 0; number < connection_calls; ++number) {
        const auto& [call, changes] = expected[number];
        REQUIRE(static_cast<std::size_t>(call) == number);
        for (const ConnectionState from : all_states()) {
            ConnectionStep want{from, Answer::illegal};
            for (const Change& change : changes)
                if (change.from == from) want = {change.to, change.answer};
            const ConnectionStep got = step(from, call);
            INFO("call " << number << " in " << name(from));
            CHECK(got.to == want.to);
            CHECK((got.answer == want.answer));
        }
    }
}

TEST_CASE("A connection that the peer uses or may use counts as opened by the peer",
          "[unit][behavior][node][connection_table]") {
    std::vector<ConnectionState> counted, waited_for;
    for (const ConnectionState state : all_states()) {
        if (counts_inbound(state)) counted.push_back(state);
        if (waits_for_peer(state)) waited_for.push_back(state);
    }
    CHECK(counted ==
          std::vector{unnegotiated_in, inbound_idle_uni, inbound_idle_dup, inbound_uni, inbound_dup, duplex});
    CHECK(waited_for == std::vector{outbound_dup_idle, inbound_idle_uni, inbound_idle_dup});
}

TEST_CASE("A connection is counted once in each kind that it belongs to", "[unit][behavior][node][connection_table]") {
    const auto [state, full, dup, uni, in, out, ending] =
        GENERATE(table<ConnectionState, int, int, int, int, int, int>({{none, 0, 0, 0, 0, 0, 0},
                                                                       {reserved, 0, 0, 0, 0, 0, 0},
                                                                       {unnegotiated_out, 0, 0, 0, 0, 1, 0},
                                                                       {unnegotiated_in, 0, 0, 0, 1, 0, 0},
                                                                       {outbound_uni, 0, 0, 1, 0, 1, 0},
                                                                       {outbound_dup_idle, 0, 1, 0, 0, 1, 0},
                                                                       {outbound_dup, 0, 1, 0, 0, 1, 0},
                                                                       {outbound_idle_uni, 0, 0, 1, 0, 1, 0},
                                                                       {outbound_idle_dup, 0, 1, 0, 0, 1, 0},
                                                                       {inbound_idle_uni, 0, 0, 1, 1, 0, 0},
                                                                       {inbound_idle_dup, 0, 1, 0, 1, 0, 0},
                                                                       {inbound_uni, 0, 0, 1, 1, 0, 0},
                                                                       {inbound_dup, 0, 1, 0, 1, 0, 0},
                                                                       {duplex, 1, 1, 0, 1, 1, 0},
                                                                       {terminating, 0, 0, 0, 0, 0, 1}}));
    Counters counters;
    count(state, counters);
    INFO(name(state));
    CHECK(counters.full_duplex == static_cast<std::size_t>(full));
    CHECK(counters.duplex == static_cast<std::size_t>(dup));
    CHECK(counters.unidirectional == static_cast<std::size_t>(uni));
    CHECK(counters.inbound == static_cast<std::size_t>(in));
    CHECK(counters.outbound == static_cast<std::size_t>(out));
    CHECK(counters.terminating == static_cast<std::size_t>(ending));
}
