#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>

#include "store_file.hpp"

namespace ouro::chain {

/// The thread that reads and writes a `StoreFile`, in the order of the calls. The offset of its entry identifies a
/// block. Blocks waiting to be written are in memory, and so are the last ones written and read.
///
/// Lifetimes  The destructor waits until everything is written.
class StoreWorker {
  public:
    struct Limits {
        std::size_t write_bytes = 0;  ///< of blocks waiting to be written
        std::size_t read_bytes = 0;   ///< of blocks waiting to be read, and again of blocks read or written last
    };

    StoreWorker(StoreFile& file, Limits limits);
    StoreWorker(const StoreWorker&) = delete;
    StoreWorker& operator=(const StoreWorker&) = delete;
    ~StoreWorker();

    /// Waits while the blocks to be written exceed the limit.
    void write(std::uint64_t offset, const Bytes& block);
    /// Drops everything from `end` on.
    void cut(std::uint64_t end);
    /// The block from memory, or Errc::pending: then a read will end later and call `ready`.
    [[nodiscard]] Result<Bytes> read(std::uint64_t offset, std::size_t block_bytes);
    /// The block from memory; empty if it is not there.
    [[nodiscard]] std::optional<Bytes> held(std::uint64_t offset) const;
    /// Waits until the queue is empty.
    void flush();
    /// The first error of a write, after which nothing is written.
    [[nodiscard]] std::error_code error() const;
    /// See `ChainView::on_ready`. Also called after the first error of a write.
    void on_ready(std::function<void()> ready);

  private:
    enum class State : std::uint8_t { reading, writing, ready };
    struct Held {
        State state{};
        std::uint64_t serial = 0;
        std::size_t bytes = 0;
        Result<Bytes> block = Errc::pending;
    };
    struct Job {
        enum class Kind : std::uint8_t { read, write, cut } kind{};
        std::uint64_t offset = 0;
        std::uint64_t serial = 0;
        std::size_t block_bytes = 0;
        Bytes block;
    };

    void run();
    /// Without the lock.
    [[nodiscard]] Result<Bytes> read_now(const Job& job) const;
    [[nodiscard]] std::error_code write_now(const Job& job) const;
    void finish(const Job& job, Result<Bytes> block);
    void forget(std::map<std::uint64_t, Held>::iterator which);
    void queue(Job job);
    static std::size_t weight(std::size_t block_bytes) noexcept { return block_bytes + 256; }

    StoreFile& file_;
    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable work_, done_;
    std::deque<Job> jobs_;
    std::map<std::uint64_t, Held> held_;  // by offset
    std::deque<std::uint64_t> ready_;     // blocks in memory only to serve reads, oldest first
    std::size_t reading_bytes_ = 0, writing_bytes_ = 0, ready_bytes_ = 0;
    std::uint64_t next_serial_ = 1;
    std::error_code error_;
    bool busy_ = false, stopping_ = false;
    std::mutex call_mutex_;
    std::function<void()> call_;
    std::thread thread_;
};

}  // namespace ouro::chain
