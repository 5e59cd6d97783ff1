#include <ouro/protocol/machine.hpp>

#include <ouro/protocol/block_fetch.hpp>
#include <ouro/protocol/chain_sync.hpp>
#include <ouro/protocol/keep_alive.hpp>

#include <algorithm>

#include "support/catch.hpp"

using namespace ouro;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{1h};

using Follower = Machine<ChainSync, Role::initiator>;
using Server = Machine<ChainSync, Role::responder>;
using Fetcher = Machine<BlockFetch, Role::initiator>;
using C = ChainSync::State;
using F = BlockFetch::State;

Errc hear(Follower& machine, const ChainSync::Message& message, Instant now = start) {
    return machine.receive(message, 10, now);
}

}  // namespace

TEST_CASE("Three hundred requests wait in the ledger, and each reply applies the next one",
          "[unit][protocol][machine]") {
    Follower machine({});
    for (int i = 0; i < 300; ++i) REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    CHECK(machine.state() == C::can_await);
    CHECK(machine.pending() == 299);

    CHECK(hear(machine, ChainSync::AwaitReply{}) == Errc::none);
    CHECK(machine.state() == C::must_reply);
    CHECK(machine.pending() == 299);
    CHECK(hear(machine, ChainSync::AwaitReply{}) == Errc::out_of_turn);
    CHECK(hear(machine, ChainSync::RollBackward{}) == Errc::none);
    CHECK(machine.state() == C::can_await);
    CHECK(machine.pending() == 298);

    for (std::size_t left = 298; left > 0; --left) {
        REQUIRE(hear(machine, ChainSync::RollForward{}) == Errc::none);
        REQUIRE(machine.pending() == left - 1);
        REQUIRE(machine.state() == C::can_await);
    }
    CHECK(hear(machine, ChainSync::RollForward{}) == Errc::none);
    CHECK(machine.state() == C::idle);
    CHECK(machine.ours());
    CHECK(hear(machine, ChainSync::RollForward{}) == Errc::out_of_turn);
}

TEST_CASE("Only another request can be sent while answers are due", "[unit][protocol][machine]") {
    Follower machine({});
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    CHECK(machine.send(ChainSync::FindIntersect{}, start) == Errc::not_our_turn);
    CHECK(machine.send(ChainSync::Done{}, start) == Errc::not_our_turn);
    CHECK(machine.pending() == 1);
    REQUIRE(hear(machine, ChainSync::RollForward{}) == Errc::none);
    CHECK(machine.send(ChainSync::Done{}, start) == Errc::not_our_turn);
    REQUIRE(hear(machine, ChainSync::RollForward{}) == Errc::none);
    CHECK(machine.send(ChainSync::Done{}, start) == Errc::none);
    CHECK(machine.done());
}

TEST_CASE("Requests may follow an unanswered intersection", "[unit][protocol][machine]") {
    Follower machine({});
    REQUIRE(machine.send(ChainSync::FindIntersect{}, start) == Errc::none);
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    CHECK(machine.state() == C::intersect);
    CHECK(hear(machine, ChainSync::RollForward{}) == Errc::out_of_turn);
    CHECK(hear(machine, ChainSync::IntersectFound{}) == Errc::none);
    CHECK(machine.state() == C::can_await);
    CHECK(machine.pending() == 0);
}

TEST_CASE("The other side has no ledger", "[unit][protocol][machine]") {
    Server machine({});
    CHECK(machine.send(ChainSync::RequestNext{}, start) == Errc::not_our_turn);
    CHECK(machine.pending() == 0);
    CHECK(machine.receive(ChainSync::RequestNext{}, 2, start) == Errc::none);
    CHECK(machine.receive(ChainSync::RequestNext{}, 2, start) == Errc::out_of_turn);  // it stays unread in its queue
    CHECK(machine.send(ChainSync::RollForward{}, start) == Errc::none);
    CHECK(machine.receive(ChainSync::RequestNext{}, 2, start) == Errc::none);
}

namespace {

/// Two messages that may be sent ahead, with answers of different lengths.
struct Twofold {
    enum class State : std::uint8_t { idle, one, two, two_more };
    struct One {
        static constexpr std::string_view name = "One";
    };
    struct Two {
        static constexpr std::string_view name = "Two";
    };
    struct Answer {
        static constexpr std::string_view name = "Answer";
    };
    using Message = std::variant<One, Two, Answer>;
    static constexpr std::string_view name = "twofold";
    static constexpr Channel channel{1000};
    static constexpr std::array states{StateSpec{State::idle, "Idle", Agency::initiator, no_limit, 10},
                                       StateSpec{State::one, "One", Agency::responder, no_limit, 10},
                                       StateSpec{State::two, "Two", Agency::responder, no_limit, 10},
                                       StateSpec{State::two_more, "TwoMore", Agency::responder, no_limit, 10}};
    static constexpr std::array transitions{
        on<One>(State::idle, State::one).pipelined(), on<Two>(State::idle, State::two).pipelined(),
        on<Answer>(State::one, State::idle), on<Answer>(State::two, State::two_more),
        on<Answer>(State::two_more, State::idle)};
};

}  // namespace

TEST_CASE("Different requests apply in the order in which they were sent", "[unit][protocol][machine]") {
    using S = Twofold::State;
    Machine<Twofold, Role::initiator> machine({});
    for (const bool one : {true, false, false, true, false})
        REQUIRE((one ? machine.send(Twofold::One{}, start) : machine.send(Twofold::Two{}, start)) == Errc::none);
    std::vector<S> states{machine.state()};
    while (machine.theirs()) {
        REQUIRE(machine.receive(Twofold::Answer{}, 1, start) == Errc::none);
        states.push_back(machine.state());
    }
    CHECK(states ==
          std::vector{S::one, S::two, S::two_more, S::two, S::two_more, S::one, S::two, S::two_more, S::idle});
    CHECK(machine.pending() == 0);
}

TEST_CASE("A deadline counts from the request or from the previous answer, whichever is later",
          "[unit][protocol][machine]") {
    Follower machine({});
    CHECK_FALSE(machine.deadline());
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    CHECK(machine.deadline() == start + 10s);
    REQUIRE(machine.send(ChainSync::RequestNext{}, start + 3s) == Errc::none);
    CHECK(machine.deadline() == start + 10s);  // the first answer is as late as before
    REQUIRE(hear(machine, ChainSync::RollForward{}, start + 9s) == Errc::none);
    CHECK(machine.deadline() == start + 19s);
    REQUIRE(hear(machine, ChainSync::RollForward{}, start + 12s) == Errc::none);
    CHECK_FALSE(machine.deadline());  // it is for us to speak
    REQUIRE(machine.send(ChainSync::FindIntersect{}, start + 50s) == Errc::none);
    CHECK(machine.deadline() == start + 60s);
    CHECK(hear(machine, ChainSync::RollForward{}, start + 55s) == Errc::out_of_turn);
    CHECK(machine.deadline() == start + 60s);
}

TEST_CASE("A responder waits from its first answer on", "[unit][protocol][machine]") {
    Server machine({});
    CHECK_FALSE(machine.deadline());
    REQUIRE(machine.receive(ChainSync::RequestNext{}, 2, start) == Errc::none);
    CHECK_FALSE(machine.deadline());
    REQUIRE(machine.send(ChainSync::RollForward{}, start + 1s) == Errc::none);
    CHECK(machine.deadline() == start + 1s + 3'373s);
    REQUIRE(machine.receive(ChainSync::Done{}, 2, start + 2s) == Errc::none);
    CHECK_FALSE(machine.deadline());
}

TEST_CASE("Every block has its own limit of a minute", "[unit][protocol][machine]") {
    Fetcher machine({});
    REQUIRE(machine.send(BlockFetch::RequestRange{}, start) == Errc::none);
    CHECK(machine.deadline() == start + 60s);
    REQUIRE(machine.receive(BlockFetch::StartBatch{}, 2, start + 50s) == Errc::none);
    CHECK(machine.deadline() == start + 110s);
    REQUIRE(machine.receive(BlockFetch::Block{}, 2, start + 100s) == Errc::none);
    CHECK(machine.deadline() == start + 160s);
}

TEST_CASE("A ranged limit is drawn anew for each visit, from its seed", "[unit][protocol][machine]") {
    const auto visits = [](std::uint64_t seed) {
        Follower machine({seed, false});
        std::vector<Duration> waits;
        for (int i = 0; i < 500; ++i) {
            REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
            REQUIRE(hear(machine, ChainSync::AwaitReply{}, start) == Errc::none);
            REQUIRE(machine.deadline());
            waits.push_back(*machine.deadline() - start);
            REQUIRE(hear(machine, ChainSync::RollForward{}, start) == Errc::none);
        }
        return waits;
    };
    const auto waits = visits(7);
    const auto [least, most] = std::minmax_element(waits.begin(), waits.end());
    CHECK(*least >= 601s);
    CHECK(*least < 611s);
    CHECK(*most <= 911s);
    CHECK(*most > 901s);
    CHECK(std::count_if(waits.begin(), waits.end(), [](Duration d) { return d < 756s; }) > 200);
    CHECK(std::count_if(waits.begin(), waits.end(), [](Duration d) { return d >= 756s; }) > 200);
    CHECK(visits(7) == waits);
    CHECK_FALSE(visits(8) == waits);
}

TEST_CASE("A trusted peer has no time limit for a new block, but for everything else", "[unit][protocol][machine]") {
    Follower machine({1, true});
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    CHECK(machine.deadline() == start + 10s);
    REQUIRE(hear(machine, ChainSync::AwaitReply{}) == Errc::none);
    CHECK_FALSE(machine.deadline());
    REQUIRE(hear(machine, ChainSync::RollForward{}) == Errc::none);
    REQUIRE(machine.send(ChainSync::FindIntersect{}, start) == Errc::none);
    CHECK(machine.deadline() == start + 10s);
}

TEST_CASE("A pause stops the time limit, and afterwards it starts again", "[unit][protocol][machine]") {
    Fetcher machine({});
    REQUIRE(machine.send(BlockFetch::RequestRange{}, start) == Errc::none);
    machine.pause();
    CHECK_FALSE(machine.deadline());
    machine.resume(start + 1h);
    CHECK(machine.deadline() == start + 1h + 60s);
    CHECK(machine.state() == F::busy);

    REQUIRE(machine.receive(BlockFetch::NoBlocks{}, 2, start + 1h) == Errc::none);
    machine.resume(start + 2h);
    CHECK_FALSE(machine.deadline());  // no message is awaited
}

TEST_CASE("A message is checked against the limit of the protocol's state", "[unit][protocol][machine]") {
    Fetcher machine({});
    REQUIRE(machine.send(BlockFetch::RequestRange{}, start) == Errc::none);
    CHECK(machine.receive_limit() == 65'535);
    CHECK(machine.receive(BlockFetch::StartBatch{}, 65'536, start) == Errc::message_too_large);
    CHECK(machine.state() == F::busy);
    CHECK(machine.receive(BlockFetch::StartBatch{}, 65'535, start) == Errc::none);
    CHECK(machine.receive_limit() == 2'500'000);
    CHECK(machine.receive(BlockFetch::Block{}, 2'500'000, start) == Errc::none);
    CHECK(machine.receive(BlockFetch::Block{}, 2'500'001, start) == Errc::message_too_large);
    // Not by the state it leads to.
    CHECK(machine.receive(BlockFetch::BatchDone{}, 65'536, start) == Errc::none);
    CHECK(machine.state() == F::idle);
}

TEST_CASE("A broken rule changes nothing", "[unit][protocol][machine]") {
    Fetcher machine({});
    REQUIRE(machine.send(BlockFetch::RequestRange{}, start) == Errc::none);
    REQUIRE(machine.send(BlockFetch::RequestRange{}, start) == Errc::none);
    CHECK(machine.receive(BlockFetch::Block{}, 2, start + 5s) == Errc::out_of_turn);
    CHECK(machine.receive(BlockFetch::NoBlocks{}, 65'536, start + 5s) == Errc::message_too_large);
    CHECK(machine.state() == F::busy);
    CHECK(machine.pending() == 1);
    CHECK(machine.deadline() == start + 60s);
}

TEST_CASE("A protocol may start again from its first state after its end", "[unit][protocol][machine]") {
    Follower machine({});
    REQUIRE(machine.send(ChainSync::Done{}, start) == Errc::none);
    CHECK(machine.done());
    CHECK_FALSE(machine.ours());
    CHECK_FALSE(machine.theirs());
    CHECK_FALSE(machine.deadline());
    CHECK(machine.send(ChainSync::RequestNext{}, start) == Errc::not_our_turn);
    CHECK(hear(machine, ChainSync::RollForward{}) == Errc::out_of_turn);
    machine.restart();
    CHECK(machine.state() == C::idle);
    CHECK(machine.send(ChainSync::RequestNext{}, start) == Errc::none);

    // In the middle too: outstanding requests are forgotten.
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    machine.restart();
    CHECK(machine.pending() == 0);
    CHECK_FALSE(machine.deadline());
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    REQUIRE(hear(machine, ChainSync::RollForward{}) == Errc::none);
    CHECK(machine.state() == C::idle);
}

TEST_CASE("A violation states protocol, state, message and rule", "[unit][protocol][machine]") {
    Follower machine({});
    REQUIRE(machine.send(ChainSync::RequestNext{}, start) == Errc::none);
    REQUIRE(hear(machine, ChainSync::AwaitReply{}) == Errc::none);
    const ChainSync::Message again = ChainSync::AwaitReply{};
    const Errc error = hear(machine, again);
    CHECK(machine.violation(error, again.index()) ==
          Violation{"chain-sync", "MustReply", "AwaitReply", Errc::out_of_turn});
    CHECK(to_string(machine.violation(error, again.index())) ==
          "chain-sync, MustReply: AwaitReply: " + std::string(message(Errc::out_of_turn)));
    CHECK(machine.violation(Errc::malformed) == Violation{"chain-sync", "MustReply", "", Errc::malformed});
    CHECK(to_string(machine.violation(Errc::malformed)) ==
          "chain-sync, MustReply: " + std::string(message(Errc::malformed)));
}
