#include "local_follow.hpp"

#include <algorithm>

#include "chain_points.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::local_initiator {

std::optional<Result<CommandId>> ChainSyncPart::execute(CommandId id, Command& command) {
    return execute_any<Follow, ContinueFollowing, StopFollowing>(id, command, [&]<class C>(C& wish) {
        if constexpr (std::is_same_v<C, Follow>) return start(id, wish);
        if constexpr (std::is_same_v<C, ContinueFollowing>) return extend(wish.blocks);
        if constexpr (std::is_same_v<C, StopFollowing>) end(Errc::none);
        return Errc::none;
    });
}

Errc ChainSyncPart::start(CommandId command, Follow& wish) {
    if (sync_) return Errc::busy;
    sync_.emplace();
    sync_->call = desk_.begin(command, wish.time);
    sync_->command = command;
    sync_->points = std::move(wish.points);
    if (sync_->points.empty()) sync_->points.emplace_back();
    advance();
    return Errc::none;
}

Errc ChainSyncPart::extend(std::uint32_t blocks) {
    if (!sync_) return Errc::bad_argument;
    const auto most = desk_.config.sync_window - std::min(desk_.config.sync_window, sync_->credit);
    sync_->credit += std::min(blocks, most);
    top_up();
    return Errc::none;
}

void ChainSyncPart::end(Errc reason) {
    if (!sync_) return;
    FollowEnded ended{sync_->command, reason};
    if (sync_->call)
        desk_.end(sync_->call, ended);
    else
        desk_.out.event(ended);
    sync_.reset();
}

bool ChainSyncPart::cancel(CommandId command, Errc reason) {
    if (!sync_ || sync_->command != command) return false;
    end(reason);
    return true;
}

void ChainSyncPart::advance() {
    // Answers to an earlier Follow that has ended come first.
    if (!desk_.agreement || !sync_ || !sync_->asked.empty() || !machine().ours()) return;
    sync_->asked = points_to_ask();
    send(LocalChainSync::FindIntersect{sync_->asked}, desk_.config.message_bytes);
}

std::vector<Point> ChainSyncPart::points_to_ask() const {
    if (!sync_->begun) return sync_->points;
    std::vector<Point> points;
    const auto& history = sync_->history;
    detail::for_points_to_ask(history.size(), sync_->forgot,
                              [&](std::size_t back) { points.emplace_back(history[history.size() - 1 - back].point); });
    if (!sync_->forgot) points.push_back(sync_->from);
    return points;
}

std::uint32_t ChainSyncPart::outstanding() const noexcept {
    return static_cast<std::uint32_t>(machine().pending()) + (machine().theirs() ? 1 : 0);
}

std::uint32_t ChainSyncPart::room() const noexcept {
    if (!desk_.agreement || !sync_ || !sync_->following) return 0;
    if (sync_->untaken_bytes >= desk_.config.events_bytes) return 0;
    const auto asked = outstanding();
    const auto used = sync_->untaken + asked;
    const auto window = desk_.config.sync_window;
    const auto free = std::min(used < window ? window - used : 0, sync_->answerable.room(asked));
    return desk_.config.automatic ? free : std::min(free, sync_->credit);
}

void ChainSyncPart::top_up() {
    auto count = room();
    if (!desk_.config.automatic && sync_) sync_->credit -= count;
    for (; count > 0; --count) send(LocalChainSync::RequestNext{}, desk_.config.message_bytes);
    if (desk_.agreement) credit(desk_.config.message_bytes);
}

void ChainSyncPart::taken(const Event& event) {
    const auto* forward = std::get_if<RollForward>(&event);
    const CommandId command = forward ? forward->command : std::get<RollBackward>(event).command;
    const std::size_t bytes = forward ? forward->block.size() : 0;
    if (!sync_ || sync_->command != command) return;
    sync_->untaken -= std::min(sync_->untaken, 1U);
    sync_->untaken_bytes -= std::min(sync_->untaken_bytes, bytes);
}

Errc ChainSyncPart::received(Node&, LocalChainSync::Message& message, LocalChainSync::State before) {
    Errc error = Errc::none;
    if (!sync_ || sync_->asked.empty()) {
        advance();  // an answer to an earlier Follow, perhaps the last one
    } else if (auto* forward = std::get_if<LocalChainSync::RollForward>(&message)) {
        if (before == LocalChainSync::State::can_await) sync_->at_tip = false;
        error = rolled_forward(*forward);
        sync_->broken = error != Errc::none;
        if (sync_->broken) sync_->broken_at = place_of(forward->block);
    } else if (const auto* back = std::get_if<LocalChainSync::RollBackward>(&message)) {
        error = rolled_back(*back);
        if (error != Errc::none) sync_->broken_at = back->point;
    } else if (std::holds_alternative<LocalChainSync::AwaitReply>(message)) {
        if (!std::exchange(sync_->at_tip, true)) desk_.out.event(AtTip{sync_->command, sync_->tip});
    } else if (const auto* at = std::get_if<LocalChainSync::IntersectFound>(&message)) {
        error = found(*at);
        if (error != Errc::none) sync_->broken_at = at->point;
    } else {
        const auto& asked = sync_->asked;
        // Every chain has the origin.
        if (std::find(asked.begin(), asked.end(), Point()) != asked.end()) return Errc::wrong_intersection;
        const auto& none = std::get<LocalChainSync::IntersectNotFound>(message);
        if (sync_->begun) {
            end(Errc::no_intersection);
        } else {
            if (sync_->call) desk_.end(sync_->call, NoIntersection{sync_->command, none.tip});
            sync_.reset();
        }
    }
    if (error == Errc::none) top_up();
    return error;
}

Errc ChainSyncPart::rolled_forward(LocalChainSync::RollForward& message) {
    const auto info = inspect(message.block);
    if (!info) return info.error();
    sync_->swallow.reset();
    sync_->tip = message.tip;
    sync_->answerable.answered(*info ? std::optional((*info)->number) : number_of(message.block), message.tip);
    remember(*info);
    ++sync_->untaken;
    sync_->untaken_bytes += message.block.size();
    desk_.out.event(RollForward{sync_->command, std::move(message.block), message.tip, *info});
    return Errc::none;
}

Result<std::optional<HeaderInfo>> ChainSyncPart::inspect(const Bytes& block) const {
    if (block.empty()) return Errc::malformed;
    const auto& rules = desk_.config.rules;
    if (!rules) return std::optional<HeaderInfo>();
    const auto info = rules->inspect(block, desk_.config.checks);
    if (!info) return detail::era_of(block) > Era::dijkstra ? Errc::unknown_era : info.error();
    const auto& history = sync_->history;
    const auto at = standing();
    Errc error = Errc::none;
    if (!history.empty())
        error = rules->check_link(history.back(), *info);
    else if (at)
        error = detail::check_link(*rules, *at, *info);
    if (error != Errc::none) return error;
    return std::optional<HeaderInfo>(*info);
}

std::optional<Point> ChainSyncPart::place_of(const Bytes& block) const {
    if (desk_.config.rules && !block.empty())
        if (const auto info = desk_.config.rules->inspect(block, Checks::headers)) return Point(info->point);
    return standing();
}

Errc ChainSyncPart::found(const LocalChainSync::IntersectFound& message) {
    const auto& asked = sync_->asked;
    if (std::find(asked.begin(), asked.end(), message.point) == asked.end()) return Errc::wrong_intersection;
    sync_->following = true;
    sync_->swallow = message.point;
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    sync_->at_tip = false;
    if (!std::exchange(sync_->begun, true)) {
        sync_->from = message.point;
        desk_.end(sync_->call, Intersected{sync_->command, message.point, message.tip});
        return Errc::none;
    }
    // On another connection, report a roll-backward only if a delivered block is not on the chain any more.
    if (standing() != message.point) {
        rewind(message.point);
        report_rollback(message.point);
    }
    return Errc::none;
}

std::optional<Point> ChainSyncPart::standing() const {
    if (!sync_->history.empty()) return Point(sync_->history.back().point);
    return sync_->forgot ? std::nullopt : std::optional(sync_->from);
}

Errc ChainSyncPart::rolled_back(const LocalChainSync::RollBackward& message) {
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    if (std::exchange(sync_->swallow, std::nullopt) == message.point) {
        ++sync_->credit;  // it is not reported
        return Errc::none;
    }
    if (!rewind(message.point)) return Errc::unknown_rollback;
    report_rollback(message.point);
    return Errc::none;
}

void ChainSyncPart::report_rollback(const Point& point) {
    ++sync_->untaken;
    desk_.out.event(RollBackward{sync_->command, point, sync_->tip});
}

void ChainSyncPart::remember(const std::optional<HeaderInfo>& block) {
    if (!block) {
        sync_->forgot = true;
        return;
    }
    sync_->history.push_back(*block);
    if (sync_->history.size() > std::max<std::size_t>(desk_.config.history, 1)) {
        sync_->history.pop_front();
        sync_->forgot = true;
    }
}

bool ChainSyncPart::rewind(const Point& point) {
    auto& history = sync_->history;
    std::size_t keep = history.size();
    while (keep > 0 && Point(history[keep - 1].point) != point) --keep;
    if (keep == 0 && point != sync_->from) {
        // Our own node may go back beyond the history, or before the first intersection: then no history is left.
        if (!sync_->forgot && !detail::before(point, sync_->from)) return false;
        sync_->from = point;
    }
    if (keep == 0) sync_->forgot = false;
    while (history.size() > keep) history.pop_back();
    return true;
}

void ChainSyncPart::gone(Node&, const Ending& ending) {
    if (!sync_) return;
    if (!ending.again || sync_->broken || (sync_->begun && !standing())) return end(ending.reason);
    // Credit counts delivered blocks: requests without an answer are sent again.
    if (sync_->following) sync_->credit += outstanding();
    sync_->following = false;
    sync_->swallow.reset();
    sync_->asked.clear();
    sync_->broken_at.reset();
}

}  // namespace ouro::local_initiator

namespace ouro::frame {

std::unique_ptr<local_initiator::Part> make_part(Speaks<local_initiator::ClientSide, LocalChainSync>,
                                                 local_initiator::Desk& desk) {
    return std::make_unique<local_initiator::ChainSyncPart>(desk);
}

}  // namespace ouro::frame
