#pragma once

// The log of a server: it never blocks the server and never ends it.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace cli {

/// Queues lines for a descriptor, which its own thread writes: a full pipe, a closed pipe or a full disk stops nothing
/// else. Lines that do not fit are dropped and counted, and a line reports their number when there is room again.
class LogQueue {
  public:
    static constexpr std::size_t most_bytes = 1024 * 1024;  // that wait to be written
    static constexpr std::chrono::milliseconds patience{1000};

    /// `report` makes the line with the number of dropped lines. The thread calls it.
    LogQueue(int descriptor, std::function<std::string(std::uint64_t)> report)
        : state_(std::make_shared<State>(descriptor, std::move(report))) {
        const NoSignals none;  // the thread starts with all signals blocked
        std::thread([state = state_] { state->run(); }).detach();
    }
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;
    /// Waits until everything is written, as long as some bytes are taken within each second. The thread of a blocked
    /// descriptor runs until the process ends.
    ~LogQueue() { state_->finish(); }

    /// Queues a line, or drops it if there is no room. Never waits.
    void add(const std::string& line) { state_->add(line); }

  private:
    /// Blocks all signals of the calling thread, and of those that it starts meanwhile.
    class NoSignals {
      public:
        NoSignals() {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, &before_);
        }
        NoSignals(const NoSignals&) = delete;
        NoSignals& operator=(const NoSignals&) = delete;
        ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

      private:
        sigset_t before_{};
    };

    class State {
      public:
        State(int descriptor, std::function<std::string(std::uint64_t)> report)
            : descriptor_(descriptor), report_(std::move(report)) {}

        void add(const std::string& line) {
            const std::lock_guard lock(mutex_);
            if (bytes_ + line.size() >= most_bytes) {
                ++dropped_;
                return;
            }
            bytes_ += line.size() + 1;
            lines_.push_back(line);
            work_.notify_one();
        }

        void run() {
            std::unique_lock lock(mutex_);
            while (work_.wait(lock, [this] { return due() || closing_; }), due()) {
                // The next batch: some lines, and the report if all lines are in it.
                std::deque<std::string> batch;
                for (std::size_t size = 0; !lines_.empty() && size < batch_bytes; lines_.pop_front()) {
                    size += lines_.front().size() + 1;
                    batch.push_back(std::move(lines_.front()));
                }
                const std::uint64_t reported = lines_.empty() ? std::exchange(dropped_, 0) : 0;
                lock.unlock();
                std::string text = torn_ ? "\n" : "";  // ends the line that was written in part
                const std::size_t begin = text.size();
                for (const std::string& line : batch) text += line + "\n";
                if (reported != 0) text += report_(reported) + "\n";
                const std::size_t written = write_some(text);
                const bool failed = written < text.size();
                if (written != 0) torn_ = text[written - 1] != '\n';
                std::size_t whole = 0;
                for (std::size_t end = begin; whole < batch.size() && (end += batch[whole].size() + 1) <= written;)
                    ++whole;
                lock.lock();
                for (const std::string& line : batch) bytes_ -= line.size() + 1;
                if (failed) dropped_ += batch.size() - whole + reported;
                failing_ = failed;
                ++progress_;
                done_.notify_one();
            }
            finished_ = true;
            done_.notify_one();
        }

        void finish() {
            std::unique_lock lock(mutex_);
            closing_ = true;
            work_.notify_one();
            for (std::uint64_t seen = progress_ + 1; !finished_ && seen != progress_;) {
                seen = progress_;
                done_.wait_for(lock, patience, [&] { return finished_ || progress_ != seen; });
            }
        }

      private:
        static constexpr std::size_t batch_bytes = 64 * 1024;

        /// A report alone is not tried again after a failed attempt.
        [[nodiscard]] bool due() const { return !lines_.empty() || (dropped_ != 0 && !failing_); }

        /// Returns the bytes of `text` that were written before an error.
        std::size_t write_some(std::string_view text) const {
            std::size_t written = 0;
            while (written < text.size()) {
                const ssize_t part = ::write(descriptor_, text.data() + written, text.size() - written);
                if (part >= 0) {
                    written += static_cast<std::size_t>(part);
                } else if (errno == EAGAIN) {  // another process made it non-blocking
                    pollfd ready{descriptor_, POLLOUT, 0};
                    ::poll(&ready, 1, -1);
                } else if (errno != EINTR) {
                    break;
                }
            }
            return written;
        }

        const int descriptor_;
        const std::function<std::string(std::uint64_t)> report_;
        bool torn_ = false;  // the last line was written in part; only the thread uses it
        std::mutex mutex_;
        std::condition_variable work_, done_;
        std::deque<std::string> lines_;
        std::size_t bytes_ = 0;  // queued, and being written
        std::uint64_t dropped_ = 0;
        std::uint64_t progress_ = 0;
        bool failing_ = false, closing_ = false, finished_ = false;
    };

    std::shared_ptr<State> state_;
};

/// Limits the lines that each connection may cause: 100 at once, and 10 a second after that.
template <class Key>
class LineLimit {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    static constexpr std::int64_t burst = 100;
    static constexpr std::chrono::milliseconds pause{100};  // for each line

    /// Whether another line may be printed for `connection`. If not, it is counted.
    bool allow(Key connection, Instant now) {
        Account& account = accounts_[connection];
        account.free_at = std::max(account.free_at, now - burst * pause);
        if (account.free_at + pause > now) {
            ++account.dropped;
            return false;
        }
        account.free_at += pause;
        return true;
    }
    /// Forgets a connection that has ended. Returns the number of its lines that were not printed.
    std::uint64_t end(Key connection) {
        const auto found = accounts_.find(connection);
        if (found == accounts_.end()) return 0;
        const std::uint64_t dropped = found->second.dropped;
        accounts_.erase(found);
        return dropped;
    }

  private:
    struct Account {
        Instant free_at{};
        std::uint64_t dropped = 0;
    };
    std::unordered_map<Key, Account> accounts_;
};

}  // namespace cli
