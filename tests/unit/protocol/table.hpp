#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include <ouro/protocol/machine.hpp>

#include "support/catch.hpp"

/// A protocol's table against one typed from the specification.
namespace codec_table {

using namespace ouro;
using namespace std::chrono_literals;

struct State {
    std::string_view name;
    Agency agency;
    Duration from, to;  ///< time limit; zero: none
    bool waived;        ///< for trusted peers
    std::uint32_t size;
    std::vector<std::string_view> path;  ///< messages that lead here from the first state
};
struct Move {
    std::string_view from, message, to;
};

inline std::size_t index(const ProtocolTable& table, std::string_view message) {
    const auto found = std::find(table.messages.begin(), table.messages.end(), message);
    REQUIRE(found != table.messages.end());
    return static_cast<std::size_t>(found - table.messages.begin());
}

inline AnyMachine machine_at(const ProtocolTable& table, Role role, const State& state) {
    AnyMachine machine(table, role, {});
    for (const std::string_view message : state.path) {
        const std::size_t m = index(table, message);
        REQUIRE((machine.ours() ? machine.send(m, Instant{}) : machine.receive(m, 1, Instant{})) == Errc::none);
    }
    REQUIRE(machine.state_name() == state.name);
    return machine;
}

/// Every state, every message, both roles, sent and received: what the moves say is legal, and nothing else is.
/// `ahead` are the messages that `asker` may send while answers are awaited.
inline void check(const ProtocolTable& table, std::span<const State> states, std::span<const Move> moves,
                  std::span<const std::string_view> ahead, Role asker = Role::initiator) {
    REQUIRE(table.states.size() == states.size());
    for (std::size_t s = 0; s < states.size(); ++s) {
        const State& state = states[s];
        INFO("state " << state.name);
        CHECK(table.states[s].name == state.name);
        CHECK(table.states[s].agency == state.agency);
        CHECK(table.states[s].time.min == state.from);
        CHECK(table.states[s].time.max == state.to);
        CHECK(table.states[s].time.waived_for_trusted == state.waived);
        CHECK(table.states[s].size == state.size);

        for (std::size_t m = 0; m < table.messages.size(); ++m) {
            const std::string_view message = table.messages[m];
            INFO("message " << message);
            const auto move = std::find_if(moves.begin(), moves.end(),
                                           [&](const Move& x) { return x.from == state.name && x.message == message; });
            const bool legal = move != moves.end();
            const std::string_view next = legal ? move->to : state.name;

            for (const Role role : {Role::initiator, Role::responder}) {
                INFO("we are the " << (role == Role::initiator ? "initiator" : "responder"));
                const bool ours = state.agency == (role == Role::initiator ? Agency::initiator : Agency::responder);
                const bool over = state.agency == Agency::nobody;

                AnyMachine sender = machine_at(table, role, state);
                CHECK(sender.ours() == ours);
                CHECK(sender.done() == over);
                CHECK(sender.theirs() == (!ours && !over));
                if (ours) {
                    CHECK(sender.send(m, Instant{}) == (legal ? Errc::none : Errc::not_our_turn));
                    CHECK(sender.state_name() == next);
                    CHECK(sender.pending() == 0);
                } else {
                    const bool may =
                        role == asker && !over && std::find(ahead.begin(), ahead.end(), message) != ahead.end();
                    CHECK(sender.send(m, Instant{}) == (may ? Errc::none : Errc::not_our_turn));
                    CHECK(sender.state_name() == state.name);
                    CHECK(sender.pending() == (may ? 1 : 0));
                }

                AnyMachine receiver = machine_at(table, role, state);
                const bool expected = receiver.theirs() && legal;
                CHECK(receiver.receive(m, 1, Instant{}) == (expected ? Errc::none : Errc::out_of_turn));
                CHECK(receiver.state_name() == (expected ? next : state.name));
            }
        }
    }
    for (const Move& move : moves) index(table, move.message);
}

}  // namespace codec_table
