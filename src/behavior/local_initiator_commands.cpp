#include "local_initiator_impl.hpp"

namespace ouro {

using namespace local_initiator;

namespace {

/// Commands with an outcome of their own.
template <class C>
constexpr bool is_call = requires(C wish) { wish.time; };
/// Commands that ask what is held: without it they fail, whether or not there is a connection.
template <class C>
constexpr bool of_what_is_held = requires(C wish) { wish.state; } || requires(C wish) { wish.mempool; };

}  // namespace

Result<CommandId> LocalInitiatorBehavior::Impl::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const CommandId id{next_command_};
    const Errc error = std::visit(
        [&](auto& wish) {
            using Wish = std::decay_t<decltype(wish)>;
            if constexpr (is_call<Wish> && !std::is_same_v<Wish, Connect>) {
                if (!of_what_is_held<Wish> && !hopeful()) return Errc::not_connected;
                if (desk_.calls + out_.events() >= config_.max_calls) return Errc::queue_full;
            }
            return carry_out(id, wish);
        },
        command);
    if (error != Errc::none) return error;
    ++next_command_;
    return id;
}

bool LocalInitiatorBehavior::Impl::hopeful() const noexcept {
    return stage_ != Stage::idle && (stage_ != Stage::closing || tries_again(closing_for_));
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId id, Connect& wish) {
    if (!wish.node) return Errc::bad_argument;
    if (stage_ != Stage::idle) return Errc::busy;
    const Duration time = wish.time.value_or(config_.call_timeout);
    connect_by_ = time >= Instant::max() - desk_.now ? Instant::max() : desk_.now + time;
    node_ = std::move(wish.node);
    connect_ = id;
    failures_ = 0;
    wanted_ = true;
    dial();
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, Disconnect&) {
    leave(Errc::disconnected);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, ContinueFollowing& wish) {
    return chain_sync_.extend(wish.blocks);
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, StopFollowing&) {
    chain_sync_.end(Errc::none);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, ReleaseState& wish) {
    state_query_.release(wish.state);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, ReleaseMempool& wish) {
    tx_monitor_.release(wish.mempool);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, Cancel& wish) {
    if (wish.command == connect_ && wish.command != CommandId{})
        leave(Errc::cancelled);
    else
        give_up(wish.command, Errc::cancelled);
    return Errc::none;
}

Errc LocalInitiatorBehavior::Impl::carry_out(CommandId, Housekeeping&) {
    tick(desk_.now);
    return Errc::none;
}

}  // namespace ouro
