#include <ouro/emulation/mock_node.hpp>

#include <ouro/emulation/mock_answers.hpp>

#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

const Bytes epoch = n2c::query::epoch_number(Era::conway).ask();
/// Of Conway, while the ledger is in Babbage.
Bytes mismatch() { return hex("82820666436f6e77617982056742616262616765"); }

MockScript script_with(MockFault fault, MockUnknown unknown = MockUnknown::drop) {
    MockScript script;
    MockAnswers answers;
    answers.results = {{"GetEpochNo", hex("1903e8")}};
    script.answer = answers;
    script.fault = fault;
    script.unknown = unknown;
    return script;
}

/// The outcome of a query, or of the acquisition before it; empty if there was none.
std::vector<loc::Event> outcome(MockPair& pair, const Bytes& query) {
    const CommandId acquired = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    if (failure(pair.client, acquired)) return outcomes(pair.client, acquired);
    const CommandId asked = pair.call(loc::QueryState(acquired, query, std::nullopt, 30s));
    pair.net.run_for(5s);
    return outcomes(pair.client, asked);
}
Errc error_of(const std::vector<loc::Event>& events) { return std::get<loc::Failed>(events.at(0)).reason; }
Bytes result_of(const std::vector<loc::Event>& events) { return std::get<loc::StateAnswered>(events.at(0)).result; }

}  // namespace

TEST_CASE("A mock node answers queries by name", "[unit][emulation][mock_node]") {
    MockPair pair(script_with(MockFault::none));
    CHECK(result_of(outcome(pair, epoch)) == hex("811903e8"));
    MockAnswers answers;
    answers.results = {{"GetEpochNo", hex("1903e8")}, {"GetSystemStart", hex("83000000")}};
    CHECK(answers({}, epoch) == hex("811903e8"));
    CHECK(answers({}, n2c::query::as_cbor(n2c::query::epoch_number(Era::conway)).ask()) == hex("81d818431903e8"));
    CHECK(answers({}, n2c::query::system_start()) == hex("83000000"));
    CHECK(answers({}, n2c::query::current_era()) == hex("06"));
    CHECK_FALSE(answers({}, n2c::query::stake_pools(Era::conway).ask()));
    CHECK_FALSE(answers({}, hex("8109")));
    answers.era = Era::babbage;
    CHECK(answers({}, epoch) == mismatch());
}

TEST_CASE("Each fault of a mock node has a name and its effect", "[unit][emulation][mock_node]") {
    const auto of = [](std::string_view name) {
        const auto at = std::find(mock_faults.begin(), mock_faults.end(), name) - mock_faults.begin();
        MockPair pair(script_with(static_cast<MockFault>(at)));
        return outcome(pair, epoch);
    };
    CHECK(result_of(of("none")) == hex("811903e8"));
    CHECK(error_of(of("point-too-old")) == Errc::point_too_old);
    CHECK(error_of(of("point-not-on-chain")) == Errc::point_not_on_chain);
    CHECK(result_of(of("era-mismatch")) == mismatch());
    CHECK(of("cut-answer").empty());
    CHECK(result_of(of("wrong-answer")) == hex("f4"));
    CHECK(of("silent").empty());
    CHECK(error_of(of("disconnect")) == Errc::closed_by_peer);
}

TEST_CASE("A mock node drops, refuses or ignores a query that has no answer", "[unit][emulation][mock_node]") {
    const Bytes unknown = n2c::query::stake_pools(Era::conway).ask();
    const auto of = [&](MockUnknown what, const Bytes& query) {
        MockPair pair(script_with(MockFault::none, what));
        return outcome(pair, query);
    };
    CHECK(error_of(of(MockUnknown::drop, unknown)) == Errc::closed_by_peer);
    CHECK(result_of(of(MockUnknown::error, unknown)) == mismatch());
    CHECK(error_of(of(MockUnknown::error, hex("8109"))) == Errc::closed_by_peer);
    CHECK(of(MockUnknown::wait, unknown).empty());
}

TEST_CASE("A mock node answers after its latency", "[unit][emulation][mock_node]") {
    MockScript script = script_with(MockFault::none);
    script.latency = 3s;
    MockPair pair(script);
    const CommandId acquired = pair.call(loc::AcquireState{});
    pair.net.run_for(2s);
    CHECK(outcomes(pair.client, acquired).empty());
    pair.net.run_for(2s);
    CHECK(outcomes(pair.client, acquired).size() == 1);
}
