#pragma once

#include <asio/cancellation_signal.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include <ouro/async/asio.hpp>

namespace ouro::detail {

/// The coroutine that was last suspended in an operation of the owner, until it waits for anything else.
///
/// A coroutine must be suspended once before its first event: `co_spawn` posts the result of a coroutine that never
/// was. Until that arrives, the other side of an `||` can win, and the event is lost. So the last suspended coroutine
/// is marked in its own slot, and the mark ends with it at the latest. Without a slot it cannot be cancelled, and
/// nothing is lost.
class LastSuspended {
  public:
    /// Limit on the events that a coroutine takes without a yield.
    static constexpr std::uint32_t most_in_a_row = 64;

    /// Whether the coroutine with this cancellation slot may take an event at once.
    [[nodiscard]] bool may_go_on(const asio::cancellation_slot& slot) const noexcept {
        return !slot.is_connected() || (*place_ != nullptr && (*place_)->slot == slot);
    }
    /// Records that the coroutine was suspended and continues.
    void mark(asio::cancellation_slot slot) {
        if (slot.is_connected()) *place_ = &slot.template emplace<Mark>(place_, slot);
    }

  private:
    struct Mark {
        using Place = std::shared_ptr<const Mark*>;

        Mark(Place where, asio::cancellation_slot its_slot) noexcept : place(std::move(where)), slot(its_slot) {}
        Mark(const Mark&) = delete;
        Mark& operator=(const Mark&) = delete;
        ~Mark() {
            if (*place == this) *place = nullptr;
        }
        void operator()(asio::cancellation_type) const noexcept {}

        Place place;  // the owner may be destroyed
        asio::cancellation_slot slot;
    };

    Mark::Place place_ = std::make_shared<const Mark*>();
};

}  // namespace ouro::detail
