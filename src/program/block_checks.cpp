#include "block_checks.hpp"

#include <asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace ouro::detail {

struct BlockChecks::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor its_executor, std::shared_ptr<const ChainRules> its_rules, Checked its_checked)
        : executor(std::move(its_executor)), rules(std::move(its_rules)), checked(std::move(its_checked)) {}

    /// False for a job that is not wanted any more.
    bool check(Job& job) const {
        if (job.wanted.expired()) return false;
        const auto info = rules->inspect(job.block, Checks::blocks);
        if (!info) job.result = info.error();
        return true;
    }
    void work() {
        for (std::unique_lock lock(mutex);;) {
            wake.wait(lock, [this] { return stopping || !waiting.empty(); });
            if (stopping) return;
            Job job = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            const bool wanted = check(job);
            lock.lock();
            if (!wanted || stopping) continue;
            done.push_back(std::move(job));
            // Jobs that are done before the handler runs are reported by the same handler.
            if (std::exchange(posted, true)) continue;
            lock.unlock();
            asio::post(executor, [self = shared_from_this()] { self->report(); });
            lock.lock();
        }
    }
    void report() {
        std::unique_lock lock(mutex);
        posted = false;
        std::vector<Job> jobs = std::exchange(done, {});
        const bool late = stopping;
        lock.unlock();
        if (!late) checked(std::move(jobs));
    }

    const asio::any_io_executor executor;
    const std::shared_ptr<const ChainRules> rules;
    const Checked checked;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Job> waiting;
    std::vector<Job> done;
    bool posted = false;  // a handler that reports what is done
    bool stopping = false;
};

BlockChecks::BlockChecks(asio::any_io_executor executor, std::size_t threads, std::shared_ptr<const ChainRules> rules,
                         Checked checked)
    : state_(std::make_shared<State>(std::move(executor), std::move(rules), std::move(checked))) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([state = state_.get()] { state->work(); });
}

BlockChecks::~BlockChecks() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->waiting.clear();
        state_->done.clear();
    }
    state_->wake.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void BlockChecks::add(std::vector<Job> jobs) {
    if (threads_.empty()) {
        for (Job& job : jobs) {
            asio::post(state_->executor, [state = state_, job = std::move(job)]() mutable {
                if (state->stopping || !state->check(job)) return;
                std::vector<Job> one;
                one.push_back(std::move(job));
                state->checked(std::move(one));
            });
        }
        return;
    }
    const std::size_t count = jobs.size();
    {
        const std::lock_guard lock(state_->mutex);
        for (Job& job : jobs) state_->waiting.push_back(std::move(job));
    }
    if (count == 1 || threads_.size() == 1)
        state_->wake.notify_one();
    else
        state_->wake.notify_all();
}

}  // namespace ouro::detail
