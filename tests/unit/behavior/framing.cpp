#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

const ByteVector tip = raw::tip(TestChain::made_up(4), 4);

ByteVector forward(ChainView::Position p) {
    return raw::roll_forward(TestChain::header_of(TestChain::made_up(p)).cbor, tip);
}

/// All that a relay says to one who follows it and fetches two blocks, but for the pongs.
struct Talk {
    explicit Talk(const Options& options = {})
        : net(options), relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, knowing())) {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        REQUIRE(node.execute(ini::StartSync{}));
        REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)}));
        net.run_for(100ms);
    }
    static ByteVector headers() {
        return raw::join({raw::intersect_found(Point(), tip), raw::roll_backward(Point(), tip), forward(1), forward(2),
                          raw::roll_backward(TestChain::made_up(1), tip), forward(2), raw::await_reply, forward(3)});
    }
    static ByteVector blocks() {
        return raw::join({raw::start_batch, raw::block(TestChain::block_of(TestChain::made_up(1))),
                          raw::block(TestChain::block_of(TestChain::made_up(2), 60)), raw::batch_done});
    }
    void check() {
        net.run_for(100ms);
        CHECK(followed(node) ==
              std::vector<Point>{Point(), TestChain::made_up(1), TestChain::made_up(2), TestChain::made_up(3)});
        CHECK(count<ini::RollForward>(node) == 4);
        CHECK(count<ini::RollBackward>(node) == 1);
        CHECK(count<ini::AtTip>(node) == 1);
        const auto received = told<ini::BlockReceived>(node);
        REQUIRE(received.size() == 2);
        CHECK(received[0].block == TestChain::block_of(TestChain::made_up(1)));
        CHECK(received[1].block == TestChain::block_of(TestChain::made_up(2), 60));
        CHECK(count<ini::RangeDone>(node) == 1);
        CHECK(count<ini::PeerDisconnected>(node) == 0);
        CHECK(net.held() == 0);
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

}  // namespace

TEST_CASE("A node understands messages that are cut at any byte", "[unit][behavior][framing]") {
    const ByteVector headers = Talk::headers();
    const ByteVector blocks = Talk::blocks();
    for (std::size_t cut = 1; cut < headers.size(); ++cut) {
        Talk talk;
        talk.relay.connection().send(2, true, BytesView(headers).first(cut));
        const std::size_t other = std::min(cut, blocks.size() - 1);
        talk.relay.connection().send(3, true, BytesView(blocks).first(other));
        talk.net.run_for(100ms);
        talk.relay.connection().send(3, true, BytesView(blocks).subspan(other));
        talk.relay.connection().send(2, true, BytesView(headers).subspan(cut));
        talk.check();
    }
}

TEST_CASE("A node understands segments of any size, in reads of any size", "[unit][behavior][framing]") {
    Options options;
    options.chunk = GENERATE(as<std::size_t>(), 1, 2, 7, 8, 9, 65'536);
    const std::size_t segment = GENERATE(as<std::size_t>(), 1, 2, 3, 64, 65'535);
    Talk talk(options);
    const ByteVector headers = Talk::headers();
    const ByteVector blocks = Talk::blocks();
    for (std::size_t at = 0; at < std::max(headers.size(), blocks.size()); at += segment) {  // in turn
        const auto part = [&](std::uint16_t channel, const ByteVector& all) {
            if (at >= all.size()) return;
            talk.relay.connection().send(channel, true, BytesView(all).subspan(at, std::min(segment, all.size() - at)));
        };
        part(2, headers);
        part(3, blocks);
    }
    talk.check();
}

TEST_CASE("A segment may hold fifty messages", "[unit][behavior][framing]") {
    SECTION("to a node") {
        Talk talk;
        talk.relay.send(2, raw::join({raw::intersect_found(Point(), tip), raw::roll_backward(Point(), tip)}));
        ByteVector fifty;
        for (ChainView::Position p = 1; p <= 50; ++p) fifty = raw::join({fifty, forward(p)});
        talk.relay.send(2, fifty);
        talk.net.run_for(1s);
        CHECK(count<ini::RollForward>(talk.node) == 50);
    }
    SECTION("to a relay") {
        SimulatedNetwork net;
        auto chain = std::make_shared<TestChain>(60);
        net.add<ResponderBehavior>(relay_id, serving(chain));
        RawClient client(net, relay_id);
        client.send(2, raw::repeat(raw::request_next, 50));
        client.send(8, raw::repeat(raw::ping(5), 50));
        net.run_for(1s);
        ByteVector answers = raw::roll_backward(Point(), raw::tip(chain->point(60), 60));
        for (ChainView::Position p = 1; p <= 49; ++p)
            answers = raw::join(
                {answers, raw::roll_forward(TestChain::header_of(chain->at(p)).cbor, raw::tip(chain->point(60), 60))});
        CHECK(client.heard(2) == answers);
        CHECK(client.heard(8) == raw::repeat(raw::pong(5), 50));
    }
}

TEST_CASE("Segments of 65,535 bytes are accepted", "[unit][behavior][framing]") {
    Talk talk;
    const Bytes large = TestChain::block_of(TestChain::made_up(1), 400'000);
    const ByteVector batch = raw::join(
        {raw::start_batch, raw::block(large), raw::block(TestChain::block_of(TestChain::made_up(2))), raw::batch_done});
    talk.relay.send(3, batch, 65'535);
    talk.net.run_for(1s);
    REQUIRE(count<ini::RangeDone>(talk.node) == 1);
    CHECK(told<ini::BlockReceived>(talk.node)[0].block == large);
}

TEST_CASE("A relay understands requests that are cut at any byte", "[unit][behavior][framing]") {
    SimulatedNetwork net;
    auto chain = std::make_shared<TestChain>(9);
    net.add<ResponderBehavior>(relay_id, serving(chain));
    const ByteVector its_tip = raw::tip(chain->point(9), 9);
    const ByteVector requests =
        raw::join({raw::find_intersect({TestChain::made_up(3, 1), chain->point(3)}), raw::request_next,
                   raw::request_next, raw::chain_sync_done, raw::request_next});
    const ByteVector answers =
        raw::join({raw::intersect_found(chain->point(3), its_tip), raw::roll_backward(chain->point(3), its_tip),
                   raw::roll_forward(TestChain::header_of(chain->at(4)).cbor, its_tip)});
    for (std::size_t cut = 1; cut < requests.size(); ++cut) {
        RawClient client(net, relay_id, true, other_id);
        client.connection().send(2, false, BytesView(requests).first(cut));
        net.run_for(100ms);
        client.connection().send(2, false, BytesView(requests).subspan(cut));
        net.run_for(100ms);
        const ByteVector heard = client.heard(2);
        REQUIRE(heard.size() > answers.size());  // and one for the run after Done
        CHECK(ByteVector(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(answers.size())) == answers);
        client.connection().reset();
    }
}

TEST_CASE("Two nodes that cut everything into single bytes can communicate", "[unit][behavior][framing]") {
    Options options;
    options.cut = GENERATE(as<std::size_t>(), 1, 5);
    options.chunk = GENERATE(as<std::size_t>(), 1, 3);
    options.jitter = 3ms;
    Pair pair(30, knowing(), options);
    pair.include();
    pair.sync();
    const CommandId id = pair.fetch(3, 20);
    REQUIRE(await<ini::RangeDone>(pair.net, pair.node, 60s));
    if (count<ini::AtTip>(pair.node) == 0) REQUIRE(await<ini::AtTip>(pair.net, pair.node, 60s));
    pair.switch_fork(10, 30, 1);
    pair.net.run_for(10s);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(last<ini::RangeDone>(pair.node).command == id);
    CHECK(last<ini::RangeDone>(pair.node).blocks == 18);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}
