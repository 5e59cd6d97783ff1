#include "unit/behavior/node_cast.hpp"

using namespace cast;

TEST_CASE("A dialled connection is also served on if both ends have agreed to it", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == State::outbound_dup_idle);
    CHECK(state(*pair.far, node_id) == State::inbound_dup);
    CHECK(!last<ini::PeerInitialized>(*pair.near).agreement.data.initiator_only);
    CHECK(count<res::PeerInitialized>(*pair.near) == 1);  // its own serving side
    CHECK(last<res::PeerInitialized>(*pair.near).peer == relay_id);
    CHECK(count<res::PeerInitialized>(*pair.far) == 1);
    CHECK(count<ini::PeerInitialized>(*pair.far) == 0);

    pair.net.run_for(5s);
    CHECK(state(*pair.near, relay_id) == State::outbound_dup);  // the peer has not begun, and may all the same
    const auto near = pair.near->behavior().counters();
    CHECK(near.duplex == 1);
    CHECK(near.outbound == 1);
    CHECK(near.inbound == 0);
    const auto far = pair.far->behavior().counters();
    CHECK(far.duplex == 1);
    CHECK(far.inbound == 1);
    CHECK(far.outbound == 0);
}

TEST_CASE("A connected peer is not dialled, and both directions of its connection are used", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    CHECK(pair.net.figures().dials == 1);
    CHECK(pair.net.connections() == 2);  // one, seen from both ends
    CHECK(pair.far->behavior().counters().reused == 1);
    CHECK(pair.near->behavior().counters().full_duplex == 1);
    CHECK(pair.far->behavior().counters().full_duplex == 1);

    for (Both* node : {pair.near, pair.far}) {
        REQUIRE(node->execute(ini::StartSync{}));
        REQUIRE(node->execute(ini::RequestBlocks{pair.chain->at(1), pair.chain->at(20)}));
    }
    pair.net.run_for(2s);
    for (const Both* node : {pair.near, pair.far}) {
        CHECK(count<ini::RollForward>(*node) == 20);
        CHECK(count<ini::AtTip>(*node) == 1);
        CHECK(count<ini::BlockReceived>(*node) == 20);
        CHECK(count<ini::RangeDone>(*node) == 1);
        CHECK(node->behavior().responder().counters().headers == 20);
        CHECK(node->behavior().responder().counters().blocks == 20);
    }
    pair.net.run_for(5min);
    CHECK(pair.net.figures().dials == 1);
    CHECK(pair.net.connections() == 2);
}

TEST_CASE("If one end does not serve, a connection is one-way", "[unit][behavior][node]") {
    TwoNodes pair;
    Initiator& follower = pair.net.add<InitiatorBehavior>(other_id, knowing());
    REQUIRE(follower.execute(ini::IncludePeer{relay_id}));
    pair.net.run_for(1s);
    const auto far = pair.far->behavior().counters();
    CHECK(far.unidirectional == 1);
    CHECK(far.duplex == 0);
    CHECK(pair.far->behavior().peers().front().state == State::inbound_uni);
    CHECK(pair.far->behavior().peers().front().agreement->data.initiator_only);

    // And the other way round: a relay that does not follow.
    res::Config config = serving(pair.chain);
    config.offer.data.initiator_only = true;
    pair.net.add<ResponderBehavior>(raw_id, config);
    pair.include(*pair.near, raw_id);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, raw_id) == State::outbound_uni);
    CHECK(count<res::PeerInitialized>(*pair.near) == 0);
    pair.demote(*pair.near, raw_id);
    pair.net.run_for(10s);
    CHECK(state(*pair.near, raw_id) == State::terminating);
    CHECK(pair.near->connections().empty());
}

TEST_CASE("Two nodes that dial each other at once have one connection", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    CHECK(pair.net.figures().dials == 2);
    CHECK(pair.net.figures().simultaneous == 1);
    CHECK(pair.net.connections() == 2);
    for (Both* node : {pair.near, pair.far}) {
        CHECK(node->behavior().peers().size() == 1);
        CHECK(node->behavior().counters().full_duplex == 1);
        CHECK(count<ini::PeerInitialized>(*node) == 1);
        CHECK(count<res::PeerInitialized>(*node) == 1);
        REQUIRE(node->execute(ini::StartSync{}));
    }
    CHECK(last<ini::PeerInitialized>(*pair.near).agreement == last<ini::PeerInitialized>(*pair.far).agreement);
    pair.net.run_for(5min);
    for (const Both* node : {pair.near, pair.far}) CHECK(count<ini::RollForward>(*node) == 20);
    CHECK(pair.net.figures().dials == 2);
}

TEST_CASE("A command for a peer that has just connected waits for the handshake", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    REQUIRE(pair.net.run_until([&] { return state(*pair.far, node_id) == State::unnegotiated_in; }, 1s));
    pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    CHECK(pair.net.figures().dials == 1);
    CHECK(state(*pair.far, node_id) == State::duplex);
    CHECK(count<ini::PeerInitialized>(*pair.far) == 1);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
}

TEST_CASE("A command that waits for a failed handshake continues with a dial", "[unit][behavior][node]") {
    TwoNodes pair(20, [](node::Config& config) { config.time_wait = {}; });
    ScriptedPeer& mute = pair.net.script(raw_id);
    const SocketPtr socket = pair.net.world().dial(raw_id, relay_id, true);
    pair.net.run_for(1s);
    REQUIRE(state(*pair.far, raw_id) == State::unnegotiated_in);
    pair.include(*pair.far, raw_id);
    CHECK(pair.net.figures().dials == 1);
    pair.net.run_for(9s);
    CHECK(mute.connections().empty());
    pair.net.run_for(1s);  // the ten seconds of the handshake are over
    CHECK(last<res::PeerDisconnected>(*pair.far).reason == Errc::state_timeout);
    CHECK(mute.connections().size() == 1);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
}

TEST_CASE("A waiting command can be cancelled and has one outcome", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    REQUIRE(pair.net.run_until([&] { return state(*pair.far, node_id) == State::unnegotiated_in; }, 1s));
    pair.include(*pair.far, node_id);
    pair.demote(*pair.far, node_id);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 1);
    CHECK(last<ini::PeerDisconnected>(*pair.far).reason == Errc::demoted);
    pair.net.run_for(10s);
    CHECK(count<ini::PeerInitialized>(*pair.far) == 0);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 1);
    CHECK(state(*pair.far, node_id) == State::inbound_dup);
}

TEST_CASE("An inbound connection replaces a dial to the same address", "[unit][behavior][node]") {
    // As it happens where the dial could not come from the address that is listened at.
    const Instant now{1h};
    NodeBehavior node(both_ways(std::make_shared<TestChain>(5)));
    const auto dispatched = [&](const auto& is) {
        std::size_t count = 0;
        while (const auto command = node.poll_command()) count += is(*command) ? 1 : 0;
        return count;
    };
    NodeBehavior::Command include = ini::IncludePeer{raw_id};
    REQUIRE(node.execute(include, now));
    const auto dial = node.poll_command();
    REQUIRE(dial);
    const ConnectionId ours = std::get<io::Connect>(*dial).connection;
    const ConnectionId theirs = make_connection_id(Direction::inbound, 1);
    const bool answered = GENERATE(false, true);  // whether the dial has an answer when it is taken back

    node.handle_io(io::Connected{theirs, raw_id}, now);
    CHECK(dispatched([&](const auto& command) {
              const auto* end = std::get_if<io::Disconnect>(&command);
              return end && end->connection == ours && end->reason == Errc::connection_exists;
          }) == 1);
    if (answered) node.handle_io(io::Connected{ours, raw_id}, now);
    node.handle_io(io::Disconnected{ours, raw_id, Errc::connection_exists, {}, {}}, now);
    CHECK(node.peers().size() == 1);
    CHECK(node.peers().front().state == State::unnegotiated_in);

    const VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};
    node.handle_io(io::Recv<n2n::Message>{theirs, raw_id, Role::responder,
                                          n2n::Message(Handshake::ProposeVersions{offer.table()}), 23},
                   now);
    CHECK(node.peers().front().state == State::outbound_dup_idle);
    std::size_t ups = 0, downs = 0;
    while (const auto event = node.poll_event()) {
        ups += std::holds_alternative<ini::PeerInitialized>(*event) ? 1 : 0;
        downs += std::holds_alternative<ini::PeerDisconnected>(*event) ? 1 : 0;
    }
    CHECK(ups == 1);
    CHECK(downs == 0);

    // The answer to the handshake goes before the first ping.
    std::vector<Channel> sent;
    while (const auto command = node.poll_command())
        if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
            CHECK(send->connection == theirs);
            sent.push_back(send->message.channel());
        }
    CHECK(sent == std::vector{Handshake::channel, KeepAlive::channel});
}

TEST_CASE("Above the limit of inbound connections some are closed, those used in both directions last",
          "[unit][behavior][node]") {
    TwoNodes pair(5, [](node::Config& config) { config.inbound_limit = 2; });
    pair.join();
    std::vector<Initiator*> followers;
    for (std::uint16_t port = 1; port <= 3; ++port) {
        auto& follower = pair.net.add<InitiatorBehavior>(PeerId::from_parts("follower.example", port), knowing());
        REQUIRE(follower.execute(ini::IncludePeer{relay_id}));
        followers.push_back(&follower);
    }
    pair.net.run_for(2s);
    CHECK(pair.far->behavior().counters().inbound == 2);
    CHECK(pair.far->behavior().counters().pruned >= 2);
    CHECK(state(*pair.far, node_id) == State::duplex);
    CHECK(count<ini::PeerDisconnected>(*pair.near) == 0);
    std::size_t told = 0;
    for (const auto& end : cast::told<res::PeerDisconnected>(*pair.far))
        told += end.reason == Errc::too_many_peers ? 1 : 0;
    CHECK(told == pair.far->behavior().counters().pruned);
}

TEST_CASE("A stopped node ends every connection in both directions", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    REQUIRE(pair.near->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    pair.near->stop();
    pair.net.run_for(2s);  // before the other one tries again
    CHECK(pair.near->behavior().idle());
    CHECK(!pair.near->execute(ini::IncludePeer{relay_id}));
    CHECK(count<ini::PeerDisconnected>(*pair.near) == 1);
    CHECK(count<res::PeerDisconnected>(*pair.near) == 1);
    CHECK(last<ini::SyncEnded>(*pair.near).reason == Errc::stopped);
    CHECK(count<ini::PeerDisconnected>(*pair.far) >= 1);
    pair.far->stop();
    pair.net.run_for(10s);
    CHECK(pair.far->behavior().idle());
    CHECK(pair.net.connections() == 0);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("A refused command stays unchanged, and no two commands share a number", "[unit][behavior][node]") {
    TwoNodes pair;
    NodeBehavior behavior(both_ways(pair.chain));
    NodeBehavior::Command command = res::ProvideBlocks{make_connection_id(Direction::inbound, 7), {Bytes(), Bytes()}};
    const auto refused = behavior.execute(command, Instant{1h});
    CHECK(!refused);
    CHECK(refused.error() == Errc::unknown_peer);
    CHECK(std::get<res::ProvideBlocks>(command).blocks.size() == 2);
    NodeBehavior::Command sync = ini::StartSync{};
    NodeBehavior::Command housekeeping = res::Housekeeping{};
    const auto ours = behavior.execute(sync, Instant{1h});
    const auto theirs = behavior.execute(housekeeping, Instant{1h});
    REQUIRE(ours);
    REQUIRE(theirs);
    CHECK(*ours != *theirs);
}
