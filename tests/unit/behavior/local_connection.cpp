#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

loc::Config trying(std::uint32_t tries = 0) {
    loc::Config config = knowing_blocks();
    config.reconnect = loc::Reconnect{1s, 8s, tries};
    return config;
}

const PeerId absent_id = PeerId::from_parts("absent.example", 3009);

/// A client on its own, whose dials meet what the test says.
struct Alone {
    explicit Alone(Reach reach, loc::Config config = {})
        : client(net.add<LocalInitiatorBehavior>(node_id, std::move(config))) {
        net.reach(absent_id, reach);
        connection = *client.execute(loc::Connect{absent_id});
    }
    SimulatedNetwork net;
    LocalClient& client;
    CommandId connection{};
};

}  // namespace

TEST_CASE("A client and a node agree on the highest version in common", "[unit][behavior][local_initiator]") {
    const auto highest = GENERATE(range<std::uint64_t>(16, 24));
    MockScript script;
    script.offer.versions.clear();
    for (std::uint64_t number = 16; number <= highest; ++number) script.offer.versions.push_back(n2c::version(number));
    MockPair pair(script);
    CHECK(last<loc::Connected>(pair.client).agreement.version == n2c::version(highest));
    CHECK(last<loc::Connected>(pair.client).command == pair.connection);
    CHECK(pair.client.behavior().node().stage == loc::Stage::ready);
    CHECK(pair.refused(loc::Connect{relay_id}) == Errc::busy);
}

TEST_CASE("A version query returns the node's versions and ends the connection", "[unit][behavior][local_initiator]") {
    loc::Config config = trying();
    config.offer.data.query = true;
    MockPair pair(MockScript{}, config, false);
    pair.call(loc::Connect{relay_id});
    pair.net.run_for(1min);
    CHECK(last<loc::VersionsAnswered>(pair.client).versions.entries().size() == n2c::versions.size());
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::query_answered);
    CHECK(count<loc::Disconnected>(pair.client) == 1);
    CHECK(count<loc::Connected>(pair.client) == 0);
}

TEST_CASE("Without agreement there is a reason and no second try", "[unit][behavior][local_initiator]") {
    MockScript script;
    Errc reason{};
    SECTION("another network") {
        script.offer.data.magic = preprod;
        reason = Errc::magic_mismatch;
    }
    SECTION("no version in common") {
        script.offer.versions = {Version{0x8000 | 15}};
        reason = Errc::version_mismatch;
    }
    MockPair pair(script, trying(), false);
    const CommandId connection = pair.call(loc::Connect{relay_id});
    const CommandId call = pair.call(loc::SubmitTx{some_tx});
    pair.net.run_for(1min);
    REQUIRE(count<loc::Disconnected>(pair.client) == 1);
    const auto end = last<loc::Disconnected>(pair.client);
    CHECK(end.command == connection);
    CHECK(end.reason == reason);
    CHECK(end.refusal);
    CHECK(!end.retry_at);
    CHECK(failure(pair.client, call) == reason);
    CHECK(count<loc_res::PeerConnected>(pair.server) == 1);
    CHECK(pair.client.behavior().node().stage == loc::Stage::idle);
}

TEST_CASE("A call without a connection is refused at once", "[unit][behavior][local_initiator]") {
    MockPair pair(MockScript{}, knowing_blocks(), false);
    CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::not_connected);
    CHECK(pair.refused(loc::AcquireState{}) == Errc::not_connected);
    CHECK(pair.refused(loc::AcquireMempool{}) == Errc::not_connected);
    CHECK(pair.refused(loc::Follow{}) == Errc::not_connected);
    CHECK(pair.refused(loc::Connect{}) == Errc::bad_argument);
    CHECK(pair.client.behavior().node().calls == 0);
}

TEST_CASE("A missing node is reported once and dialled again only with a policy", "[unit][behavior][local_initiator]") {
    SECTION("it refuses") {
        Alone alone(Reach::refuses);
        alone.net.run_for(1h);
        CHECK(count<loc::Disconnected>(alone.client) == 1);
        CHECK(last<loc::Disconnected>(alone.client).reason == Errc::connect_failed);
    }
    SECTION("it says nothing") {
        Alone alone(Reach::silent);
        const Instant start = alone.net.now();
        REQUIRE(await<loc::Disconnected>(alone.net, alone.client, 1min));
        CHECK(last<loc::Disconnected>(alone.client).reason == Errc::connect_timeout);
        CHECK(alone.net.now() - start <= 10s);
    }
    SECTION("some tries") {
        Alone alone(Reach::refuses, trying(3));
        alone.net.run_for(1h);
        const auto ends = told<loc::Disconnected>(alone.client);
        REQUIRE(ends.size() == 4);
        for (std::size_t i = 0; i < 4; ++i) CHECK(ends[i].retry_at.has_value() == (i < 3));
        CHECK(*ends[1].retry_at - *ends[0].retry_at > 1s);
        CHECK(*ends[2].retry_at - *ends[1].retry_at > *ends[1].retry_at - *ends[0].retry_at);
    }
    SECTION("any number of tries, within a time") {
        loc::Config config = trying();
        config.call_timeout = 100s;
        Alone alone(Reach::refuses, config);
        alone.net.run_for(1h);
        CHECK(last<loc::Disconnected>(alone.client).reason == Errc::deadline_passed);
        CHECK(count<loc::Disconnected>(alone.client) > 10);  // never more than eight seconds apart
        CHECK(!last<loc::Disconnected>(alone.client).retry_at);
    }
}

TEST_CASE("A node that accepts the connection and sends nothing has a time limit",
          "[unit][behavior][local_initiator]") {
    SimulatedNetwork net;
    net.script(relay_id);
    LocalClient& client = net.add<LocalInitiatorBehavior>(node_id, loc::Config{});
    REQUIRE(client.execute(loc::Connect{relay_id}));
    REQUIRE(await<loc::Disconnected>(net, client, 1min));
    CHECK(last<loc::Disconnected>(client).reason == Errc::state_timeout);
    CHECK(last<loc::Disconnected>(client).violation.protocol == "handshake");
}

TEST_CASE("A lost connection is noticed without a call, and is not made again", "[unit][behavior][local_initiator]") {
    MockPair pair(MockScript{});
    pair.net.lose(relay_id, node_id, Loss::reset);
    pair.net.run_for(1h);
    REQUIRE(count<loc::Disconnected>(pair.client) == 1);
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::connection_reset);
    CHECK(!last<loc::Disconnected>(pair.client).retry_at);
    CHECK(count<loc::Connected>(pair.client) == 1);
    CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::not_connected);
    CHECK(pair.refused(loc::Connect{relay_id}) == Errc::none);
    pair.net.run_for(1s);
    CHECK(count<loc::Connected>(pair.client) == 2);
}

TEST_CASE("With a policy the connection is made again, and then unsent calls are sent",
          "[unit][behavior][local_initiator]") {
    ServerPair pair(loc_res::Config{}, trying());
    const CommandId sent = pair.call(loc::SubmitTx{some_tx});
    const CommandId kept = pair.call(loc::SubmitTx{some_tx});
    const CommandId acquire = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    pair.net.lose(relay_id, node_id, Loss::reset);
    pair.net.run_for(10s);
    CHECK(count<loc::Connected>(pair.client) == 2);
    CHECK(last<loc::Connected>(pair.client).command == pair.connection);
    CHECK(last<loc::TxUnknown>(pair.client).command == sent);
    CHECK(outcomes(pair.client, kept).empty());
    CHECK(outcomes(pair.client, acquire).empty());
    CHECK(count<loc_res::Requested>(pair.server) == 4);  // each of the two protocols, over each connection
    CHECK(pair.client.behavior().node().calls == 2);
}

TEST_CASE("A disconnect of ours ends the connection with all pending calls", "[unit][behavior][local_initiator]") {
    ServerPair pair(loc_res::Config{}, trying());
    const CommandId tx = pair.call(loc::SubmitTx{some_tx});
    const CommandId later = pair.call(loc::SubmitTx{some_tx});
    const CommandId acquire = pair.call(loc::AcquireState{});
    const CommandId follow = pair.call(loc::Follow{});
    pair.net.run_for(1s);
    Errc reason{};
    SECTION("Disconnect") {
        pair.call(loc::Disconnect{});
        reason = Errc::disconnected;
        CHECK(pair.refused(loc::AcquireState{}) == Errc::not_connected);
    }
    SECTION("Cancel of the connection") {
        pair.call(loc::Cancel{pair.connection});
        reason = Errc::cancelled;
    }
    SECTION("stop") {
        pair.client.stop();
        reason = Errc::stopped;
        CHECK(pair.refused(loc::AcquireState{}) == Errc::stopped);
    }
    pair.net.run_for(1min);
    CHECK(std::get<loc::TxUnknown>(outcomes(pair.client, tx).at(0)).reason == reason);
    CHECK(failure(pair.client, later) == reason);
    CHECK(failure(pair.client, acquire) == reason);
    CHECK(std::get<loc::FollowEnded>(outcomes(pair.client, follow).at(0)).reason == reason);
    CHECK(last<loc::Disconnected>(pair.client).reason == reason);
    CHECK(count<loc::Disconnected>(pair.client) == 1);
    CHECK(pair.client.behavior().idle());
    CHECK(pair.client.behavior().node().calls == 0);
}

TEST_CASE("A disconnect of ours also ends a wait for the next try", "[unit][behavior][local_initiator]") {
    Alone alone(Reach::refuses, trying());
    const auto call = alone.client.execute(loc::AcquireState{{}, Duration::max()});
    REQUIRE(call);
    alone.net.run_for(30s);
    CHECK(alone.client.behavior().node().stage == loc::Stage::waiting);
    REQUIRE(alone.client.execute(loc::Disconnect{}));
    CHECK(last<loc::Disconnected>(alone.client).reason == Errc::disconnected);
    CHECK(failure(alone.client, *call) == Errc::disconnected);
    const auto before = count<loc::Disconnected>(alone.client);
    alone.net.run_for(1h);
    CHECK(count<loc::Disconnected>(alone.client) == before);
}

TEST_CASE("The number of waiting calls has a limit", "[unit][behavior][local_initiator]") {
    loc::Config config = knowing_blocks();
    config.max_calls = 10;
    ServerPair pair(loc_res::Config{}, config);
    for (int i = 0; i < 10; ++i) CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::none);
    CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::queue_full);
    CHECK(pair.refused(loc::AcquireState{}) == Errc::queue_full);
    pair.client.attend(false);
    pair.net.run_for(2min);  // their times are over, and the outcomes were not taken
    CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::queue_full);
    pair.client.attend(true);
    CHECK(pair.refused(loc::SubmitTx{some_tx}) == Errc::none);
}

TEST_CASE("A disconnect of ours also applies while the connection is closing for another reason",
          "[unit][behavior][local_initiator]") {
    LocalInitiatorBehavior behavior(trying());
    const Instant now{1h};
    const auto execute = [&](loc::Command command) { REQUIRE(behavior.execute(command, now)); };
    const auto fact = [&](auto event) { behavior.handle_io(InterfaceEvent<n2c::Message>(std::move(event)), now); };
    execute(loc::Connect{relay_id});
    const auto connection = std::get<io::Connect>(*behavior.poll_command()).connection;
    fact(io::Connected{connection, relay_id});
    // A node does not dial its clients.
    fact(io::Recv<n2c::Message>{connection, relay_id, Role::initiator, n2c::Message(Handshake::ProposeVersions{}), 3});
    CHECK(behavior.node().stage == loc::Stage::closing);
    execute(loc::Disconnect{});
    fact(io::Disconnected{connection, relay_id, Errc::out_of_turn});
    const auto end = std::get<loc::Disconnected>(*behavior.poll_event());
    CHECK(end.reason == Errc::out_of_turn);
    CHECK(!end.retry_at);
    CHECK(behavior.node().stage == loc::Stage::idle);
}
