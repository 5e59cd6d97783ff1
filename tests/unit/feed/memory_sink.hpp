#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/feed/sink.hpp>

namespace feeds {

using namespace ouro;
using namespace ouro::feed;

/// A stream in memory. Its sinks fail when the test says so.
class MemoryStream {
  public:
    /// The next sinks are lost with an event, each after it has stored this many.
    void lose_after(std::vector<std::size_t> events) {
        const std::lock_guard lock(mutex_);
        losses_ = std::move(events);
    }
    /// The present sink is lost.
    void lose() {
        const std::lock_guard lock(mutex_);
        if (report_) report_(0, SinkError(SinkError::Kind::lost, "lost"));
    }
    /// Events are stored, but not reported, until the hold ends.
    void hold(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
        if (!held && report_) report_(events_.size(), std::nullopt);
    }
    /// Another feeder writes.
    void occupy(bool occupied) {
        const std::lock_guard lock(mutex_);
        occupied_ = occupied;
    }
    [[nodiscard]] std::vector<Event> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    [[nodiscard]] std::unique_ptr<Sink> sink() { return std::make_unique<MemorySink>(*this); }

  private:
    class MemorySink final : public Sink {
      public:
        explicit MemorySink(MemoryStream& stream) : stream_(stream) {}
        ~MemorySink() override {
            const std::lock_guard lock(stream_.mutex_);
            stream_.report_ = {};
        }
        Extent open(Report report) override {
            const std::lock_guard lock(stream_.mutex_);
            stream_.report_ = std::move(report);
            if (!stream_.losses_.empty()) {
                left_ = stream_.losses_.front();
                stream_.losses_.erase(stream_.losses_.begin());
            }
            return extent_of(stream_);
        }
        bool occupied() override {
            const std::lock_guard lock(stream_.mutex_);
            return stream_.occupied_;
        }
        void occupy() override {}
        Extent extent() override {
            const std::lock_guard lock(stream_.mutex_);
            return extent_of(stream_);
        }
        void read(std::uint64_t first, bool whole, const std::function<bool(Event)>& take) override {
            for (Event& event : stream_.events()) {
                if (event.sequence < first) continue;
                event.whole = whole;
                if (!whole) event.block = {};
                if (!take(std::move(event))) return;
            }
        }
        void append(const Event& event) override {
            const std::lock_guard lock(stream_.mutex_);
            if (lost_ || !stream_.report_) return;
            if (event.sequence != stream_.events_.size() + 1)
                return stream_.report_(0, SinkError(SinkError::Kind::overtaken, "overtaken"));
            stream_.events_.push_back(event);
            // The event is stored, but the feeder does not learn of it.
            lost_ = left_ && (*left_)-- == 0;
            if (lost_) throw SinkError(SinkError::Kind::lost, "lost with an event");
            if (!stream_.held_) stream_.report_(event.sequence, std::nullopt);
        }

      private:
        static Extent extent_of(const MemoryStream& stream) { return {1, stream.events_.size()}; }

        MemoryStream& stream_;
        std::optional<std::size_t> left_;
        bool lost_ = false;
    };

    std::mutex mutex_;
    std::vector<Event> events_;
    std::vector<std::size_t> losses_;
    Sink::Report report_;
    bool occupied_ = false;
    bool held_ = false;
};

}  // namespace feeds
