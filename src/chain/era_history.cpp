#include <ouro/chain/era_history.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include <ouro/chain/header.hpp>

namespace ouro::chain {

namespace {

using std::chrono::nanoseconds;
using Time = EraHistory::Time;

/// A public network: its start, the slots of its Byron era, and 3k/f.
struct Network {
    NetworkMagic magic;
    std::int64_t start;  // seconds since 1970
    std::uint64_t byron_slots;
    std::uint64_t epoch_slots;
    std::uint64_t stability_window;
};

constexpr std::array networks{Network{mainnet, 1'506'203'091, 4'492'800, 432'000, 129'600},
                              Network{preprod, 1'654'041'600, 86'400, 432'000, 129'600},
                              Network{preview, 1'666'656'000, 0, 86'400, 25'920}};
constexpr std::chrono::seconds byron_slot{20}, later_slot{1};

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept { return a + b < a ? UINT64_MAX : a + b; }

/// `count` times `each`; empty if that is more than `most`.
std::optional<std::uint64_t> product(std::uint64_t count, std::uint64_t each, std::uint64_t most) noexcept {
    if (count > most / each) return std::nullopt;
    return count * each;
}

/// Nanoseconds that can be added to a time.
std::uint64_t room_after(Time time) noexcept {
    const auto since = static_cast<std::uint64_t>(time.time_since_epoch().count());
    return static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - since;
}

/// Adds seconds and picoseconds; empty for a time that is too late, or before 1970.
std::optional<Time> later(Time time, std::uint64_t seconds, std::uint64_t picoseconds) noexcept {
    const std::uint64_t room = room_after(time);
    const auto whole = product(seconds, 1'000'000'000, room);
    if (!whole || picoseconds / 1000 > room - *whole) return std::nullopt;
    return time + nanoseconds(static_cast<std::int64_t>(*whole + picoseconds / 1000));
}

std::optional<Time> time_of(const n2c::SystemStart& start) noexcept {
    constexpr std::uint64_t seconds_per_day = 86'400;
    if (start.year < 1970 || start.year > 2262 || start.day < 1 || start.day > 366) return std::nullopt;
    const std::chrono::year_month_day first{std::chrono::year(static_cast<int>(start.year)), std::chrono::January,
                                            std::chrono::day(1)};
    const auto days =
        static_cast<std::uint64_t>(std::chrono::sys_days(first).time_since_epoch().count()) + start.day - 1;
    return later(Time(), days * seconds_per_day, start.picoseconds);
}

}  // namespace

Result<EraHistory> EraHistory::from_node(const n2c::SystemStart& start, const std::vector<n2c::EraSummary>& eras) {
    const auto begin = chain::time_of(start);
    if (!begin || eras.empty()) return Errc::bad_argument;
    EraHistory history;
    n2c::EraBound next;
    for (const n2c::EraSummary& era : eras) {
        const bool follows = era.start.slot == next.slot && era.start.epoch == next.epoch;
        const auto time = later(*begin, era.start.time.seconds, era.start.time.picoseconds);
        const nanoseconds length = era.parameters.slot_length;
        if (!follows || !time || era.parameters.epoch_size == 0 || length <= nanoseconds(0)) return Errc::bad_argument;
        if (!history.periods_.empty() && *time < history.periods_.back().start) return Errc::bad_argument;
        // An era of no slots is not in the list, because its start is also that of the next one.
        if (!era.end || era.end->slot != era.start.slot)
            history.periods_.push_back({*time, static_cast<std::uint64_t>(era.start.slot), era.start.epoch,
                                        era.parameters.epoch_size, length});
        if (!era.end) {
            if (&era != &eras.back()) return Errc::bad_argument;
            return history;
        }
        if (era.end->slot < era.start.slot || era.end->epoch < era.start.epoch) return Errc::bad_argument;
        next = *era.end;
    }
    if (history.periods_.empty()) return Errc::bad_argument;
    history.horizon_ = next.slot;
    return history;
}

Result<EraHistory> EraHistory::of_network(NetworkMagic network, Slot tip) {
    const auto found = std::find_if(networks.begin(), networks.end(),
                                    [network](const Network& each) { return each.magic == network; });
    if (found == networks.end()) return Errc::unsupported;
    EraHistory history;
    Time start{std::chrono::seconds(found->start)};
    if (found->byron_slots > 0) {
        history.periods_.push_back({start, 0, 0, byron_epoch_slots, byron_slot});
        start += byron_slot * static_cast<std::int64_t>(found->byron_slots);
    }
    history.periods_.push_back(
        {start, found->byron_slots, found->byron_slots / byron_epoch_slots, found->epoch_slots, later_slot});
    history.horizon_ = Slot{saturating_add(static_cast<std::uint64_t>(tip), found->stability_window)};
    return history;
}

template <class Value>
const EraHistory::Period& EraHistory::period_of(Value value, Value Period::* member) const noexcept {
    const auto after = std::upper_bound(periods_.begin(), periods_.end(), value,
                                        [member](Value a, const Period& period) { return a < period.*member; });
    return after == periods_.begin() ? *after : *(after - 1);
}

Result<EraHistory::Time> EraHistory::time_of(Slot slot) const {
    const auto number = static_cast<std::uint64_t>(slot);
    if (!known(number)) return Errc::beyond_horizon;
    const Period& period = period_of(number, &Period::slot);
    const auto passed =
        product(number - period.slot, static_cast<std::uint64_t>(period.slot_length.count()), room_after(period.start));
    if (!passed) return Errc::beyond_horizon;
    return period.start + nanoseconds(static_cast<std::int64_t>(*passed));
}

Result<Slot> EraHistory::slot_at(Time time) const {
    if (time < periods_.front().start) return Errc::bad_argument;
    const Period& period = period_of(time, &Period::start);
    const auto passed = static_cast<std::uint64_t>((time - period.start) / period.slot_length);
    if (passed > UINT64_MAX - period.slot || !known(period.slot + passed)) return Errc::beyond_horizon;
    return Slot{period.slot + passed};
}

Result<std::uint64_t> EraHistory::epoch_of(Slot slot) const {
    const auto number = static_cast<std::uint64_t>(slot);
    if (!known(number)) return Errc::beyond_horizon;
    const Period& period = period_of(number, &Period::slot);
    return saturating_add(period.epoch, (number - period.slot) / period.epoch_slots);
}

Result<Slot> EraHistory::first_slot(std::uint64_t epoch) const {
    const Period& period = period_of(epoch, &Period::epoch);
    const auto passed = product(epoch - period.epoch, period.epoch_slots, UINT64_MAX - period.slot);
    if (!passed || !known(period.slot + *passed)) return Errc::beyond_horizon;
    return Slot{period.slot + *passed};
}

}  // namespace ouro::chain
