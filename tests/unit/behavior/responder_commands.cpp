#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay whose user answers by command, and a client that speaks by hand.
struct Asked {
    Asked() : relay(net.add<ResponderBehavior>(relay_id, res::Config{})), client(net, relay_id) {
        connection = last<res::PeerConnected>(relay).connection;
    }
    ByteVector more(std::uint16_t channel) {
        net.run_for(1s);
        const ByteVector all = client.heard(channel);
        ByteVector fresh(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end());
        seen = all.size();
        return fresh;
    }
    template <class C>
    Errc say(C command) {
        const auto id = relay.execute(std::move(command));
        return id ? Errc::none : id.error();
    }
    Errc answer(n2n::Message message) { return say(res::Answer{connection, std::move(message)}); }

    SimulatedNetwork net;
    Responder& relay;
    RawClient client;
    ConnectionId connection{};
    std::size_t seen = 0;
};

const Point p1 = TestChain::made_up(1);
const Point p2 = TestChain::made_up(2);
const Tip tip{p2, BlockNumber{2}};
const ByteVector tip_bytes = raw::tip(p2, 2);
const Header header = TestChain::header_of(TestChain::made_up(2));

}  // namespace

TEST_CASE("Without a chain the user answers, and every legal answer reaches the peer", "[unit][behavior][responder]") {
    Asked a;
    a.client.send(2, raw::find_intersect({p1, p2}));
    REQUIRE(await_request<ChainSync::FindIntersect>(a.net, a.relay));
    CHECK(last_request<ChainSync::FindIntersect>(a.relay).connection == a.connection);
    CHECK(last_request<ChainSync::FindIntersect>(a.relay).message.points == std::vector<Point>{p1, p2});
    CHECK(a.answer(ChainSync::IntersectFound{p1, tip}) == Errc::none);
    CHECK(a.more(2) == raw::intersect_found(p1, tip_bytes));

    a.client.send(2, raw::find_intersect({p1}));
    a.net.run_for(1s);
    CHECK(a.answer(ChainSync::IntersectNotFound{tip}) == Errc::none);
    CHECK(a.more(2) == raw::intersect_not_found(tip_bytes));

    a.client.send(2, raw::repeat(raw::request_next, 4));
    a.net.run_for(1s);
    CHECK(requests<ChainSync::RequestNext>(a.relay) == 1);  // the others stay unread
    CHECK(a.answer(ChainSync::RollBackward{p1, tip}) == Errc::none);
    CHECK(a.more(2) == raw::roll_backward(p1, tip_bytes));
    CHECK(a.answer(ChainSync::RollForward{header, tip}) == Errc::none);
    CHECK(a.more(2) == raw::roll_forward(header.cbor, tip_bytes));
    CHECK(a.answer(ChainSync::AwaitReply{}) == Errc::none);
    CHECK(a.more(2) == raw::await_reply);
    CHECK(a.answer(ChainSync::AwaitReply{}) == Errc::not_our_turn);
    CHECK(a.answer(ChainSync::IntersectNotFound{tip}) == Errc::not_our_turn);  // it is not what was requested
    CHECK(a.answer(ChainSync::RollBackward{p1, tip}) == Errc::none);
    CHECK(a.more(2) == raw::roll_backward(p1, tip_bytes));
    CHECK(requests<ChainSync::RequestNext>(a.relay) == 4);

    a.client.send(3, raw::request_range(p1, p2));
    REQUIRE(await_request<BlockFetch::RequestRange>(a.net, a.relay));
    CHECK(last_request<BlockFetch::RequestRange>(a.relay).message.first == p1);
    CHECK(last_request<BlockFetch::RequestRange>(a.relay).message.last == p2);
    const Bytes b1 = TestChain::block_of(TestChain::made_up(1));
    const Bytes b2 = TestChain::block_of(TestChain::made_up(2));
    CHECK(a.say(res::ProvideBlocks{a.connection, {b1, b2}}) == Errc::none);
    a.seen = 0;
    CHECK(a.more(3) == raw::join({raw::start_batch, raw::block(b1), raw::block(b2), raw::batch_done}));
    a.client.send(3, raw::request_range(p1, p2));
    a.net.run_for(1s);
    CHECK(a.say(res::ProvideBlocks{a.connection, {}}) == Errc::none);
    CHECK(a.more(3) == raw::no_blocks);
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("A command exists for every legal answer to a follower", "[unit][behavior][responder]") {
    // Other tests have the answers of peer-sharing and block-fetch. The handshake and keep-alive answer for themselves.
    std::size_t answers = 0;
    for (const auto& t : ChainSync::transitions)
        answers += ChainSync::states[static_cast<std::size_t>(t.from)].agency == Agency::responder ? 1 : 0;
    Asked a;
    struct Row {
        ByteVector request;
        bool wait;
        res::Command answer;
        ByteVector bytes;
    };
    const ConnectionId to = a.connection;
    const std::vector<Row> rows{
        {raw::find_intersect({p1}), false, res::Answer{to, ChainSync::IntersectFound{p1, tip}},
         raw::intersect_found(p1, tip_bytes)},
        {raw::find_intersect({p1}), false, res::Answer{to, ChainSync::IntersectNotFound{tip}},
         raw::intersect_not_found(tip_bytes)},
        {raw::request_next, false, res::Answer{to, ChainSync::RollForward{header, tip}},
         raw::roll_forward(header.cbor, tip_bytes)},
        {raw::request_next, false, res::Answer{to, ChainSync::RollBackward{p1, tip}},
         raw::roll_backward(p1, tip_bytes)},
        {raw::request_next, true, res::Answer{to, ChainSync::RollForward{header, tip}},
         raw::roll_forward(header.cbor, tip_bytes)},
        {raw::request_next, true, res::Answer{to, ChainSync::RollBackward{p1, tip}}, raw::roll_backward(p1, tip_bytes)},
    };
    REQUIRE(answers == rows.size() + 1);  // and the wait
    a.client.keep_alive();
    for (const Row& row : rows) {
        a.client.send(2, row.request);
        a.net.run_for(1s);
        if (row.wait) {
            CHECK(a.say(res::Answer{to, ChainSync::AwaitReply{}}) == Errc::none);
            CHECK(a.more(2) == raw::await_reply);
            a.net.run_for(10h);
        }
        CHECK(a.relay.execute(row.answer));
        CHECK(a.more(2) == row.bytes);
    }
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("An unrequested answer is refused and has no effect", "[unit][behavior][responder]") {
    Asked a;
    const Bytes large = TestChain::block_of(TestChain::made_up(1), 400'000);
    for (int i = 0; i < 5'000; ++i) {
        CHECK(a.answer(ChainSync::RollForward{header, tip}) == Errc::not_our_turn);
        CHECK(a.say(res::ProvideBlocks{a.connection, {large}}) == Errc::not_our_turn);
        CHECK(a.say(res::ProvideBlocks{a.connection, {}}) == Errc::not_our_turn);
        CHECK(a.answer(ChainSync::IntersectFound{p1, tip}) == Errc::not_our_turn);
        CHECK(a.answer(ChainSync::RollBackward{p1, tip}) == Errc::not_our_turn);
        CHECK(a.answer(ChainSync::AwaitReply{}) == Errc::not_our_turn);
    }
    CHECK(a.say(res::Answer{ConnectionId{77}, ChainSync::AwaitReply{}}) == Errc::unknown_peer);
    CHECK(a.say(res::ChainChanged{0}) == Errc::bad_argument);
    // The peer is still read: both its requests come through.
    for (int i = 0; i < 2; ++i) {
        a.client.send(2, raw::request_next);
        REQUIRE(await_request<ChainSync::RequestNext>(a.net, a.relay));
        CHECK(a.answer(ChainSync::RollForward{header, tip}) == Errc::none);
        a.client.send(3, raw::request_range(p1, p1));
        REQUIRE(await_request<BlockFetch::RequestRange>(a.net, a.relay));
        CHECK(a.say(res::ProvideBlocks{a.connection, {}}) == Errc::none);
    }
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
    CHECK(a.relay.behavior().peers().at(0).headers == 2);
}

TEST_CASE("A message that is not an answer, or that the library sends itself, is refused",
          "[unit][behavior][responder]") {
    Asked a;
    a.client.send(2, raw::request_next);
    a.client.send(3, raw::request_range(p1, p2));
    a.client.send(4, raw::tx_init);
    a.client.keep_alive();
    a.net.run_for(1s);
    const std::size_t heard = a.client.heard(8).size();
    const std::vector<n2n::Message> refused{
        Handshake::Refuse{},        Handshake::QueryReply{},
        ChainSync::RequestNext{},   ChainSync::FindIntersect{{p1}},
        ChainSync::Done{},          BlockFetch::RequestRange{p1, p2},
        BlockFetch::ClientDone{},   TxSubmission::RequestTxIdsNonBlocking{},
        TxSubmission::RequestTxs{}, KeepAlive::Ping{},
        KeepAlive::Pong{},          PeerSharing::SharePeers{},
        LeiosNotify::Votes{},       LeiosFetch::Block{Bytes::copy(raw::bytes("a0"))},
    };
    for (const n2n::Message& message : refused) {
        INFO(message.name());
        CHECK(a.answer(message) == Errc::not_our_turn);
    }
    a.net.run_for(1s);
    CHECK(a.more(2).empty());
    CHECK(a.more(3).empty());
    CHECK(a.client.heard(8).size() == heard);
    CHECK(a.answer(ChainSync::AwaitReply{}) == Errc::none);
    CHECK(a.answer(BlockFetch::NoBlocks{}) == Errc::none);
    CHECK(a.more(3) == raw::no_blocks);
}

TEST_CASE("A range can be answered block by block", "[unit][behavior][responder]") {
    Asked a;
    const Bytes b1 = TestChain::block_of(TestChain::made_up(1));
    const Bytes b2 = TestChain::block_of(TestChain::made_up(2));
    CHECK(a.answer(BlockFetch::StartBatch{}) == Errc::not_our_turn);
    a.client.send(3, raw::repeat(raw::request_range(p1, p2), 2));
    a.net.run_for(1s);
    CHECK(a.answer(BlockFetch::Block{b1}) == Errc::not_our_turn);
    CHECK(a.answer(BlockFetch::BatchDone{}) == Errc::not_our_turn);
    CHECK(a.answer(BlockFetch::StartBatch{}) == Errc::none);
    CHECK(a.more(3) == raw::start_batch);
    CHECK(a.answer(BlockFetch::StartBatch{}) == Errc::not_our_turn);
    CHECK(a.answer(BlockFetch::NoBlocks{}) == Errc::not_our_turn);
    CHECK(a.say(res::ProvideBlocks{a.connection, {b1}}) == Errc::not_our_turn);
    CHECK(a.answer(BlockFetch::Block{b1}) == Errc::none);
    CHECK(a.more(3) == raw::block(b1));
    CHECK(a.answer(BlockFetch::Block{b2}) == Errc::none);
    CHECK(requests<BlockFetch::RequestRange>(a.relay) == 1);
    CHECK(a.answer(BlockFetch::BatchDone{}) == Errc::none);
    CHECK(a.more(3) == raw::join({raw::block(b2), raw::batch_done}));
    CHECK(requests<BlockFetch::RequestRange>(a.relay) == 2);
    CHECK(a.answer(BlockFetch::NoBlocks{}) == Errc::none);
    CHECK(a.more(3) == raw::no_blocks);
    CHECK(a.relay.behavior().peers().at(0).blocks == 2);
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("Provided blocks are sent in order as there is room", "[unit][behavior][responder]") {
    Asked a;
    std::vector<Bytes> blocks;
    ByteVector all = raw::start_batch;
    for (std::uint64_t i = 1; i <= 200; ++i) {
        blocks.push_back(TestChain::block_of(TestChain::made_up(i), 20'000));
        all = raw::join({all, raw::block(blocks.back())});
    }
    a.client.connection().pause(true);
    a.client.send(3, raw::request_range(p1, p2));
    a.net.run_for(1s);
    CHECK(a.say(res::ProvideBlocks{a.connection, blocks}) == Errc::none);
    CHECK(a.say(res::ProvideBlocks{a.connection, blocks}) == Errc::not_our_turn);
    CHECK(a.answer(BlockFetch::Block{blocks[0]}) == Errc::not_our_turn);  // nothing comes between them
    CHECK(a.answer(BlockFetch::BatchDone{}) == Errc::not_our_turn);
    a.net.run_for(1s);
    CHECK(a.relay.held() <= (1U << 20) + 21'000);
    a.client.connection().pause(false);
    CHECK(a.more(3) == raw::join({all, raw::batch_done}));
}

TEST_CASE("A command disconnects a peer", "[unit][behavior][responder]") {
    Asked a;
    CHECK(a.say(res::DisconnectPeer{a.connection}) == Errc::none);
    CHECK(a.say(res::DisconnectPeer{a.connection}) == Errc::unknown_peer);
    a.net.run_for(1s);
    CHECK(a.client.connection().ended());
    a.client.connection().close();
    a.net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(a.relay).reason == Errc::demoted);
    CHECK(a.say(res::DisconnectPeer{a.connection}) == Errc::unknown_peer);
    CHECK(a.relay.behavior().idle());
}

TEST_CASE("The end of a mini-protocol is not reported as a request", "[unit][behavior][responder]") {
    Asked a;
    ByteQueue done;
    cbor::Writer out(done);
    ChainSync::Done{}.encode(out);
    const Bytes bytes = done.take();
    a.client.send(2, ByteVector(bytes.view().begin(), bytes.view().end()));
    a.net.run_for(1s);
    CHECK(count<res::Requested>(a.relay) == 0);
    a.client.send(2, raw::find_intersect({p1}));
    a.net.run_for(1s);
    CHECK(requests<ChainSync::FindIntersect>(a.relay) == 1);
    CHECK(count<res::Requested>(a.relay) == 1);
}

TEST_CASE("Messages of a peer that is being disconnected are ignored", "[unit][behavior][responder]") {
    ResponderBehavior relay(res::Config{});
    const ConnectionId connection = make_connection_id(Direction::inbound, 1);
    const Instant now{};
    const auto receive = [&](n2n::Message message) {
        relay.handle_io(io::Recv<n2n::Message>{connection, node_id, Role::responder, std::move(message), 10}, now);
    };
    relay.handle_io(io::Connected{connection, node_id}, now);
    const VersionOffer offer{n2n::default_versions(), {mainnet}};
    receive(n2n::Message::of<n2n::Handshake>(Handshake::ProposeVersions{offer.table()}));
    res::Command end = res::DisconnectPeer{connection};
    REQUIRE(relay.execute(end, now));
    receive(ChainSync::FindIntersect{{p1}});
    while (const auto event = relay.poll_event()) CHECK_FALSE(std::holds_alternative<res::Requested>(*event));
}

TEST_CASE("A connection is rejected while too many events are not taken", "[unit][behavior][responder]") {
    res::Config config;
    config.max_events = 1;
    ResponderBehavior relay(config);
    for (const std::uint64_t number : {1U, 2U})
        relay.handle_io(io::Connected{make_connection_id(Direction::inbound, number), node_id}, Instant{});
    std::optional<Errc> reason;
    while (const auto command = relay.poll_command())
        if (const auto* end = std::get_if<io::Disconnect>(&*command)) reason = end->reason;
    CHECK(reason == Errc::queue_full);
    CHECK(relay.counters().rejected == 1);
    CHECK(relay.counters().connections == 1);
}

TEST_CASE("A stopped relay closes every connection in order and accepts no new one", "[unit][behavior][responder]") {
    Asked a;
    RawClient other(a.net, relay_id, true, other_id);
    a.relay.stop();
    CHECK(a.say(res::Housekeeping{}) == Errc::stopped);
    RawConnection& late = a.net.script(node_id).dial(relay_id);
    a.net.run_for(1s);
    CHECK(late.error() == Errc::connection_reset);
    CHECK(a.client.connection().ended());
    a.client.connection().close();
    a.net.run_for(10s);
    CHECK(other.connection().error() == Errc::connection_reset);  // it did not close, and the linger is over
    CHECK(a.relay.behavior().idle());
    CHECK(a.net.connections() == 0);
    for (const auto& gone : told<res::PeerDisconnected>(a.relay)) CHECK(gone.reason == Errc::stopped);
    a.net.run_for(1h);
    CHECK_FALSE(a.relay.behavior().next_deadline());
}

TEST_CASE("Untaken events have a limit: informative ones are dropped, requests never, and no more peers are accepted",
          "[unit][behavior][responder]") {
    SimulatedNetwork net;
    res::Config config;
    config.max_events = 10;
    auto& relay = net.add<ResponderBehavior>(relay_id, config);
    relay.attend(false);
    for (std::uint16_t port = 1; port <= 50; ++port) {
        RawClient client(net, relay_id, false, PeerId::from_parts("client.example", port));
        client.send(0, raw::propose());
        net.run_for(1s);
        client.send(2, raw::request_next);
        net.run_for(1s);
        client.connection().reset();
        net.run_for(1s);
    }
    std::size_t news = 0;
    std::size_t requests = 0;
    while (const auto event = relay.poll_event()) ++(std::holds_alternative<res::Requested>(*event) ? requests : news);
    const auto& counters = relay.behavior().counters();
    CHECK(requests == counters.connections);
    CHECK(news + requests >= 10);
    CHECK(news + requests <= 11);  // the last connection let in had one request
    CHECK(counters.events_dropped == 3 * counters.connections - news);
    CHECK(counters.connections + counters.rejected == 50);
    // There is room again.
    RawClient client(net, relay_id, true, PeerId::from_parts("client.example", 51));
    net.run_for(1s);
    CHECK(client.connection().open());
    CHECK(count<res::PeerInitialized>(relay) == 0);
    CHECK(relay.behavior().peers().size() == 1);
}

TEST_CASE("An answer above the limit of its state leaves the request open", "[unit][behavior][responder]") {
    Asked a;
    SECTION("a header") {
        a.client.send(2, raw::request_next);
        REQUIRE(await_request<ChainSync::RequestNext>(a.net, a.relay));
        const Header large{Era::conway, {}, Bytes::copy(ByteVector(65'536))};
        CHECK(a.answer(ChainSync::RollForward{large, tip}) == Errc::bad_argument);
        CHECK(a.answer(ChainSync::RollForward{header, tip}) == Errc::none);
    }
    SECTION("a block") {
        a.client.send(3, raw::request_range(p1, p2));
        REQUIRE(await_request<BlockFetch::RequestRange>(a.net, a.relay));
        REQUIRE(a.answer(BlockFetch::StartBatch{}) == Errc::none);
        CHECK(a.answer(BlockFetch::Block{Bytes::copy(ByteVector(2'500'000))}) == Errc::bad_argument);
        CHECK(a.answer(BlockFetch::Block{Bytes::copy(ByteVector(100))}) == Errc::none);
    }
}

TEST_CASE("The first command of a responder has an id that is not zero", "[unit][behavior][responder]") {
    ResponderBehavior behavior{res::Config()};
    res::Command command = res::Housekeeping{};
    const auto id = behavior.execute(command, Instant{1h});
    REQUIRE(id);
    CHECK(*id != CommandId{});
}
