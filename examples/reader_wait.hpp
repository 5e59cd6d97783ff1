#pragma once

// The wait for a program that reads a FIFO.

#include <chrono>
#include <csignal>
#include <ctime>
#include <string>

#include <ouro/base/bytes.hpp>

#include "output.hpp"

namespace cli {

/// SIGINT or SIGTERM came during a wait.
struct Interrupted {};

/// Waits for the reader of an output, up to a time limit, and reports the wait once. While this object exists, SIGINT
/// and SIGTERM end a wait with `Interrupted` instead of the process.
class ReaderWait {
  public:
    ReaderWait(std::string name, std::chrono::milliseconds limit, const Output& out)
        : name_(std::move(name)), limit_(limit), out_(out) {
        ::sigemptyset(&signals_);
        ::sigaddset(&signals_, SIGINT);
        ::sigaddset(&signals_, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &signals_, &before_);
    }
    ReaderWait(const ReaderWait&) = delete;
    ReaderWait& operator=(const ReaderWait&) = delete;
    ~ReaderWait() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

    /// Waits a moment. False once the time is over.
    bool operator()() const {
        const auto now = std::chrono::steady_clock::now();
        if (began_ == std::chrono::steady_clock::time_point()) {
            began_ = now;
            out_.note("waiting for a program that reads from " + ouro::printable(name_));
        }
        if (now - began_ >= limit_) return false;
        const std::timespec moment{0, 20'000'000};
        if (::sigtimedwait(&signals_, nullptr, &moment) > 0) throw Interrupted();
        return true;
    }

  private:
    const std::string name_;
    const std::chrono::milliseconds limit_;
    const Output& out_;
    mutable std::chrono::steady_clock::time_point began_{};
    ::sigset_t signals_{}, before_{};
};

}  // namespace cli
