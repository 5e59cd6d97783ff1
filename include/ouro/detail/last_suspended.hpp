#pragma once

#include <asio/cancellation_signal.hpp>
#include <memory>
#include <utility>

#include <ouro/detail/asio.hpp>

namespace ouro::detail {

/// The coroutine that was suspended last in an operation of its owner's, until it waits for anything else.
///
/// A coroutine has to be suspended once before its first event: `co_spawn` posts the result of a coroutine that never
/// was, and while that is under way the other side of an `||` can win and the event is lost. So the last one that was
/// suspended is marked, in its own slot, where the mark ends with it at the latest. Without a slot nobody can cancel
/// it, and nothing is lost.
class LastSuspended {
  public:
    /// Whether the coroutine with this cancellation slot may be given an event at once.
    [[nodiscard]] bool may_go_on(const asio::cancellation_slot& slot) const noexcept {
        return !slot.is_connected() || (*place_ != nullptr && (*place_)->slot == slot);
    }
    /// The coroutine was suspended and goes on.
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

        Place place;  // the owner may be gone
        asio::cancellation_slot slot;
    };

    Mark::Place place_ = std::make_shared<const Mark*>();
};

}  // namespace ouro::detail
