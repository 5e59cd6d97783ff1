#include <ouro/async/home_thread.hpp>

#include <cassert>

namespace ouro::detail {

void HomeThread::check([[maybe_unused]] const asio::any_io_executor& executor) const noexcept {
    assert((thread_.load(std::memory_order_relaxed) == this_thread() || may_run_on(executor)) &&
           "a call from another thread than that of the executor");
}

}  // namespace ouro::detail
