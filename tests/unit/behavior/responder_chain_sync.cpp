#include <algorithm>

#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A relay and a client that speaks by hand.
struct Served {
    explicit Served(std::size_t blocks)
        : chain(std::make_shared<TestChain>(blocks)), relay(net.add<ResponderBehavior>(relay_id, serving(chain))) {}

    void extend(std::size_t blocks = 1) {
        const auto common = chain->size();
        chain->extend(blocks);
        REQUIRE(relay.execute(res::ChainChanged{common}));
    }
    [[nodiscard]] ByteVector tip() const { return raw::tip(chain->tip().point, chain->size()); }
    [[nodiscard]] ByteVector forward(ChainView::Position p) const {
        return raw::roll_forward(TestChain::header_of(chain->at(p)).cbor, tip());
    }
    [[nodiscard]] ByteVector back(ChainView::Position p) const { return raw::roll_backward(chain->point(p), tip()); }
    /// What the client hears beyond what it has heard.
    ByteVector more(RawClient& client, std::uint16_t channel = 2) {
        net.run_for(1s);
        const ByteVector all = client.heard(channel);
        ByteVector fresh(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end());
        seen = all.size();
        return fresh;
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Responder& relay;
    std::size_t seen = 0;
};

}  // namespace

TEST_CASE("Each request of a follower is answered with the specified bytes", "[unit][behavior][chain_sync]") {
    Served s(2);
    RawClient client(s.net, relay_id);
    client.send(2, raw::find_intersect({TestChain::made_up(9), s.chain->point(1)}));
    CHECK(s.more(client) == raw::intersect_found(s.chain->point(1), s.tip()));
    client.send(2, raw::request_next);
    CHECK(s.more(client) == s.back(1));
    client.send(2, raw::request_next);
    CHECK(s.more(client) == s.forward(2));
    client.send(2, raw::request_next);
    CHECK(s.more(client) == raw::await_reply);
    s.extend();
    CHECK(s.more(client) == s.forward(3));
    client.send(2, raw::find_intersect({}));
    CHECK(s.more(client) == raw::intersect_not_found(s.tip()));
    client.send(2, raw::request_next);
    CHECK(s.more(client) == raw::await_reply);
}

TEST_CASE("Of three hundred requests at the tip one waits, and the rest are answered in order behind it",
          "[unit][behavior][chain_sync]") {
    Served s(3);
    RawClient client(s.net, relay_id);
    client.send(2, raw::repeat(raw::request_next, 300));
    CHECK(s.more(client) == raw::join({s.back(0), s.forward(1), s.forward(2), s.forward(3), raw::await_reply}));
    CHECK(s.relay.held() == 295 * 2);  // unread
    s.extend();
    CHECK(s.more(client) == raw::join({s.forward(4), raw::await_reply}));
    s.extend(2);
    CHECK(s.more(client) == raw::join({s.forward(5), s.forward(6), raw::await_reply}));
    s.chain->roll_back(4);
    s.chain->extend(1, 1);
    REQUIRE(s.relay.execute(res::ChainChanged{4}));
    CHECK(s.more(client) == raw::join({s.back(4), s.forward(5), raw::await_reply}));
    s.chain->extend(1'000, 1);
    REQUIRE(s.relay.execute(res::ChainChanged{5}));
    s.more(client);
    CHECK(s.relay.behavior().counters().headers == 300 - 2);  // two were roll-backwards
    CHECK(s.relay.held() == 0);
}

TEST_CASE("A change without news for a waiting follower sends nothing", "[unit][behavior][chain_sync]") {
    Served s(3);
    RawClient client(s.net, relay_id);
    client.send(2, raw::repeat(raw::request_next, 5));
    s.more(client);
    REQUIRE(s.relay.execute(res::ChainChanged{3}));
    CHECK(s.more(client).empty());
    s.extend();
    CHECK(s.more(client) == s.forward(4));
}

TEST_CASE("Waiting followers are served in the order in which they came", "[unit][behavior][chain_sync]") {
    Served s(1);
    std::vector<std::unique_ptr<RawClient>> clients;
    std::vector<std::size_t> served;
    for (std::uint16_t i = 0; i < 5; ++i) {
        clients.push_back(
            std::make_unique<RawClient>(s.net, relay_id, true, PeerId::from_parts("client.example", i + 1)));
        clients.back()->send(2, raw::repeat(raw::request_next, 3));
        s.net.run_for(1s);
        clients.back()->then([&served, i] { served.push_back(i); });
    }
    clients[2]->connection().reset();
    s.net.run_for(1s);
    s.extend();
    s.net.run_for(1s);
    CHECK(served == std::vector<std::size_t>{0, 1, 3, 4});
    CHECK(s.relay.behavior().peers().size() == 4);
}

TEST_CASE("A hundred and fifty followers are served in the order in which they started to wait",
          "[unit][behavior][chain_sync]") {
    Served s(1);
    std::vector<std::unique_ptr<RawClient>> clients;
    std::vector<std::size_t> served;
    for (std::uint16_t i = 0; i < 150; ++i) {
        clients.push_back(
            std::make_unique<RawClient>(s.net, relay_id, true, PeerId::from_parts("client.example", i + 1)));
        clients.back()->send(8, raw::ping(i));  // or it would be idle before it is its turn
    }
    // Neither in the order they connected nor in its reverse.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 150; ++i) order.push_back(i * 67 % 150);
    for (const std::size_t i : order) {
        clients[i]->send(2, raw::repeat(raw::request_next, 4));
        s.net.run_for(50ms);
        REQUIRE(clients[i]->heard(2) == raw::join({s.back(0), s.forward(1), raw::await_reply}));
        clients[i]->then([&served, i] { served.push_back(i); });
    }
    // Some leave.
    for (const std::size_t i : {order[0], order[70], order[149]}) clients[i]->connection().reset();
    s.net.run_for(50ms);
    std::erase_if(order, [&](std::size_t i) { return !clients[i]->connection().open(); });
    REQUIRE(order.size() == 147);
    s.extend();
    s.net.run_for(50ms);
    CHECK(served == order);

    // Who was served has asked again, and waits in the same order.
    served.clear();
    clients[order.back()]->connection().reset();
    order.pop_back();
    s.extend();
    s.net.run_for(50ms);
    CHECK(served == order);
}

TEST_CASE("A roll-back reaches each of two hundred followers, wherever it is", "[unit][behavior][chain_sync]") {
    Served s(20);
    std::vector<std::unique_ptr<RawClient>> clients;
    // Ten at each place of the chain; those at its end also wait.
    const auto place = [](std::size_t i) { return ChainView::Position{i % 20 + 1}; };
    for (std::uint16_t i = 0; i < 200; ++i) {
        clients.push_back(
            std::make_unique<RawClient>(s.net, relay_id, true, PeerId::from_parts("client.example", i + 1)));
        clients[i]->send(2, raw::join({raw::find_intersect({s.chain->point(place(i))}), raw::request_next}));
        if (place(i) == 20) clients[i]->send(2, raw::request_next);
    }
    s.net.run_for(1s);
    std::vector<std::size_t> heard;
    for (const auto& client : clients) heard.push_back(client->heard(2).size());
    s.chain->roll_back(12);
    s.chain->extend(3, 1);
    REQUIRE(s.relay.execute(res::ChainChanged{12}));
    s.net.run_for(1s);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        // Who waits has its answer, and all others have it when they ask.
        if (place(i) != 20) clients[i]->send(2, raw::request_next);
        clients[i]->send(2, raw::request_next);
    }
    s.net.run_for(1s);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        INFO("follower " << i << " at " << place(i));
        const ByteVector all = clients[i]->heard(2);
        const ByteVector fresh(all.begin() + static_cast<std::ptrdiff_t>(heard[i]), all.end());
        if (place(i) > 12)
            CHECK(fresh == raw::join({s.back(12), s.forward(13)}));
        else
            CHECK(fresh == raw::join({s.forward(place(i) + 1), s.forward(place(i) + 2)}));
    }
    CHECK(count<res::PeerDisconnected>(s.relay) == 0);
}

TEST_CASE("An unreadable header ends only that connection", "[unit][behavior][chain_sync]") {
    Served s(5);
    s.chain->damaged = 3;
    RawClient client(s.net, relay_id);
    RawClient other(s.net, relay_id, true, other_id);
    client.send(2, raw::repeat(raw::request_next, 5));
    s.net.run_for(1s);
    CHECK(client.heard(2) == raw::join({s.back(0), s.forward(1), s.forward(2)}));  // it gets what was queued
    other.send(2, raw::request_next);
    s.net.run_for(1s);
    CHECK(other.heard(2) == s.back(0));
    s.net.run_for(5s);  // and closes, or the linger ends
    CHECK(!client.connection().open());
    CHECK(last<res::PeerDisconnected>(s.relay).reason == Errc::chunk_damaged);
    CHECK(s.relay.behavior().counters().violations == 0);
}

TEST_CASE("A mini-protocol may start again after Done on the same connection", "[unit][behavior][chain_sync]") {
    Served s(3);
    RawClient client(s.net, relay_id);
    SECTION("chain-sync, from its first state and the origin") {
        client.send(2, raw::join({raw::request_next, raw::request_next, raw::chain_sync_done, raw::request_next}));
        CHECK(s.more(client) == raw::join({s.back(0), s.forward(1), s.back(0)}));
        client.send(2, raw::join({raw::chain_sync_done, raw::find_intersect({Point()}), raw::request_next}));
        CHECK(s.more(client) == raw::join({raw::intersect_found(Point(), s.tip()), s.back(0)}));
    }
    SECTION("block-fetch") {
        const ByteVector range = raw::request_range(s.chain->point(1), s.chain->point(1));
        const ByteVector batch = raw::join({raw::start_batch, raw::block(*s.chain->block(1)), raw::batch_done});
        client.send(3, raw::join({range, raw::client_done, range}));
        CHECK(s.more(client, 3) == raw::join({batch, batch}));
        client.send(3, raw::join({raw::client_done, raw::client_done, range}));
        CHECK(s.more(client, 3) == batch);
    }
    SECTION("keep-alive") {
        client.send(8, raw::join({raw::ping(1), raw::keep_alive_done, raw::ping(2), raw::keep_alive_done}));
        CHECK(s.more(client, 8) == raw::join({raw::pong(1), raw::pong(2)}));
        client.send(8, raw::ping(3));
        CHECK(s.more(client, 8) == raw::pong(3));
    }
    CHECK(count<res::PeerDisconnected>(s.relay) == 0);
    CHECK(s.relay.behavior().counters().violations == 0);
}

TEST_CASE("Ranges are answered with the specified bytes too", "[unit][behavior][block_fetch]") {
    Served s(5);
    RawClient client(s.net, relay_id);
    const auto range = [&](ChainView::Position a, ChainView::Position b) {
        return raw::request_range(s.chain->point(a), s.chain->point(b));
    };
    const auto block = [&](ChainView::Position p) { return raw::block(*s.chain->block(p)); };
    client.send(3, range(2, 4));
    CHECK(s.more(client, 3) == raw::join({raw::start_batch, block(2), block(3), block(4), raw::batch_done}));
    client.send(3, raw::join({range(4, 2), range(0, 2), range(5, 5), range(1, 0)}));
    CHECK(s.more(client, 3) ==
          raw::join({raw::no_blocks, raw::no_blocks, raw::start_batch, block(5), raw::batch_done, raw::no_blocks}));
}
