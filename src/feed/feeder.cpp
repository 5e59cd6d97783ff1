#include <ouro/feed/feeder.hpp>

#include <algorithm>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ouro::feed {

namespace {

std::uint64_t blocks_of(const Verifier& chain) noexcept {
    return chain.chain().empty() ? 0 : static_cast<std::uint64_t>(chain.chain().back().number) + 1;
}
std::uint64_t blocks_of(const Tip& tip) noexcept {
    return tip.point.is_origin() ? 0 : static_cast<std::uint64_t>(tip.block) + 1;
}

}  // namespace

/// What the sink's thread and the feeder share. Only the feeder's executor uses it, except `sink` and `pool`.
struct Feeder::Shared {
    struct Waiting {
        std::uint64_t sequence = 0;
        Kind kind{};
        std::size_t bytes = 0;        // that it takes, about
        std::size_t block_bytes = 0;  // of an applied block
        std::uint64_t blocks = 0;     // of the chain after it
    };

    std::unique_ptr<Sink> sink;
    std::deque<Waiting> waiting;  // appended and not stored yet
    std::size_t waiting_bytes = 0;
    std::optional<SinkError> failure;
    std::uint64_t life = 0;  // reports of earlier sinks are not taken
    bool at_tip = false;
    Feeder* feeder = nullptr;
    asio::thread_pool pool{1};
};

Feeder::Feeder(asio::any_io_executor executor, Options options, MakeSink make, Follow follow, Notice notice)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      make_(std::move(make)),
      follow_(std::move(follow)),
      notice_(std::move(notice)),
      wake_(executor_),
      shared_(std::make_shared<Shared>()) {
    if (options_.from.tip()) throw std::invalid_argument("Feeder::Options::from is the tip");
    if (options_.waiting_bytes == 0) throw std::invalid_argument("Feeder::Options::waiting_bytes is zero");
    (void)Writer(options_.writer);
    shared_->feeder = this;
    fall_behind();
}

Feeder::~Feeder() {
    shared_->feeder = nullptr;
    asio::post(shared_->pool, [shared = shared_.get()] { shared->sink.reset(); });
    shared_->pool.join();
}

void Feeder::stop() { finish(Errc::none, {}); }

Status Feeder::status() const {
    Status status;
    status.state = state_;
    status.waiting_bytes = shared_->waiting_bytes;
    if (tip_) status.lag = *tip_ - std::min(*tip_, stored_);
    if (state_ != State::standby)
        status.behind = behind_since_ ? std::chrono::steady_clock::now() - *behind_since_ : Duration::zero();
    return status;
}

void Feeder::change(State state, const std::string& detail) {
    state_ = state;
    notice_(state, detail);
}

void Feeder::fall_behind() {
    if (!behind_since_) behind_since_ = std::chrono::steady_clock::now();
}

void Feeder::finish(Errc reason, std::string text) {
    if (std::exchange(ended_, true)) return;
    end_ = reason;
    text_ = std::move(text);
    if (follower_) follower_->stop();
    wake_.cancel();
}

void Feeder::fail(const SinkError& error) {
    if (shared_->failure) return;
    shared_->failure = error;
    if (follower_) follower_->stop();
    wake_.cancel();
}

void Feeder::stored(std::uint64_t sequence) {
    auto& waiting = shared_->waiting;
    for (; !waiting.empty() && waiting.front().sequence <= sequence; waiting.pop_front()) {
        const auto& one = waiting.front();
        shared_->waiting_bytes -= one.bytes;
        ++counters_.events;
        counters_.blocks += one.kind == Kind::apply ? 1 : 0;
        counters_.bytes += one.block_bytes;
        counters_.rollbacks += one.kind == Kind::rollback || one.kind == Kind::reset ? 1 : 0;
        stored_ = one.blocks;
    }
    wake_.cancel();
    if (!waiting.empty() || !std::exchange(shared_->at_tip, false)) return;
    behind_since_.reset();
    change(State::current, std::to_string(sequence));
}

asio::awaitable<void> Feeder::wait(Duration time) {
    wake_.expires_after(time);
    co_await wake_.async_wait(detail::as_tuple(asio::use_awaitable));
}

/// Runs `work` on the sink's thread. Its exceptions are failures of the sink.
template <class Work>
asio::awaitable<void> Feeder::elsewhere(Work work) {
    auto finished = std::make_shared<bool>(false);
    asio::post(shared_->pool, [work = std::move(work), finished, shared = shared_, executor = executor_]() mutable {
        std::optional<SinkError> failure;
        try {
            work(*shared);
        } catch (const SinkError& error) {
            failure = error;
        } catch (const std::exception& error) {
            failure.emplace(SinkError::Kind::refused, error.what());
        }
        asio::post(executor, [finished, failure, shared] {
            *finished = true;
            if (shared->feeder == nullptr) return;
            if (failure) shared->feeder->fail(*failure);
            shared->feeder->wake_.cancel();
        });
    });
    while (!*finished) co_await wait(std::chrono::hours(1));
}

asio::awaitable<void> Feeder::run() {
    while (!ended_) {
        co_await attempt();
        auto close = [](Shared& shared) { shared.sink.reset(); };
        follower_.reset();
        co_await elsewhere(std::move(close));
        ++shared_->life;
        shared_->waiting.clear();
        shared_->waiting_bytes = 0;
        shared_->at_tip = false;
        tip_.reset();
        fall_behind();
        const auto failure = std::exchange(shared_->failure, std::nullopt);
        if (ended_ || !failure) continue;
        if (failure->kind() == SinkError::Kind::refused) {
            finish(Errc::bad_argument, failure->what());
            continue;
        }
        ++counters_.retries;
        if (failure->kind() == SinkError::Kind::overtaken) continue;
        change(State::lost, failure->what());
        co_await wait(options_.retry);
    }
}

asio::awaitable<bool> Feeder::stand_by() {
    for (bool reported = false; !ended_;) {
        auto occupied = std::make_shared<bool>(false);
        auto look = [occupied](Shared& shared) { *occupied = shared.sink->occupied(); };
        co_await elsewhere(std::move(look));
        if (shared_->failure) co_return false;
        if (!*occupied) {
            if (reported || was_standby_) {
                ++counters_.takeovers;
                behind_since_.reset();  // the other feeder had what was there
                fall_behind();
            }
            was_standby_ = false;
            co_return !ended_;
        }
        state_ = State::standby;
        if (!std::exchange(reported, true) && !std::exchange(was_standby_, true)) change(State::standby, {});
        co_await wait(options_.standby);
    }
    co_return false;
}

asio::awaitable<void> Feeder::attempt() {
    auto extent = std::make_shared<Sink::Extent>();
    auto open = [make = make_, executor = executor_, life = shared_->life,
                 weak = std::weak_ptr<Shared>(shared_)](Shared& shared) {
        shared.sink = make();
        (void)shared.sink->open([executor, life, weak](std::uint64_t sequence, std::optional<SinkError> error) {
            asio::post(executor, [life, weak, sequence, error] {
                const auto still = weak.lock();
                if (!still || still->feeder == nullptr || still->life != life) return;
                if (error) return still->feeder->fail(*error);
                still->feeder->stored(sequence);
            });
        });
    };
    co_await elsewhere(std::move(open));
    if (shared_->failure || ended_) co_return;
    const bool free = co_await stand_by();
    if (!free) co_return;
    auto occupy = [extent](Shared& shared) {
        shared.sink->occupy();
        *extent = shared.sink->extent();
    };
    co_await elsewhere(std::move(occupy));
    if (shared_->failure || ended_) co_return;
    co_await write(*extent);
}

/// Continues the stream from its end.
asio::awaitable<void> Feeder::write(Sink::Extent extent) {
    auto writer = std::make_shared<Writer>(options_.writer);
    const Point from = options_.from.points().front();
    auto restore = [writer, extent, from, options = options_.writer](Shared& shared) {
        if (extent.empty()) return writer->restore_empty(extent.last, from);
        // Back until the events hold k blocks, in longer and longer steps.
        for (std::uint64_t count = options.k + options.k / 4 + 16;; count *= 4) {
            *writer = Writer(options);
            const std::uint64_t held = extent.last - extent.first + 1;
            const std::uint64_t first = count >= held ? extent.first : extent.last - count + 1;
            shared.sink->read(first, false, [&](const Event& event) {
                const EventFault fault = writer->restore(event);
                if (fault != EventFault::none)
                    throw SinkError(SinkError::Kind::refused,
                                    "the event with sequence " + std::to_string(event.sequence) +
                                        " of the stream is not one of a feed: " + std::string(message(fault)));
                return true;
            });
            if (writer->enough() || first == extent.first) return;
        }
    };
    co_await elsewhere(std::move(restore));
    if (shared_->failure || ended_) co_return;
    const auto points = writer->points();
    const Start start = points.empty() ? options_.from : Start(points);
    stored_ = blocks_of(writer->chain());
    follower_ = std::make_unique<Follower>(follow_(start));
    change(State::writing, std::to_string(extent.last));
    while (!ended_ && !shared_->failure) {
        auto step = co_await follower_->next();
        if (!step) {
            if (ended_ || shared_->failure) co_return;
            co_return finish(step.error(), "the chain cannot be followed: " + std::string(ouro::message(step.error())));
        }
        tip_ = std::visit([](const auto& any) { return blocks_of(any.tip); }, *step);
        auto made = writer->take(*step);
        if (!made) co_return finish(made.error(), "no event can be made: " + std::string(ouro::message(made.error())));
        for (Event& event : *made) co_await append(std::move(event), blocks_of(writer->chain()));
        if (std::holds_alternative<AtTip>(*step)) {
            shared_->at_tip = true;
            if (shared_->waiting.empty()) stored(writer->chain().sequence());
        } else {
            fall_behind();
        }
    }
}

asio::awaitable<void> Feeder::append(Event event, std::uint64_t blocks) {
    const std::size_t bytes = event.block.size() + event.undone.size() * 80 + 1'000;
    while (!ended_ && !shared_->failure && !shared_->waiting.empty() &&
           shared_->waiting_bytes + bytes > options_.waiting_bytes)
        co_await wait(std::chrono::hours(1));
    if (ended_ || shared_->failure) co_return;
    shared_->waiting.push_back({event.sequence, event.kind, bytes, event.block.size(), blocks});
    shared_->waiting_bytes += bytes;
    asio::post(shared_->pool, [event = std::move(event), shared = shared_.get(), executor = executor_,
                               weak = std::weak_ptr<Shared>(shared_), life = shared_->life] {
        const auto report = [&](const SinkError& error) {
            asio::post(executor, [weak, error, life] {
                const auto alive = weak.lock();
                if (alive && alive->feeder != nullptr && alive->life == life) alive->feeder->fail(error);
            });
        };
        try {
            shared->sink->append(event);
        } catch (const SinkError& error) {
            report(error);
        }
    });
}

}  // namespace ouro::feed
