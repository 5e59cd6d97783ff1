#include <ouro/chain/era_history.hpp>

#include <chrono>

#include "support/catch.hpp"

using namespace ouro;
using chain::EraHistory;

namespace {

EraHistory::Time at(std::int64_t seconds) { return EraHistory::Time(std::chrono::seconds(seconds)); }

/// The eras of a devnet: Byron of 50 slots, an era of no slots, and one of 100 slots.
std::vector<n2c::EraSummary> eras() {
    using namespace std::chrono_literals;
    n2c::EraSummary byron, empty, last;
    byron.end = n2c::EraBound{{100, 0}, Slot{50}, 5, {}};
    byron.parameters = {10, 2000ms, 20, 20, {}};
    empty.start = *byron.end;
    empty.end = empty.start;
    empty.parameters = {7, 500ms, 20, 20, {}};
    last.start = *empty.end;
    last.end = n2c::EraBound{{110, 0}, Slot{150}, 10, {}};
    last.parameters = {20, 100ms, 20, 20, {}};
    return {byron, empty, last};
}

const n2c::SystemStart start{2026, 32, 1'500'000'000'000};  // 1 February, 1.5 seconds after midnight
const EraHistory::Time begin = std::chrono::sys_days(std::chrono::year(2026) / 2 / 1) + std::chrono::milliseconds(1500);

}  // namespace

TEST_CASE("The public networks began and left Byron when their tables say", "[unit][chain][time]") {
    struct Row {
        NetworkMagic network;
        std::uint64_t slot;
        std::int64_t seconds;
        std::uint64_t epoch, first;
    };
    const auto row = GENERATE(values<Row>({
        {mainnet, 0, 1'506'203'091, 0, 0},
        {mainnet, 21'599, 1'506'203'091 + 21'599 * 20, 0, 0},
        {mainnet, 21'600, 1'506'203'091 + 21'600 * 20, 1, 21'600},
        {mainnet, 4'492'799, 1'596'059'071, 207, 4'471'200},
        {mainnet, 4'492'800, 1'596'059'091, 208, 4'492'800},
        {mainnet, 4'924'800, 1'596'491'091, 209, 4'924'800},
        {mainnet, 130'636'799, 1'722'203'090, 499, 130'204'800},
        {preprod, 0, 1'654'041'600, 0, 0},
        {preprod, 86'400, 1'655'769'600, 4, 86'400},
        {preprod, 518'400, 1'656'201'600, 5, 518'400},
        {preview, 0, 1'666'656'000, 0, 0},
        {preview, 86'400, 1'666'742'400, 1, 86'400},
    }));
    INFO(static_cast<std::uint32_t>(row.network) << " " << row.slot);
    const auto history = EraHistory::of_network(row.network, Slot{row.slot});
    REQUIRE(history);
    CHECK(history->time_of(Slot{row.slot}) == Result(at(row.seconds)));
    CHECK(history->slot_at(at(row.seconds)) == Result(Slot{row.slot}));
    CHECK(history->slot_at(at(row.seconds) + std::chrono::milliseconds(999)) == Result(Slot{row.slot}));
    CHECK(history->epoch_of(Slot{row.slot}) == Result(row.epoch));
    CHECK(history->first_slot(row.epoch) == Result(Slot{row.first}));
    CHECK(history->slot_at(at(row.seconds) - std::chrono::nanoseconds(1)) ==
          (row.slot == 0 ? Result<Slot>(Errc::bad_argument) : Result(Slot{row.slot - 1})));
}

TEST_CASE("The horizon of a public network is three times k over f after the tip", "[unit][chain][time]") {
    for (const auto& [network, window] : {std::pair{mainnet, 129'600U}, {preprod, 129'600U}, {preview, 25'920U}}) {
        const std::uint64_t tip = 100'000'000, last = tip + window - 1;
        const auto history = EraHistory::of_network(network, Slot{tip});
        REQUIRE(history);
        CHECK(history->horizon() == Slot{last + 1});
        const auto time = history->time_of(Slot{last});
        REQUIRE(time);
        CHECK(history->time_of(Slot{last + 1}).error() == Errc::beyond_horizon);
        CHECK(history->epoch_of(Slot{last}));
        CHECK(history->epoch_of(Slot{last + 1}).error() == Errc::beyond_horizon);
        CHECK(history->slot_at(*time + std::chrono::milliseconds(999)) == Result(Slot{last}));
        CHECK(history->slot_at(*time + std::chrono::seconds(1)).error() == Errc::beyond_horizon);
        const std::uint64_t epoch = *history->epoch_of(Slot{last});
        CHECK(history->first_slot(epoch));
        CHECK(history->first_slot(epoch + 1).error() == Errc::beyond_horizon);
        CHECK(history->first_slot(UINT64_MAX).error() == Errc::beyond_horizon);
    }
    CHECK(EraHistory::of_network(sanchonet, Slot{}).error() == Errc::unsupported);
    CHECK(EraHistory::of_network(mainnet, Slot{UINT64_MAX})->horizon() == Slot{UINT64_MAX});
}

TEST_CASE("A node's eras convert slots up to the end of the last one", "[unit][chain][time]") {
    using namespace std::chrono_literals;
    const auto history = EraHistory::from_node(start, eras());
    REQUIRE(history);
    CHECK(history->horizon() == Slot{150});
    CHECK(history->time_of(Slot{0}) == Result(begin));
    CHECK(history->time_of(Slot{49}) == Result(EraHistory::Time(begin + 98s)));
    CHECK(history->time_of(Slot{50}) == Result(EraHistory::Time(begin + 100s)));
    CHECK(history->time_of(Slot{149}) == Result(EraHistory::Time(begin + 109900ms)));
    CHECK(history->time_of(Slot{150}).error() == Errc::beyond_horizon);
    CHECK(history->slot_at(begin + 99999ms) == Result(Slot{49}));
    CHECK(history->slot_at(begin + 100s) == Result(Slot{50}));
    CHECK(history->slot_at(begin + 110s).error() == Errc::beyond_horizon);
    CHECK(history->epoch_of(Slot{49}) == Result(std::uint64_t{4}));
    CHECK(history->epoch_of(Slot{50}) == Result(std::uint64_t{5}));
    CHECK(history->epoch_of(Slot{149}) == Result(std::uint64_t{9}));
    CHECK(history->first_slot(9) == Result(Slot{130}));
    CHECK(history->first_slot(10).error() == Errc::beyond_horizon);
}

TEST_CASE("An era without end has no horizon, but times end with their type", "[unit][chain][time]") {
    auto open = eras();
    open.back().end.reset();
    const auto history = EraHistory::from_node(start, open);
    REQUIRE(history);
    CHECK_FALSE(history->horizon());
    CHECK(history->time_of(Slot{1'000'000}));
    CHECK(history->time_of(Slot{UINT64_MAX}).error() == Errc::beyond_horizon);
    CHECK(history->epoch_of(Slot{UINT64_MAX}));
    CHECK(history->first_slot(UINT64_MAX).error() == Errc::beyond_horizon);
    CHECK(history->slot_at(EraHistory::Time::max()));
}

TEST_CASE("Eras that do not follow one another are refused", "[unit][chain][time]") {
    const auto verdict = [](auto change) {
        auto changed = eras();
        auto changed_start = start;
        change(changed, changed_start);
        return EraHistory::from_node(changed_start, changed).error();
    };
    CHECK(verdict([](auto&, auto&) {}) == Errc::none);
    CHECK(verdict([](auto& all, auto&) { all.clear(); }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[0].start.slot = Slot{1}; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[2].start.slot = Slot{51}; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[2].start.epoch = 6; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[2].start.time.seconds = UINT64_MAX; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[2].end->slot = Slot{49}; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[0].end.reset(); }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[1].parameters.epoch_size = 0; }) == Errc::bad_argument);
    CHECK(verdict([](auto& all, auto&) { all[2].parameters.slot_length = {}; }) == Errc::bad_argument);
    CHECK(verdict([](auto&, auto& when) { when.year = 1969; }) == Errc::bad_argument);
    CHECK(verdict([](auto&, auto& when) { when.day = 367; }) == Errc::bad_argument);
}
