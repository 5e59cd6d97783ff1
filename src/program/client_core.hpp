#pragma once

#include <map>
#include <memory>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <ouro/async/context_guest.hpp>
#include <ouro/async/home_thread.hpp>
#include <ouro/async/pending.hpp>
#include <ouro/program/client.hpp>
#include <ouro/program/driver.hpp>

namespace ouro::detail {

using local_initiator::Command;
using local_initiator::Event;

/// State shared by a client and its handles: the calls waiting for outcomes.
///
/// Outcomes of cancelled calls are dropped here, and what they acquired is released.
class ClientCore final : public Listener<local_initiator::Event>,
                         private ContextGuest,
                         public std::enable_shared_from_this<ClientCore> {
  public:
    using Wait = Pending<std::optional<Event>>;

    /// Key of the wait that is not for the outcome of a command.
    static constexpr CommandId for_end{UINT64_MAX};

    explicit ClientCore(const local_initiator::Config& config)
        : call_timeout_(config.call_timeout), answer_bytes_(config.answer_bytes) {}

    using LocalDriver = Driver<LocalInitiatorBehavior>;

    void attach(std::unique_ptr<LocalDriver> driver);
    /// Makes the manager at the first call.
    void dial_with(std::function<std::unique_ptr<LocalDriver>()> dial) { dial_ = std::move(dial); }
    [[nodiscard]] Instant now() const { return driver_ ? driver_->now() : Instant{}; }
    /// Asserts that the caller may run on the executor.
    void check_thread() const noexcept {
        if (executor_) home_.check(executor_);
    }
    /// Called when the client is destroyed.
    void close();
    [[nodiscard]] bool closed() const noexcept override { return closed_; }
    void stop();

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] local_initiator::NodeState node() const;
    [[nodiscard]] const local_initiator::Disconnected& last_end() const noexcept { return last_end_; }
    [[nodiscard]] const Violation& last_unreadable() const noexcept { return unreadable_; }
    void cannot_read(Errc rule, std::optional<std::size_t> offset, BytesView answer);
    /// Number of connections that have ended.
    [[nodiscard]] std::uint64_t ends() const noexcept { return ends_; }
    void watch(std::function<void(const ConnectionEvent&)> watcher) { watcher_ = std::move(watcher); }

    Result<CommandId> execute(Command command);
    void handle(std::optional<Event> event) override;
    void rest() override {}

    [[nodiscard]] Duration call_timeout() const noexcept { return call_timeout_; }
    [[nodiscard]] std::size_t answer_bytes() const noexcept { return answer_bytes_; }
    /// The deadline of a call with these options.
    [[nodiscard]] Instant until(CallOptions options);
    /// The remaining time until then, for a command.
    [[nodiscard]] Duration left(Instant until) noexcept;

    [[nodiscard]] bool awaited(CommandId key) const noexcept { return waits_.contains(key); }
    /// The outcome of a command; empty for `for_end`.
    ///
    /// Errors  operation_aborted, if it is cancelled or the client is destroyed
    [[nodiscard]] asio::awaitable<std::optional<Event>> wait(CommandId key);
    [[nodiscard]] bool ended() const noexcept { return ended_ || closed_; }

    static asio::awaitable<Result<LedgerState>> acquire(std::shared_ptr<ClientCore> core,
                                                        LocalStateQuery::Target target, Instant until);
    static asio::awaitable<Result<MempoolSnapshot>> acquire_mempool(std::shared_ptr<ClientCore> core,
                                                                    CallOptions options);

  private:
    class Initiation {
      public:
        using executor_type = asio::any_io_executor;

        Initiation(std::shared_ptr<ClientCore> core, CommandId key) noexcept : core_(std::move(core)), key_(key) {}
        [[nodiscard]] executor_type get_executor() const noexcept { return core_->executor_; }

        template <class Handler>
        void operator()(Handler&& handler) {
            auto pending = PendingHandler<std::optional<Event>, std::decay_t<Handler>>::make(
                std::forward<Handler>(handler), core_->executor_);
            pending->on_cancel(Cancellation{core_->weak_from_this(), key_});
            core_->add(key_, std::move(pending));
        }

      private:
        std::shared_ptr<ClientCore> core_;
        CommandId key_;
    };
    struct Cancellation {
        std::weak_ptr<ClientCore> core;
        CommandId key;

        void operator()() const {
            if (const auto self = core.lock()) self->cancel(key);
        }
    };

    void add(CommandId key, Wait::Pointer wait);
    void cancel(CommandId key);
    /// Completes the wait in a separate handler.
    void post(Wait::Pointer wait, std::error_code error);
    void finish(CommandId key, std::optional<Event> event);
    /// Releases a state or snapshot whose call is gone.
    void disown(const Event& event);
    /// Makes the manager, if there is none yet and a node to dial.
    void dial();
    void abandon() noexcept override;

    std::function<std::unique_ptr<LocalDriver>()> dial_;
    std::unique_ptr<LocalDriver> driver_;
    asio::any_io_executor executor_;
    HomeThread home_;
    std::map<CommandId, Wait::Pointer> waits_;
    std::function<void(const ConnectionEvent&)> watcher_;
    local_initiator::Disconnected last_end_;
    Violation unreadable_;
    std::uint64_t ends_ = 0;
    Duration call_timeout_;
    std::size_t answer_bytes_;
    bool closed_ = false;
    bool ended_ = false;
};

/// Executes a command and waits for its outcome.
///
/// Errors  those of `execute`, and that of a Failed
[[nodiscard]] asio::awaitable<Result<Event>> call(std::shared_ptr<ClientCore> core, Command command);

}  // namespace ouro::detail
