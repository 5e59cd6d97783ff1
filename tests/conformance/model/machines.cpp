#include <deque>
#include <iostream>
#include <set>

#include "spoken.hpp"

using namespace model;

namespace {

constexpr Instant now{1h};

/// One side of a trace, played against a state machine.
struct Side {
    Side(const Protocol& protocol, Role role) : p(protocol), us(role), machine(*protocol.codec.table, role, {}) {}

    void play(char letter) {
        if (machine.done()) machine.restart();
        const model::Message& m = p.message(letter);
        if (m.sender == us) {
            REQUIRE(machine.send(m.index, now) == Errc::none);
        } else if (machine.theirs()) {
            REQUIRE(machine.receive(m.index, m.item.size(), now) == Errc::none);
        } else {
            unread.push_back(letter);  // it waits for its turn
        }
        while (!unread.empty() && machine.theirs()) {
            const model::Message& next = p.message(unread.front());
            unread.pop_front();
            REQUIRE(machine.receive(next.index, next.item.size(), now) == Errc::none);
        }
    }
    /// A step that is illegal changes nothing, and the side that takes it is to blame.
    void refuse(const Step& step) {
        const model::Message& m = p.message(step.letter);
        INFO(name_of(step.sender) << " sends " << m.name);
        const std::size_t state = machine.state(), pending = machine.pending();
        if (step.sender == us) {
            REQUIRE(machine.send(m.index, now) == Errc::not_our_turn);
        } else {
            const Errc error = machine.receive(m.index, m.item.size(), now);
            REQUIRE(error == Errc::out_of_turn);
            const Violation blame = machine.violation(error, m.index);
            REQUIRE(blame.protocol == p.codec.table->protocol);
            REQUIRE(blame.state == machine.state_name());
            REQUIRE(blame.message == p.codec.table->messages[m.index]);
        }
        REQUIRE(machine.state() == state);
        REQUIRE(machine.pending() == pending);
        ++refused;
    }
    void check(const Trace& trace) {
        INFO("state " << trace.state);
        REQUIRE((machine.pending() == trace.waiting || us != p.asker));
        REQUIRE((unread.size() == trace.waiting || us == p.asker));
        if (machine.done()) {
            for (const auto& [letter, m] : p.messages) {
                refuse({us, letter});
                refuse({other(us), letter});
            }
            if (!p.again) return;
            machine.restart();
        }
        for (const Step& step : trace.rejected) refuse(step);
        for (const Step& step : trace.early) refuse(step);
    }

    const Protocol& p;
    Role us;
    AnyMachine machine;
    std::deque<char> unread;
    std::size_t refused = 0;
};

/// Plays traces in both roles. Returns the number of illegal steps that were refused.
std::size_t play(const Protocol& p, const std::vector<Trace>& traces) {
    std::size_t refused = 0;
    for (const Role us : {Role::initiator, Role::responder}) {
        INFO(p.family << " " << p.name << ", as the " << name_of(us));
        std::map<std::string, std::string_view> names;
        for (const Trace& trace : traces) {
            INFO("trace " << trace.steps);
            Side side(p, us);
            for (const char letter : trace.steps) side.play(letter);
            // A state of the model is always the same state of the library.
            REQUIRE(names.emplace(trace.state, side.machine.state_name()).first->second == side.machine.state_name());
            side.check(trace);
            refused += side.refused;
        }
        std::set<std::string_view> different;
        for (const auto& [state, name] : names) different.insert(name);
        REQUIRE(different.size() == names.size());
    }
    return refused;
}

}  // namespace

TEST_CASE("Every mini-protocol of the library has a model, and every example of a message is written back",
          "[conformance][model]") {
    if (!have_traces()) return;
    std::size_t examples = 0;
    for (const Protocol& p : protocols()) {
        std::set<std::size_t> indexes;
        for (const auto& [letter, m] : p.messages) {
            INFO(p.family << " " << p.name << ", " << m.name);
            CHECK(p.codec.rewritten(m.item) == m.item);
            indexes.insert(m.index);
            ++examples;
        }
        CHECK(indexes.size() == p.codec.table->messages.size());
    }
    CHECK(protocols().size() == 22);
    std::cout << protocols().size() << " mini-protocols, " << examples << " messages\n";
}

TEST_CASE("A state machine takes every legal trace and refuses every illegal step", "[conformance][model]") {
    if (!have_traces()) return;
    std::size_t traces = 0, refused = 0;
    for (const Protocol& p : protocols()) {
        // All states of the library are reached.
        std::set<std::string> states;
        for (const Trace& trace : p.traces) states.insert(trace.state);
        CHECK(states.size() == p.codec.table->states.size());
        traces += p.traces.size();
        refused += play(p, p.traces);
    }
    std::cout << traces << " traces in both roles, " << refused << " illegal steps\n";
}

TEST_CASE("A state machine takes every legal trace with messages sent ahead and refuses every illegal step",
          "[conformance][model]") {
    if (!have_traces()) return;
    std::size_t traces = 0, refused = 0;
    for (const Protocol& p : protocols()) {
        traces += p.ahead.size();
        refused += play(p, p.ahead);
        // The library allows exactly these messages ahead.
        std::set<std::size_t> ahead;
        for (std::size_t m = 0; m < p.codec.table->ahead.size(); ++m)
            if (p.codec.table->ahead[m] != Agency::nobody) ahead.insert(m);
        CHECK(ahead.empty() == p.ahead.empty());
    }
    std::cout << traces << " traces in both roles, " << refused << " illegal steps\n";
}
