#pragma once

#include <functional>
#include <utility>

#include <ouro/program/run.hpp>

namespace ouro::detail {

/// Calls a function when a runtime is stopped by a signal, once, as long as the hook exists.
class StopHook {
  public:
    StopHook(Runtime& runtime, std::function<void()> stop);
    StopHook(const StopHook&) = delete;
    StopHook& operator=(const StopHook&) = delete;
    ~StopHook();

  private:
    friend class ouro::Runtime;
    void runtime_stops() {
        runtime_ = nullptr;
        stop_();
    }

    Runtime* runtime_;
    std::function<void()> stop_;
};

}  // namespace ouro::detail
