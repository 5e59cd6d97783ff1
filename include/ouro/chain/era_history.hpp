#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <ouro/base/result.hpp>
#include <ouro/base/types.hpp>
#include <ouro/n2c/query_result.hpp>

namespace ouro::chain {

/// Converts slots into times and epochs, and back. The length of slots and epochs may change with the era, so it is
/// known
/// only up to the horizon, the first slot whose era is not decided yet. A conversion at the horizon or after it is an
/// error, never a guess.
class EraHistory {
  public:
    /// UTC, without leap seconds. Times of a node are rounded down to nanoseconds.
    using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

    /// From a node's answers to the queries for the start of its chain and for its eras. The horizon is the end of the
    /// last era; there is none if that era has no end.
    /// Errors  Errc::bad_argument  no eras, eras that do not follow one another from slot 0 on, or a size or length of
    ///                             zero
    [[nodiscard]] static Result<EraHistory> from_node(const n2c::SystemStart& start,
                                                      const std::vector<n2c::EraSummary>& eras);

    /// From the tables of `mainnet`, `preprod` and `preview`, which have no horizon of their own: it is 3k/f slots
    /// after `tip`, the slot of the newest known block. A change of the era that this block cannot show yet happens at
    /// that slot at the earliest.
    ///
    /// Source  the genesis files of the networks, and the slots in which they left Byron.
    /// Errors  Errc::unsupported   another network
    [[nodiscard]] static Result<EraHistory> of_network(NetworkMagic network, Slot tip);

    /// The first slot that is unknown; empty if there is none.
    [[nodiscard]] std::optional<Slot> horizon() const noexcept { return horizon_; }

    /// The time at which a slot begins.
    /// Errors  Errc::beyond_horizon  at the horizon or after it, or after the year 2262
    [[nodiscard]] Result<Time> time_of(Slot slot) const;
    /// The slot at a time.
    /// Errors  Errc::bad_argument    before the start of the chain
    ///         Errc::beyond_horizon  in a slot at the horizon or after it
    [[nodiscard]] Result<Slot> slot_at(Time time) const;
    /// The epoch of a slot.
    /// Errors  Errc::beyond_horizon  at the horizon or after it
    [[nodiscard]] Result<std::uint64_t> epoch_of(Slot slot) const;
    /// The first slot of an epoch.
    /// Errors  Errc::beyond_horizon  at the horizon or after it
    [[nodiscard]] Result<Slot> first_slot(std::uint64_t epoch) const;

  private:
    struct Period {
        Time start;
        std::uint64_t slot = 0;
        std::uint64_t epoch = 0;
        std::uint64_t epoch_slots = 0;
        std::chrono::nanoseconds slot_length{};
    };

    EraHistory() = default;
    [[nodiscard]] bool known(std::uint64_t slot) const noexcept {
        return !horizon_ || slot < static_cast<std::uint64_t>(*horizon_);
    }
    /// The last period whose value is at most `value`.
    template <class Value>
    [[nodiscard]] const Period& period_of(Value value, Value Period::* member) const noexcept;

    std::vector<Period> periods_;  // not empty; oldest first, from slot 0 on
    std::optional<Slot> horizon_;
};

}  // namespace ouro::chain
