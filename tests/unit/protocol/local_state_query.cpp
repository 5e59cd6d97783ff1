#include <ouro/protocol/local_state_query.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;
using wire::point_a_hex;

TEST_CASE("The local state-query table is the specification's", "[unit][protocol][local_state_query]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"Acquiring", Agency::responder, 0s, 0s, false, 0xffffffff, {"Acquire"}},
        {"Acquired", Agency::initiator, 0s, 0s, false, 0xffffffff, {"Acquire", "Acquired"}},
        {"Querying", Agency::responder, 0s, 0s, false, 0xffffffff, {"Acquire", "Acquired", "Query"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{
        {"Idle", "Acquire", "Acquiring"},       {"Idle", "Done", "Done"},
        {"Acquiring", "Acquired", "Acquired"},  {"Acquiring", "Failure", "Idle"},
        {"Acquired", "Query", "Querying"},      {"Acquired", "Release", "Idle"},
        {"Acquired", "ReAcquire", "Acquiring"}, {"Querying", "Result", "Acquired"}};
    codec_table::check(table_of<LocalStateQuery>(), states, moves, {});
    CHECK(LocalStateQuery::channel == Channel{7});
    CHECK(LocalStateQuery::ingress_limit == 0xffffffff);
}

TEST_CASE("A failure to re-acquire loses the acquired state", "[unit][protocol][local_state_query]") {
    Machine<LocalStateQuery, Role::initiator> machine({});
    using Query = LocalStateQuery;
    CHECK(machine.send(Query::Acquire{}, Instant{}) == Errc::none);
    CHECK(machine.receive(Query::Acquired{}, 2, Instant{}) == Errc::none);
    CHECK(machine.send(Query::ReAcquire{}, Instant{}) == Errc::none);
    CHECK(machine.receive(Query::Failure{}, 3, Instant{}) == Errc::none);
    CHECK(machine.state() == Query::State::idle);
    CHECK(machine.send(Query::Query{}, Instant{}) == Errc::not_our_turn);
}

TEST_CASE("Local state-query messages have exactly their bytes", "[unit][protocol][local_state_query]") {
    using Query = LocalStateQuery;
    const Point a = wire::point_a();
    check_codec<Query>(Query::Acquire{a}, "8200" + point_a_hex);
    check_codec<Query>(Query::Acquire{Point()}, "820080");
    check_codec<Query>(Query::Acquire{Query::VolatileTip{}}, "8108");
    check_codec<Query>(Query::Acquire{Query::ImmutableTip{}}, "810a");
    check_codec<Query>(Query::Acquired{}, "8101");
    check_codec<Query>(Query::Failure{Query::AcquireFailure::point_too_old}, "820200");
    check_codec<Query>(Query::Failure{Query::AcquireFailure::point_not_on_chain}, "820201");
    check_codec<Query>(Query::Query{hex("8101")}, "82038101");
    check_codec<Query>(Query::Query{hex("9f01ff")}, "82039f01ff");
    check_codec<Query>(Query::Answer{hex("810a")}, "8204810a");
    check_codec<Query>(Query::Answer{hex("f6")}, "8204f6");
    check_codec<Query>(Query::Release{}, "8105");
    check_codec<Query>(Query::ReAcquire{a}, "8206" + point_a_hex);
    check_codec<Query>(Query::ReAcquire{Query::VolatileTip{}}, "8109");
    check_codec<Query>(Query::ReAcquire{Query::ImmutableTip{}}, "810b");
    check_codec<Query>(Query::Done{}, "8107");
}

TEST_CASE("An answer shares the bytes of its owner", "[unit][protocol][local_state_query]") {
    const Bytes item = hex("8204810a");
    const auto message = LocalStateQuery::decode(Item{item, &item});
    REQUIRE(message);
    CHECK(std::get<LocalStateQuery::Answer>(*message).cbor.data() == item.data() + 2);
}

TEST_CASE("A message that is not of local state-query is refused", "[unit][protocol][local_state_query]") {
    using Query = LocalStateQuery;
    check_refused<Query>("no array", {"", "01", "a101", "40"});
    check_refused<Query>("indefinite", {"9f01ff", "9f0080ff", "82009f05ff"});
    check_refused<Query>("a wrong length",
                         {"80", "8100", "83008000", "820180", "8102", "83020000", "8103", "83038000"});
    check_refused<Query>("a wrong length", {"8104", "83048000", "820580", "8106", "83068000", "820780", "820880"});
    check_refused<Query>("a wrong length", {"820980", "820a80", "820b80"});
    check_refused<Query>("an unknown tag", {"810c", "820c80", "8120", "81f4"});
    check_refused<Query>("no point", {"820000", "82008105", "8206f6", "82068205 41ff"});
    check_refused<Query>("an unknown failure", {"820202", "820220", "8202f4", "82028100"});
    check_refused<Query>("a query that is not well-formed", {"82031c", "82038201", "8203ff"});
    check_refused<Query>("a result that is not well-formed", {"82041c", "82048201", "8204ff"});
}
