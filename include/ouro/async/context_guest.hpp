#pragma once

#include <cstdint>

#include <ouro/async/asio.hpp>

namespace ouro::detail {

class GuestBook;

/// An object that keeps handlers outside of their execution context. They must be destroyed with the context, because a
/// handler may own, through a suspended coroutine, the object that keeps it.
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
    /// The context ends: destroys the handlers without calling them. This may destroy the guest itself.
    virtual void abandon() noexcept = 0;

    GuestBook* book_ = nullptr;
    ContextGuest* previous_ = nullptr;
    ContextGuest* next_ = nullptr;
};

/// A number for the calling thread, unique while it lives.
[[nodiscard]] std::uintptr_t this_thread() noexcept;

/// Whether the caller may run on `executor`: false only if it certainly runs elsewhere.
[[nodiscard]] bool may_run_on(const asio::any_io_executor& executor) noexcept;

}  // namespace ouro::detail
