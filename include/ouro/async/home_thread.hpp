#pragma once

#include <atomic>
#include <cstdint>

#include <ouro/async/context_guest.hpp>

namespace ouro::detail {

/// Detects calls from a wrong thread: knows the thread on which the owner's executor ran last.
class HomeThread {
  public:
    HomeThread() noexcept : thread_(this_thread()) {}

    /// Called where the executor certainly runs.
    void note() noexcept { thread_.store(this_thread(), std::memory_order_relaxed); }
    /// Asserts that the caller may run on the executor. Calls before the executor has run are made from the thread of
    /// the construction.
    void check(const asio::any_io_executor& executor) const noexcept;

  private:
    std::atomic<std::uintptr_t> thread_;
};

}  // namespace ouro::detail
