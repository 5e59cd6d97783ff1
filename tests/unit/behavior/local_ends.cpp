#include "unit/behavior/local_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

using Monitor = LocalTxMonitor;

/// A place where the node owes an answer: a protocol, its state, and how one comes there.
struct Place {
    const char* protocol;
    const char* state;
    std::vector<n2c::Message> answers;  ///< of the node, on the way there
    n2c::Message late;                  ///< what it owes
};

const Tip tip{Point(TestChain::made_up(3)), BlockNumber{3}};

const std::vector<Place>& places() {
    static const std::vector<Place> all{
        {"local-chain-sync", "Intersect", {}, LocalChainSync::IntersectFound{Point(), tip}},
        {"local-chain-sync",
         "CanAwait",
         {LocalChainSync::IntersectFound{Point(), tip}},
         LocalChainSync::RollBackward{Point(), tip}},
        {"local-chain-sync",
         "MustReply",
         {LocalChainSync::IntersectFound{Point(), tip}, LocalChainSync::AwaitReply{}},
         LocalChainSync::RollBackward{Point(), tip}},
        {"local-tx-submission", "Busy", {}, LocalTxSubmission::AcceptTx{}},
        {"local-state-query", "Acquiring", {}, LocalStateQuery::Acquired{}},
        {"local-state-query", "Querying", {LocalStateQuery::Acquired{}}, LocalStateQuery::Answer{hex("01")}},
        {"local-tx-monitor", "Acquiring", {}, Monitor::Acquired{}},
        {"local-tx-monitor", "Busy(NextTx)", {Monitor::Acquired{}}, Monitor::ReplyNextTx{}},
        {"local-tx-monitor", "Busy(HasTx)", {Monitor::Acquired{}}, Monitor::ReplyHasTx{}},
        {"local-tx-monitor", "Busy(GetSizes)", {Monitor::Acquired{}}, Monitor::ReplyGetSizes{}},
        {"local-tx-monitor", "Busy(GetMeasures)", {Monitor::Acquired{}}, Monitor::ReplyGetMeasures{}},
        {"local-tx-monitor", "Acquiring", {Monitor::Acquired{}}, Monitor::Acquired{}},
    };
    return all;
}

/// A client that was brought to a place.
struct There {
    explicit There(const Place& to, std::optional<Duration> time = Duration::max()) : place(to) {
        const std::string protocol = place.protocol;
        connection = last<loc_res::PeerConnected>(pair.server).connection;
        if (protocol == "local-chain-sync") {
            first = command = pair.call(loc::Follow{{}, time});
        } else if (protocol == "local-tx-submission") {
            first = command = pair.call(loc::SubmitTx{some_tx, time});
        } else if (protocol == "local-state-query") {
            first = command = pair.call(loc::AcquireState{{}, time});
        } else {
            first = command = pair.call(loc::AcquireMempool{time});
        }
        pair.net.run_for(1s);
        for (const n2c::Message& answer : place.answers) say(answer);
        if (place.answers.empty()) return;
        if (protocol == "local-state-query") command = pair.call(loc::QueryState{first, hex("01"), {}, time});
        if (protocol == "local-tx-monitor") command = pair.call(loc::AskMempool{first, question(), time});
        pair.net.run_for(1s);
    }
    void say(const n2c::Message& answer) {
        REQUIRE(pair.server.execute(loc_res::Answer{connection, answer}));
        pair.net.run_for(1s);
    }
    [[nodiscard]] loc::AskMempool::Question question() const {
        const std::string state = place.state;
        if (state == "Busy(NextTx)") return Monitor::NextTx{};
        if (state == "Busy(HasTx)") return Monitor::HasTx{};
        if (state == "Busy(GetSizes)") return Monitor::GetSizes{};
        if (state == "Busy(GetMeasures)") return Monitor::GetMeasures{};
        return Monitor::Acquire{};
    }
    /// The events that end the command.
    [[nodiscard]] std::vector<loc::Event> ends() const {
        auto all = outcomes(pair.client, command);
        std::erase_if(all, [](const loc::Event& event) {
            return std::holds_alternative<loc::Intersected>(event) || std::holds_alternative<loc::AtTip>(event);
        });
        return all;
    }
    [[nodiscard]] static Errc reason_of(const loc::Event& event) {
        if (const auto* failed = std::get_if<loc::Failed>(&event)) return failed->reason;
        if (const auto* unknown = std::get_if<loc::TxUnknown>(&event)) return unknown->reason;
        if (const auto* ended = std::get_if<loc::FollowEnded>(&event)) return ended->reason;
        return Errc::none;
    }
    /// What was sent to the mempool may be there.
    void check_kind() const {
        const bool submitted = std::string(place.protocol) == "local-tx-submission";
        CHECK(std::holds_alternative<loc::TxUnknown>(ends().at(0)) == submitted);
    }
    /// Every protocol still answers as it should.
    void check_usable() {
        pair.net.run_for(1s);
        CHECK(count<loc::Disconnected>(pair.client) == 0);
        if (!std::string(place.protocol).ends_with("query")) {
            const CommandId state = pair.call(loc::AcquireState{});
            pair.net.run_for(1s);
            say(LocalStateQuery::Acquired{});
            CHECK(std::holds_alternative<loc::StateAcquired>(outcomes(pair.client, state).at(0)));
        }
        if (!std::string(place.protocol).ends_with("submission")) {
            const CommandId tx = pair.call(loc::SubmitTx{some_tx});
            pair.net.run_for(1s);
            say(LocalTxSubmission::AcceptTx{});
            CHECK(std::holds_alternative<loc::TxAccepted>(outcomes(pair.client, tx).at(0)));
        }
    }

    const Place& place;
    ServerPair pair{loc_res::Config{}};
    ConnectionId connection{};
    CommandId first{}, command{};
};

/// The same command anew, once the answer that was late is there: it gets an answer of its own.
void check_again(There& there) {
    const std::string protocol = there.place.protocol;
    auto& pair = there.pair;
    const std::size_t asked = count<loc_res::Requested>(pair.server);
    CommandId again{};
    if (protocol == "local-chain-sync")
        again = pair.call(loc::Follow{});
    else if (protocol == "local-tx-submission")
        again = pair.call(loc::SubmitTx{some_tx});
    else if (protocol == "local-state-query" && there.place.answers.empty())
        again = pair.call(loc::AcquireState{});
    else if (protocol == "local-state-query")
        again = pair.call(loc::QueryState{there.first, hex("02")});
    else if (there.place.answers.empty())
        again = pair.call(loc::AcquireMempool{});
    else
        again = pair.call(loc::AskMempool{there.first, Monitor::HasTx{}});
    pair.net.run_for(1s);
    CHECK(count<loc_res::Requested>(pair.server) == asked);  // it waits for the late one
    there.say(there.place.late);
    if (std::string(there.place.state) == "CanAwait" || std::string(there.place.state) == "MustReply") {
        // Answers to all that was pipelined.
        const auto left = static_cast<std::uint64_t>(tip.block) - 1;
        for (std::uint64_t i = 0; i < left; ++i) {
            REQUIRE(pair.server.execute(loc_res::Answer{there.connection, there.place.late}));
            pair.net.run_for(100ms);
        }
    }
    CHECK(outcomes(pair.client, again).empty());
    pair.net.run_for(1s);
    const auto& request = last<loc_res::Requested>(pair.server).message;
    if (protocol == "local-chain-sync") {
        CHECK(request == n2c::Message(LocalChainSync::FindIntersect{{Point()}}));
        there.say(LocalChainSync::IntersectFound{Point(), tip});
    } else if (protocol == "local-tx-submission") {
        CHECK(request == n2c::Message(LocalTxSubmission::SubmitTx{some_tx}));
        there.say(LocalTxSubmission::AcceptTx{});
    } else if (protocol == "local-state-query" && there.place.answers.empty()) {
        CHECK(request == n2c::Message(LocalStateQuery::Acquire{}));  // behind a Release of the unwanted one
        there.say(LocalStateQuery::Acquired{});
    } else if (protocol == "local-state-query") {
        CHECK(request == n2c::Message(LocalStateQuery::Query{hex("02")}));
        there.say(LocalStateQuery::Answer{hex("03")});
    } else if (there.place.answers.empty()) {
        CHECK(request == n2c::Message::of<Monitor>(Monitor::Acquire{}));
        there.say(Monitor::Acquired{});
    } else {
        CHECK(request == n2c::Message(Monitor::HasTx{}));
        there.say(Monitor::ReplyHasTx{true});
    }
    CHECK(outcomes(pair.client, again).size() == 1);
    CHECK(There::reason_of(outcomes(pair.client, again).at(0)) == Errc::none);
}

}  // namespace

TEST_CASE("The places include every state with the node's agency", "[unit][behavior][local_initiator]") {
    std::size_t states = 0;
    const auto count_of = [&](const ProtocolTable& table) {
        for (const auto& row : table.states) {
            if (row.agency != Agency::responder) continue;
            ++states;
            CHECK(std::any_of(places().begin(), places().end(), [&](const Place& place) {
                return table.protocol == place.protocol && row.name == place.state;
            }));
        }
    };
    count_of(table_of<LocalChainSync>());
    count_of(table_of<LocalTxSubmission>());
    count_of(table_of<LocalStateQuery>());
    count_of(table_of<LocalTxMonitor>());
    CHECK(states == places().size() - 1);  // one is there twice, with a snapshot in hand
}

TEST_CASE("A node that dies causes exactly one error for each pending call", "[unit][behavior][local_initiator]") {
    const std::size_t index = GENERATE(range<std::size_t>(0, 12));
    const Place& place = places()[index];
    INFO(place.protocol << ", " << place.state);
    There there(place);
    CHECK(there.ends().empty());
    // And some behind it, of every protocol.
    std::vector<CommandId> others{there.pair.call(loc::SubmitTx{some_tx}), there.pair.call(loc::AcquireState{}),
                                  there.pair.call(loc::AcquireMempool{})};
    there.pair.net.lose(relay_id, node_id, Loss::reset);
    there.pair.net.run_for(1h);
    REQUIRE(there.ends().size() == 1);
    CHECK(There::reason_of(there.ends()[0]) == Errc::connection_reset);
    for (const CommandId other : others) {
        REQUIRE(outcomes(there.pair.client, other).size() == 1);
        CHECK(There::reason_of(outcomes(there.pair.client, other)[0]) == Errc::connection_reset);
    }
    CHECK(count<loc::Disconnected>(there.pair.client) == 1);
    CHECK(there.pair.client.behavior().node().calls == 0);
    CHECK(there.pair.client.behavior().idle());
}

TEST_CASE("A cancelled call ends at once, and a later answer to it is dropped", "[unit][behavior][local_initiator]") {
    const std::size_t index = GENERATE(range<std::size_t>(0, 12));
    const Place& place = places()[index];
    INFO(place.protocol << ", " << place.state);
    There there(place);
    there.pair.call(loc::Cancel{there.command});
    REQUIRE(there.ends().size() == 1);
    CHECK(There::reason_of(there.ends()[0]) == Errc::cancelled);
    there.check_kind();
    there.pair.call(loc::Cancel{there.command});
    there.check_usable();
    check_again(there);
    CHECK(there.ends().size() == 1);
    CHECK(count<loc::Disconnected>(there.pair.client) == 0);
}

TEST_CASE("A call at its time limit ends, and the connection stays", "[unit][behavior][local_initiator]") {
    const std::size_t index = GENERATE(range<std::size_t>(0, 12));
    const Place& place = places()[index];
    INFO(place.protocol << ", " << place.state);
    There there(place, 1min);
    CHECK(there.ends().empty());
    there.pair.net.run_for(50s);
    CHECK(there.ends().empty());
    there.pair.net.run_for(10s);
    // A chain that is followed has no time: only the way to it has.
    if (std::string(place.state) == "CanAwait" || std::string(place.state) == "MustReply") {
        CHECK(there.ends().empty());
        return;
    }
    REQUIRE(there.ends().size() == 1);
    CHECK(There::reason_of(there.ends()[0]) == Errc::deadline_passed);
    there.check_kind();
    there.check_usable();
    check_again(there);
    CHECK(there.ends().size() == 1);
}

TEST_CASE("A call cancelled while it waits for its turn is never sent", "[unit][behavior][local_initiator]") {
    ServerPair pair(loc_res::Config{});
    pair.call(loc::SubmitTx{some_tx});
    pair.call(loc::AcquireState{});
    pair.call(loc::AcquireMempool{});
    const std::vector<CommandId> behind{pair.call(loc::SubmitTx{some_tx}), pair.call(loc::AcquireState{}),
                                        pair.call(loc::AcquireMempool{})};
    pair.net.run_for(1s);
    for (const CommandId call : behind) {
        pair.call(loc::Cancel{call});
        CHECK(failure(pair.client, call) == Errc::cancelled);
    }
    const auto to = last<loc_res::PeerConnected>(pair.server).connection;
    REQUIRE(pair.server.execute(loc_res::Answer{to, LocalTxSubmission::AcceptTx{}}));
    REQUIRE(pair.server.execute(loc_res::Answer{to, LocalStateQuery::Acquired{}}));
    REQUIRE(pair.server.execute(loc_res::Answer{to, Monitor::Acquired{}}));
    pair.net.run_for(1s);
    CHECK(count<loc_res::Requested>(pair.server) == 3);
    CHECK(pair.client.behavior().node().calls == 0);
}

TEST_CASE("A broken rule ends the connection and is named", "[unit][behavior][local_initiator]") {
    struct Row {
        const char* name;
        std::uint16_t channel;
        std::string bytes;
        Errc rule;
        std::optional<Point> at{};
    };
    const std::string mid_chain = to_hex(raw::point(TestChain::made_up(7)));
    const std::string a_tip = to_hex(raw::tip(TestChain::made_up(9), 9));
    const std::vector<Row> rows{
        {"a verdict that was not requested", 6, "8101", Errc::unknown_protocol},
        {"a second verdict", 6, "81018101", Errc::none},  // unread until there is a transaction to judge
        {"a verdict where none is", 6, "8105", Errc::malformed},
        {"a result before the state", 7, "820401", Errc::out_of_turn},
        {"an intersection that was not asked for", 5, "8305" + mid_chain + a_tip, Errc::wrong_intersection,
         TestChain::made_up(7)},
        {"no intersection though the origin was asked for", 5, "8206" + a_tip, Errc::wrong_intersection},
        {"a roll-forward before the intersection", 5, "8302d81843820700" + a_tip, Errc::out_of_turn},
        {"a size where a transaction is to be", 9, "820a83010203", Errc::out_of_turn},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        SimulatedNetwork net;
        RawRelay node(net, relay_id);
        node.answer = raw::join({raw::array(3), raw::uint(1), raw::uint(0x8000 | 23), raw::bytes("821a2d964a09f4")});
        LocalClient& client = net.add<LocalInitiatorBehavior>(node_id, knowing_blocks());
        REQUIRE(client.execute(loc::Connect{relay_id}));
        REQUIRE(await<loc::Connected>(net, client));
        if (row.rule != Errc::unknown_protocol) {
            REQUIRE(client.execute(loc::SubmitTx{some_tx}));
            REQUIRE(client.execute(loc::AcquireState{}));
            REQUIRE(client.execute(loc::AcquireMempool{}));
            REQUIRE(client.execute(loc::Follow{}));
        }
        net.run_for(1s);
        node.send(row.channel, raw::bytes(row.bytes));
        net.run_for(1s);
        CHECK(count<loc::Disconnected>(client) == (row.rule == Errc::none ? 0 : 1));
        if (row.rule == Errc::none) continue;
        CHECK(last<loc::Disconnected>(client).reason == row.rule);
        CHECK(last<loc::Disconnected>(client).violation.rule == row.rule);
        CHECK(last<loc::Disconnected>(client).point == row.at);
        CHECK(client.behavior().node().calls == 0);
    }
}
