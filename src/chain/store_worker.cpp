#include "store_worker.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace ouro::chain {

StoreWorker::StoreWorker(StoreFile& file, Limits limits) : file_(file), limits_(limits), thread_([this] { run(); }) {}

StoreWorker::~StoreWorker() {
    on_ready({});
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

void StoreWorker::write(std::uint64_t offset, const Bytes& block) {
    std::unique_lock lock(mutex_);
    const std::size_t bytes = weight(block.size());
    done_.wait(lock, [&] { return error_ || writing_bytes_ == 0 || writing_bytes_ + bytes <= limits_.write_bytes; });
    writing_bytes_ += bytes;
    held_[offset] = {State::writing, next_serial_, bytes, block};
    queue({Job::Kind::write, offset, next_serial_++, block.size(), block});
}

void StoreWorker::cut(std::uint64_t end) {
    const std::lock_guard lock(mutex_);
    for (auto it = held_.lower_bound(end); it != held_.end();) forget(it++);
    queue({Job::Kind::cut, end, next_serial_++, 0, {}});
}

Result<Bytes> StoreWorker::read(std::uint64_t offset, std::size_t block_bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto found = held_.find(offset); found != held_.end()) {
        if (found->second.state == State::reading) return Errc::pending;
        Result<Bytes> block = found->second.block;
        if (!block) forget(found);  // the next call reads again
        return block;
    }
    const std::size_t bytes = weight(block_bytes);
    if (reading_bytes_ != 0 && reading_bytes_ + bytes > limits_.read_bytes) return Errc::pending;
    reading_bytes_ += bytes;
    held_[offset] = {State::reading, next_serial_, bytes, Errc::pending};
    queue({Job::Kind::read, offset, next_serial_++, block_bytes, {}});
    return Errc::pending;
}

std::optional<Bytes> StoreWorker::held(std::uint64_t offset) const {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(offset);
    if (found == held_.end() || !found->second.block) return std::nullopt;
    return *found->second.block;
}

void StoreWorker::flush() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return jobs_.empty() && !busy_; });
}

std::error_code StoreWorker::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

void StoreWorker::on_ready(std::function<void()> ready) {
    const std::lock_guard lock(call_mutex_);
    call_ = std::move(ready);
}

void StoreWorker::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        busy_ = true;
        bool call = false;
        if (job.kind == Job::Kind::read) {
            const bool wanted = !stopping_;
            lock.unlock();
            Result<Bytes> block = wanted ? read_now(job) : Errc::stopped;
            lock.lock();
            finish(job, std::move(block));
            call = true;
        } else if (!error_) {
            lock.unlock();
            const std::error_code error = write_now(job);
            lock.lock();
            error_ = error;
            call = static_cast<bool>(error);
            // A block that could not be written stays in memory and is served from there.
            if (!error && job.kind == Job::Kind::write) finish(job, job.block);
        }
        busy_ = false;
        done_.notify_all();
        if (!call) continue;
        lock.unlock();
        {
            const std::lock_guard calling(call_mutex_);
            if (call_) call_();
        }
        lock.lock();
    }
}

Result<Bytes> StoreWorker::read_now(const Job& job) const {
    try {
        return file_.read(job.offset, job.block_bytes);
    } catch (const std::bad_alloc&) {
        return Errc::file_unreadable;
    }
}

std::error_code StoreWorker::write_now(const Job& job) const {
    return job.kind == Job::Kind::cut ? file_.cut(job.offset) : file_.write(job.offset, job.block);
}

void StoreWorker::finish(const Job& job, Result<Bytes> block) {
    const std::size_t bytes = weight(job.block_bytes);
    (job.kind == Job::Kind::read ? reading_bytes_ : writing_bytes_) -= bytes;
    const auto found = held_.find(job.offset);
    if (found == held_.end() || found->second.serial != job.serial) return;  // it was cut off in the meantime
    found->second.state = State::ready;
    found->second.block = std::move(block);
    ready_.push_back(job.offset);
    ready_bytes_ += bytes;
    while (ready_bytes_ > limits_.read_bytes && ready_.size() > 1) forget(held_.find(ready_.front()));
}

void StoreWorker::forget(std::map<std::uint64_t, Held>::iterator which) {
    if (which->second.state == State::ready) {
        ready_bytes_ -= which->second.bytes;
        const auto at = std::ranges::find(ready_, which->first);
        ready_.erase(at);
    }
    held_.erase(which);
}

void StoreWorker::queue(Job job) {
    jobs_.push_back(std::move(job));
    work_.notify_one();
}

}  // namespace ouro::chain
