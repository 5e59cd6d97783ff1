#include "client_core.hpp"

#include <algorithm>
#include <asio/error.hpp>

#include "protocol/unknown_era.hpp"

namespace ouro::detail {

namespace {

CommandId command_of(const Event& event) {
    return std::visit([](const auto& e) { return e.command; }, event);
}

}  // namespace

void ClientCore::cannot_read(Errc rule, std::optional<std::size_t> offset, BytesView answer) {
    unreadable_ = {LocalStateQuery::name, {}, {}, rule, offset};
    name_era_in_item(unreadable_, answer);
}

void ClientCore::attach(std::unique_ptr<Driver<LocalInitiatorBehavior>> driver) {
    driver_ = std::move(driver);
    executor_ = driver_->get_executor();
    enter(executor_);
    driver_->listen(weak_from_this());
}

void ClientCore::close() {
    check_thread();
    leave();
    closed_ = true;
    dial_ = nullptr;
    driver_.reset();
    watcher_ = nullptr;
    auto waits = std::move(waits_);
    waits_.clear();
    for (auto& [key, wait] : waits) post(std::move(wait), asio::error::operation_aborted);
}

void ClientCore::stop() {
    check_thread();
    if (driver_) driver_->stop();
}

local_initiator::NodeState ClientCore::node() const {
    return driver_ ? driver_->behavior().node() : local_initiator::NodeState{};
}

Result<CommandId> ClientCore::execute(Command command) {
    check_thread();
    dial();
    if (!driver_) return closed_ ? Errc::stopped : Errc::not_connected;
    return driver_->execute(std::move(command));
}

void ClientCore::dial() {
    if (!driver_ && dial_ && !closed_) attach(std::exchange(dial_, nullptr)());
}

Instant ClientCore::until(CallOptions options) {
    dial();  // the time of the call is that of its interface
    const Duration time = options.time.value_or(call_timeout_);
    const Instant now = driver_ ? driver_->now() : Instant{};
    return time >= Instant::max() - now ? Instant::max() : now + time;
}

Duration ClientCore::left(Instant until) noexcept {
    if (until == Instant::max() || !driver_) return Duration::max();
    return std::max(until - driver_->now(), Duration::zero());
}

void ClientCore::handle(std::optional<Event> event) {
    home_.note();
    if (!event) {
        ended_ = true;
        while (!waits_.empty()) finish(waits_.begin()->first, std::nullopt);
        return;
    }
    const auto* up = std::get_if<local_initiator::Connected>(&*event);
    const auto* down = std::get_if<local_initiator::Disconnected>(&*event);
    if (down) last_end_ = *down;
    if (down) ++ends_;
    if (watcher_ && up) watcher_(*up);
    if (watcher_ && down) watcher_(*down);
    if (closed_ || (down && down->retry_at)) return;
    const CommandId command = command_of(*event);
    if (awaited(command))
        finish(command, std::move(event));
    else
        disown(*event);
}

asio::awaitable<std::optional<Event>> ClientCore::wait(CommandId key) {
    return asio::async_initiate<decltype(asio::use_awaitable)&, void(std::error_code, std::optional<Event>)>(
        Initiation(shared_from_this(), key), asio::use_awaitable);
}

void ClientCore::add(CommandId key, Wait::Pointer wait) {
    if (closed_) return post(std::move(wait), asio::error::operation_aborted);
    if (ended_) return post(std::move(wait), {});
    waits_.insert_or_assign(key, std::move(wait));
}

void ClientCore::cancel(CommandId key) {
    const auto found = waits_.find(key);
    if (found == waits_.end()) return;
    auto wait = std::move(found->second);
    waits_.erase(found);
    post(std::move(wait), asio::error::operation_aborted);
    if (key != for_end) (void)execute(local_initiator::Cancel{key});
}

void ClientCore::post(Wait::Pointer wait, std::error_code error) {
    asio::post(executor_,
               [wait = std::move(wait), error]() mutable { Wait::complete(std::move(wait), error, std::nullopt); });
}

void ClientCore::finish(CommandId key, std::optional<Event> event) {
    auto node = waits_.extract(key);
    Wait::complete(std::move(node.mapped()), {}, std::move(event));
}

void ClientCore::disown(const Event& event) {
    if (const auto* state = std::get_if<local_initiator::StateAcquired>(&event))
        (void)execute(local_initiator::ReleaseState{state->command});
    if (const auto* mempool = std::get_if<local_initiator::MempoolAcquired>(&event))
        (void)execute(local_initiator::ReleaseMempool{mempool->command});
}

void ClientCore::abandon() noexcept {
    closed_ = true;
    const auto dropped = std::move(waits_);  // may own the client, and with it this
}

}  // namespace ouro::detail
