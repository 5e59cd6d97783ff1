#include "behavior/local_client.hpp"

namespace ouro::local_initiator {

namespace {

/// Commands with an outcome of their own.
template <class C>
constexpr bool is_call = requires(C wish) { wish.time; };
/// Commands about a held state or snapshot: without it they fail, with or without a connection.
template <class C>
constexpr bool of_what_is_held = requires(C wish) { wish.state; } || requires(C wish) { wish.mempool; };

}  // namespace

Result<CommandId> Frame::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const CommandId id{next_command_};
    const Errc refused = std::visit(
        [&]<class C>(const C&) {
            if constexpr (is_call<C> && !std::is_same_v<C, Connect>) {
                if (!of_what_is_held<C> && !hopeful()) return Errc::not_connected;
                if (desk_.calls + out_.events() >= config_.max_calls) return Errc::queue_full;
            }
            return Errc::none;
        },
        command);
    if (refused != Errc::none) return refused;
    const auto own = execute_any<Connect, Disconnect, Cancel>(id, command, [&]<class C>(C& wish) {
        if constexpr (std::is_same_v<C, Connect>) return carry_out(id, wish);
        if constexpr (std::is_same_v<C, Cancel>) return carry_out(wish);
        if constexpr (std::is_same_v<C, Disconnect>) leave(Errc::disconnected);
        return Errc::none;
    });
    const Result<CommandId> result = own ? *own : parts_.execute(id, command);
    if (result) ++next_command_;
    return result;
}

bool Frame::hopeful() const noexcept {
    return stage_ != Stage::idle && (stage_ != Stage::closing || tries_again(closing_for_));
}

Errc Frame::carry_out(CommandId id, Connect& wish) {
    if (!wish.node) return Errc::bad_argument;
    if (stage_ != Stage::idle) return Errc::busy;
    const Duration time = wish.time.value_or(config_.call_timeout);
    connect_by_ = time >= Instant::max() - desk_.now ? Instant::max() : desk_.now + time;
    desk_.node.id = std::move(wish.node);
    connect_ = id;
    failures_ = 0;
    wanted_ = true;
    dial();
    return Errc::none;
}

Errc Frame::carry_out(Cancel& wish) {
    if (wish.command == connect_ && wish.command != CommandId{})
        leave(Errc::cancelled);
    else
        (void)parts_.cancel(wish.command, Errc::cancelled);
    return Errc::none;
}

}  // namespace ouro::local_initiator
