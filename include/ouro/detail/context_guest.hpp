#pragma once

#include <cstdint>

#include <ouro/detail/asio.hpp>

namespace ouro::detail {

class GuestBook;

/// Something that keeps handlers outside of their execution context: they have to die with it, because a handler may
/// own, by way of a suspended coroutine, the very thing that keeps it.
class ContextGuest {
  public:
    ContextGuest(const ContextGuest&) = delete;
    ContextGuest& operator=(const ContextGuest&) = delete;

  protected:
    ContextGuest() = default;
    ~ContextGuest() { leave(); }

    void enter(const asio::any_io_executor& executor);
    void leave() noexcept;

  private:
    friend class GuestBook;
    /// The context ends: drop the handlers uncalled. The guest itself may be gone afterwards.
    virtual void abandon() noexcept = 0;

    GuestBook* book_ = nullptr;
    ContextGuest* previous_ = nullptr;
    ContextGuest* next_ = nullptr;
};

/// A number for the calling thread, no other's while it lives.
[[nodiscard]] std::uintptr_t this_thread() noexcept;

/// Whether the caller may run on `executor`: false only where it is known to be elsewhere.
[[nodiscard]] bool may_run_on(const asio::any_io_executor& executor) noexcept;

}  // namespace ouro::detail
