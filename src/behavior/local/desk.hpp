#pragma once

#include <memory>
#include <set>
#include <utility>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

#include "behavior/frame/link.hpp"

namespace ouro::local_initiator {

using Link =
    ouro::Link<Role::initiator, n2c::Handshake, LocalChainSync, LocalTxSubmission, LocalStateQuery, LocalTxMonitor>;
using Out = OutboundQueue<n2c::Message, Event>;

/// A call that has not ended.
struct Call {
    CommandId command{};  ///< none: it has ended, and its answer is still to come
    Instant give_up = Instant::max();

    [[nodiscard]] explicit operator bool() const noexcept { return command != CommandId{}; }
};

/// What every part works with.
struct Desk {
    const Config& config;
    Out& out;
    Instant now{};                                        ///< as last told
    std::unique_ptr<Link> link{};                         ///< while there is a connection
    std::optional<Agreement> agreement{};                 ///< while calls can be made
    std::set<std::pair<Instant, CommandId>> deadlines{};  ///< of calls that have not ended
    std::size_t calls = 0;                                ///< that have not ended

    [[nodiscard]] Call begin(CommandId command, std::optional<Duration> time) {
        const Duration span = time.value_or(config.call_timeout);
        const Call call{command, span >= Instant::max() - now ? Instant::max() : now + span};
        if (call.give_up != Instant::max()) deadlines.emplace(call.give_up, command);
        ++calls;
        return call;
    }
    /// Ends the call with its outcome.
    void end(Call& call, Event outcome) {
        if (call.give_up != Instant::max()) deadlines.erase({call.give_up, call.command});
        --calls;
        call = {};
        out.event(std::move(outcome));
    }
    void fail(Call& call, Errc reason) {
        const CommandId command = call.command;
        end(call, Failed{command, reason});
    }
    [[nodiscard]] bool has(n2c::Feature feature) const noexcept {
        return !agreement || n2c::has(agreement->version, feature);
    }
};

}  // namespace ouro::local_initiator
