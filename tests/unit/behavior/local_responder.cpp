#include "unit/behavior/local_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

ByteVector proposal(std::uint64_t version, std::string_view magic = "1a2d964a09", bool query = false) {
    return raw::join({raw::array(2), raw::uint(0), raw::head(5, 1), raw::uint(version), raw::array(2),
                      raw::bytes(magic), raw::bytes(query ? "f5" : "f4")});
}

/// A client that speaks by hand, and has agreed.
struct Asked {
    explicit Asked(loc_res::Config config = {})
        : server(net.add<LocalResponderBehavior>(relay_id, std::move(config))), client(net, relay_id, false) {
        client.connection().send(0, false, proposal(0x8000 | 23));
        REQUIRE(net.run_until([&] { return !client.heard(0).empty(); }, 1s));
        connection = last<loc_res::PeerConnected>(server).connection;
    }
    void ask(std::uint16_t channel, const std::string& digits) {
        client.send(channel, raw::bytes(digits));
        net.run_for(1s);
    }
    template <class M>
    Errc say(M message) {
        const auto id = server.execute(loc_res::Answer{connection, n2c::Message(std::move(message))});
        net.run_for(1s);
        return id ? Errc::none : id.error();
    }
    [[nodiscard]] std::string heard(std::uint16_t channel) { return to_hex(client.heard(channel)); }

    SimulatedNetwork net;
    LocalServer& server;
    RawClient client;
    ConnectionId connection{};
};

}  // namespace

TEST_CASE("A client's requests come one at a time, and each legal answer reaches it",
          "[unit][behavior][local_responder]") {
    Asked a;
    a.ask(7, "8108820381018105");
    REQUIRE(count<loc_res::Requested>(a.server) == 1);  // the others stay unread
    CHECK(last<loc_res::Requested>(a.server).message == n2c::Message(LocalStateQuery::Acquire{}));
    CHECK(a.say(LocalStateQuery::Answer{hex("01")}) == Errc::not_our_turn);
    CHECK(a.say(LocalStateQuery::Acquired{}) == Errc::none);
    CHECK(a.heard(7) == "8101");
    CHECK(last<loc_res::Requested>(a.server).message == n2c::Message(LocalStateQuery::Query{hex("8101")}));
    CHECK(a.say(LocalStateQuery::Answer{hex("83010203")}) == Errc::none);
    CHECK(a.heard(7) == "8101820483010203");
    CHECK(last<loc_res::Requested>(a.server).message == n2c::Message(LocalStateQuery::Release{}));
    CHECK(a.say(LocalStateQuery::Acquired{}) == Errc::not_our_turn);

    a.ask(5, "8100");
    CHECK(a.say(LocalChainSync::AwaitReply{}) == Errc::none);
    CHECK(a.say(LocalChainSync::RollBackward{}) == Errc::none);
    CHECK(a.heard(5) == "8101830380828000");
    a.ask(6, "820082064584a0a0f5f6");
    CHECK(count<loc_res::PeerDisconnected>(a.server) == 1);  // that transaction is not wrapped
    CHECK(last<loc_res::PeerDisconnected>(a.server).reason == Errc::malformed);
    CHECK(a.say(LocalTxSubmission::AcceptTx{}) == Errc::unknown_peer);
}

TEST_CASE("A client that breaks a rule is disconnected", "[unit][behavior][local_responder]") {
    struct Row {
        std::uint16_t channel;
        const char* digits;
        Errc rule;
    };
    for (const Row& row :
         {Row{7, "82038101", Errc::out_of_turn}, Row{9, "8105", Errc::out_of_turn}, Row{6, "8101", Errc::out_of_turn},
          Row{5, "8101", Errc::out_of_turn}, Row{7, "8109", Errc::out_of_turn}, Row{2, "8100", Errc::unknown_protocol},
          Row{0, "8100", Errc::unknown_protocol}}) {
        INFO(row.channel << ": " << row.digits);
        Asked a;
        a.ask(row.channel, row.digits);
        REQUIRE(count<loc_res::PeerDisconnected>(a.server) == 1);
        CHECK(last<loc_res::PeerDisconnected>(a.server).reason == row.rule);
        CHECK(count<loc_res::Requested>(a.server) == 0);
        CHECK(a.server.behavior().counters().violations == 1);
    }
}

TEST_CASE("A proposal gets the right answer", "[unit][behavior][local_responder]") {
    SimulatedNetwork net;
    LocalServer& server = net.add<LocalResponderBehavior>(relay_id, loc_res::Config{});
    RawClient client(net, relay_id, false);
    std::string answer;
    SECTION("a known version") {
        client.send(0, proposal(0x8000 | 16));
        answer = "8301198010821a2d964a09f4";
        net.run_for(1s);
        CHECK(count<loc_res::PeerInitialized>(server) == 1);
        net.run_for(1h);
        CHECK(client.connection().open());
    }
    SECTION("a node-to-node version") {
        client.send(0, raw::propose());
        net.run_for(1s);
        const auto refused = last<loc_res::PeerRefused>(server);
        CHECK(refused.error == Errc::version_mismatch);
        CHECK(to_string(refused) ==
              "no common version: the peer offers version 14, 15; we know 16, 17, 18, 19, 20, 21, 22, 23");
        answer = "8202820088198010198011198012198013198014198015198016198017";
    }
    SECTION("another network") {
        client.send(0, proposal(0x8000 | 16, "01"));
        net.run_for(1s);
        CHECK(last<loc_res::PeerRefused>(server).error == Errc::magic_mismatch);
        answer = to_hex(client.heard(0));
        CHECK(answer.starts_with("8202830219801078"));
    }
    SECTION("a query") {
        client.send(0, proposal(0x8000 | 16, "1a2d964a09", true));
        net.run_for(1s);
        answer = to_hex(client.heard(0));
        CHECK(answer.starts_with("8203a8198010"));
    }
    SECTION("a malformed one") {
        net.run_for(11s);
        CHECK(last<loc_res::PeerDisconnected>(server).reason == Errc::state_timeout);
        CHECK(last<loc_res::PeerDisconnected>(server).violation.protocol == "handshake");
    }
    CHECK(to_hex(client.heard(0)) == answer);
}

TEST_CASE("A client that does not read is not served ahead", "[unit][behavior][local_responder]") {
    loc_res::Config config;
    config.chain = std::make_shared<TestChain>(2'000, 10'000);
    Asked a(config);
    a.client.connection().pause(true);
    a.client.send(5, raw::repeat(raw::request_next, 2'000));
    a.net.run_for(1min);
    const auto served = a.server.behavior().counters().blocks;
    // What the machines between hold, and what is queued: a quarter, and a whole mebibyte, and a block.
    CHECK(served <= (256 * 1024 + (1U << 20)) / 10'000 + 3);
    CHECK(served >= 100);
    a.client.connection().pause(false);
    a.net.run_for(1min);
    CHECK(a.server.behavior().counters().blocks == 1'999);
}

TEST_CASE("A stopped server closes its clients' connections in order and accepts no more",
          "[unit][behavior][local_responder]") {
    ServerPair pair(loc_res::Config{});
    pair.server.stop();
    pair.net.run_for(10s);
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::closed_by_peer);
    CHECK(last<loc_res::PeerDisconnected>(pair.server).reason == Errc::stopped);
    CHECK(pair.server.behavior().idle());
    CHECK(pair.server.execute(loc_res::ChainChanged{}).error() == Errc::stopped);
}

TEST_CASE("Informative events that are not taken are dropped and counted, but requests never are",
          "[unit][behavior][local_responder]") {
    loc_res::Config config;
    config.max_events = 1;
    SimulatedNetwork net;
    LocalServer& server = net.add<LocalResponderBehavior>(relay_id, config);
    server.attend(false);
    LocalClient& client = net.add<LocalInitiatorBehavior>(node_id, loc::Config{});
    REQUIRE(client.execute(loc::Connect{relay_id}));
    REQUIRE(client.execute(loc::AcquireState{}));
    net.run_for(1s);
    CHECK(server.behavior().counters().events_dropped == 1);
    CHECK(std::holds_alternative<loc_res::PeerConnected>(*server.poll_event()));
    CHECK(std::holds_alternative<loc_res::Requested>(*server.poll_event()));
    REQUIRE(server.behavior().peers().size() == 1);
    CHECK(server.behavior().peers()[0].agreement);
}

TEST_CASE("Untaken requests have a limit, however clients come and go", "[unit][behavior][local_responder]") {
    loc_res::Config config;
    config.max_events = 5;
    SimulatedNetwork net;
    LocalServer& server = net.add<LocalResponderBehavior>(relay_id, config);
    server.attend(false);
    for (std::uint16_t port = 1; port <= 20; ++port) {
        const PeerId from = PeerId::from_parts("client.example", port);
        LocalClient& client = net.add<LocalInitiatorBehavior>(from, loc::Config{});
        REQUIRE(client.execute(loc::Connect{relay_id}));
        REQUIRE(client.execute(loc::AcquireState{}));
        net.run_for(1s);
        client.stop();
        net.run_for(10s);
    }
    std::size_t events = 0;
    while (server.poll_event()) ++events;
    CHECK(events >= 5);
    CHECK(events <= 6);
    CHECK(server.behavior().counters().connections + server.behavior().counters().rejected == 20);
    CHECK(server.behavior().counters().rejected > 0);
}

TEST_CASE("A mock node answers the queries of its script and ends the connection for others",
          "[unit][emulation][mock_node]") {
    MockScript script;
    script.answers = {{hex("01"), hex("02")}};
    std::vector<Bytes> asked;
    script.answer = [&](const Point& at, const Bytes& query) -> std::optional<Bytes> {
        asked.push_back(query);
        CHECK(at.is_origin());
        if (query == hex("03")) return hex("04");
        return std::nullopt;
    };
    MockPair pair(script);
    const CommandId state = pair.call(loc::AcquireState{});
    REQUIRE(await<loc::StateAcquired>(pair.net, pair.client));
    const auto result = [&](const Bytes& query) {
        return std::get<loc::StateAnswered>(pair.ask(loc::QueryState{state, query})).result;
    };
    CHECK(result(hex("01")) == hex("02"));
    CHECK(result(hex("03")) == hex("04"));
    CHECK(result(n2c::query::chain_point()) == hex("80"));
    CHECK(result(n2c::query::chain_block_number()) == hex("8100"));
    CHECK(asked.size() == 3);
    CHECK(std::get<loc::Failed>(pair.ask(loc::QueryState{state, hex("05")})).reason == Errc::closed_by_peer);
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::closed_by_peer);
}

TEST_CASE("A mock node leaves held requests to its user and reports all requests", "[unit][emulation][mock_node]") {
    MockScript script;
    script.holds = [](const n2c::Message& request) { return request.as<LocalTxSubmission>() != nullptr; };
    MockPair pair(script);
    const CommandId tx = pair.call(loc::SubmitTx{some_tx});
    const CommandId state = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    CHECK(outcomes(pair.client, tx).empty());
    CHECK(outcomes(pair.client, state).size() == 1);
    CHECK(count<loc_res::Requested>(pair.server) == 2);
    const auto to = last<loc_res::PeerConnected>(pair.server).connection;
    REQUIRE(pair.server.execute(loc_res::Answer{to, LocalTxSubmission::AcceptTx{}}));
    pair.net.run_for(1s);
    CHECK(outcomes(pair.client, tx).size() == 1);
}

TEST_CASE("A mock node's mempool can be replaced, and clients that wait for a change are answered",
          "[unit][emulation][mock_node]") {
    MockPair pair(MockScript{});
    const CommandId mempool = pair.call(loc::AcquireMempool{});
    pair.net.run_for(1s);
    const CommandId change = pair.call(loc::AskMempool{mempool, LocalTxMonitor::Acquire{}});
    pair.net.run_for(1s);
    MockMempool full;
    full.slot = Slot{9};
    full.capacity = 1'000;
    full.entries = {{id_of(some_tx), some_tx}};
    REQUIRE(pair.server.execute(SetMempool{full}));
    pair.net.run_for(1s);
    CHECK(std::get<loc::MempoolAcquired>(outcomes(pair.client, change).at(0)).slot == Slot{9});
    const auto sizes = pair.ask(loc::AskMempool{mempool, LocalTxMonitor::GetSizes{}});
    CHECK(std::get<loc::MempoolAnswered>(sizes).answer ==
          loc::MempoolAnswered::Answer(
              LocalTxMonitor::ReplyGetSizes{1'000, static_cast<std::uint32_t>(wire_size(some_tx)), 1}));
    CHECK(pair.server.behavior().mempool().slot == Slot{9});
    pair.server.stop();
    CHECK(!pair.server.execute(SetMempool{}));
}
