#include "support/raw_tcp.hpp"

using namespace cast;
using namespace raw;

namespace {

const ByteVector tip_at_4 = tip(TestChain::made_up(4), 4);

ByteVector forward(ChainView::Position p, const ByteVector& its_tip = tip_at_4) {
    return roll_forward(TestChain::header_of(TestChain::made_up(p)).cbor, its_tip);
}

/// A relay with a chain, for clients made by hand.
struct Relay {
    explicit Relay(std::shared_ptr<const ChainView> served, const TcpOptions& options = {})
        : relay(context, config(std::move(served)), options) {
        address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
    }
    static res::Config config(std::shared_ptr<const ChainView> chain) {
        res::Config config;
        config.chain = std::move(chain);
        return config;
    }

    asio::io_context context{1};
    Attended<ouro::Responder> relay;
    PeerId address;
};

/// A node that follows a relay made by hand, and has asked it for two blocks.
struct RawFollower {
    RawFollower() : listener(context), node(context, knowing()) {
        REQUIRE(node.manager.execute(ini::IncludePeer{listener.address()}));
        relay.emplace(listener.take());
    }
    void ask() {
        REQUIRE(node.await<ini::PeerInitialized>());
        REQUIRE(node.manager.execute(ini::StartSync{}));
        REQUIRE(node.manager.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)}));
        REQUIRE(run_until(context, [&] {
            return !relay->ended() && !heard(relay->got, 2, false).empty() && !heard(relay->got, 3, false).empty();
        }));
        CHECK(heard(relay->got, 2, false) == find_intersect({Point()}));
        CHECK(heard(relay->got, 3, false) == request_range(TestChain::made_up(1), TestChain::made_up(2)));
    }

    asio::io_context context{1};
    Listener listener;
    Attended<ouro::Initiator> node;
    std::optional<RawPeer> relay;
};

/// Writes `bytes` in two, the second part when the first has been read.
void write_cut(asio::io_context& context, RawPeer& peer, const ByteVector& bytes, std::size_t cut) {
    peer.write(BytesView(bytes).first(cut));
    context.restart();
    context.poll();
    peer.write(BytesView(bytes).subspan(cut));
}

}  // namespace

TEST_CASE("A relay over TCP understands messages cut at any byte", "[integration][raw][framing]") {
    const auto chain = std::make_shared<TestChain>(4);
    Relay r(chain);
    const ByteVector questions =
        join({asked(0, propose()),
              asked(2, join({find_intersect({TestChain::made_up(2, 1), chain->point(2)}), repeat(request_next, 2)})),
              asked(3, request_range(chain->point(1), chain->point(2))), asked(8, ping(300))});
    const ByteVector follow =
        join({intersect_found(chain->point(2), tip_at_4), roll_backward(chain->point(2), tip_at_4), forward(3)});
    const ByteVector batch = join({start_batch, block(*chain->block(1)), block(*chain->block(2)), batch_done});
    for (std::size_t cut = 0; cut < questions.size(); ++cut) {
        INFO("cut at " << cut);
        RawPeer client(r.context, r.address);
        write_cut(r.context, client, questions, cut);
        REQUIRE(run_until(r.context, [&] {
            return client.ended() ||
                   (heard(client.got, 2, true).size() >= follow.size() &&
                    heard(client.got, 3, true).size() >= batch.size() && !heard(client.got, 8, true).empty());
        }));
        CHECK(heard(client.got, 0, true) == accept());
        CHECK(heard(client.got, 2, true) == follow);
        CHECK(heard(client.got, 3, true) == batch);
        CHECK(heard(client.got, 8, true) == pong(300));
    }
    CHECK(r.relay.manager.behavior().counters().violations == 0);
}

TEST_CASE("A node over TCP understands messages cut at any byte", "[integration][raw][framing]") {
    const ByteVector acceptance = answered(0, accept());
    const ByteVector answers =
        join({answered(2, join({intersect_found(Point(), tip_at_4), roll_backward(Point(), tip_at_4), forward(1)})),
              answered(3, join({start_batch, block(TestChain::block_of(TestChain::made_up(1))),
                                block(TestChain::block_of(TestChain::made_up(2), 60)), batch_done}))});
    for (std::size_t cut = 0; cut < answers.size(); ++cut) {
        INFO("cut at " << cut);
        RawFollower f;
        write_cut(f.context, *f.relay, acceptance, std::min(cut, acceptance.size()));
        f.ask();
        write_cut(f.context, *f.relay, answers, cut);
        REQUIRE(f.node.await<ini::RangeDone>());
        REQUIRE(f.node.await<ini::RollForward>());
        CHECK(last<ini::RollForward>(f.node).header == TestChain::header_of(TestChain::made_up(1)));
        CHECK(told<ini::BlockReceived>(f.node)[0].block == TestChain::block_of(TestChain::made_up(1)));
        CHECK(told<ini::BlockReceived>(f.node)[1].block == TestChain::block_of(TestChain::made_up(2), 60));
        CHECK(count<ini::PeerDisconnected>(f.node) == 0);
        CHECK(f.node.figures().held == 0);
    }
}

TEST_CASE("A segment may hold fifty messages, and a message may have a segment for each byte",
          "[integration][raw][framing]") {
    const std::size_t most = GENERATE(std::size_t{1}, std::size_t{65'535});
    SECTION("to a relay") {
        const auto chain = std::make_shared<TestChain>(60);
        Relay r(chain);
        RawPeer client = agreed_client(r.context, r.address);
        client.write(asked(2, repeat(request_next, 50), most));
        client.write(asked(8, repeat(ping(5), 50), most));
        const ByteVector its_tip = tip(chain->point(60), 60);
        ByteVector want = roll_backward(Point(), its_tip);
        for (ChainView::Position p = 1; p <= 49; ++p) want = join({want, forward(p, its_tip)});
        REQUIRE(run_until(r.context, [&] {
            return client.ended() || (heard(client.got, 2, true).size() >= want.size() &&
                                      heard(client.got, 8, true).size() >= 50 * pong(5).size());
        }));
        CHECK(heard(client.got, 2, true) == want);
        CHECK(heard(client.got, 8, true) == repeat(pong(5), 50));
    }
    SECTION("to a node") {
        RawFollower f;
        f.relay->write(answered(0, accept(), most));
        f.ask();
        ByteVector answers = join({intersect_found(Point(), tip_at_4), roll_backward(Point(), tip_at_4)});
        for (ChainView::Position p = 1; p <= 50; ++p) answers = join({answers, forward(p)});
        f.relay->write(answered(2, answers, most));
        REQUIRE(f.node.await<ini::RollForward>(50));
        for (ChainView::Position p = 1; p <= 50; ++p)
            CHECK(TestChain::point_of(told<ini::RollForward>(f.node)[p - 1].header) == Result(TestChain::made_up(p)));
        // The requested blocks, the first one over many segments of the largest size.
        const Bytes large = TestChain::block_of(TestChain::made_up(1), most == 1 ? 500 : 400'000);
        f.relay->write(answered(
            3, join({start_batch, block(large), block(TestChain::block_of(TestChain::made_up(2))), batch_done}), most));
        REQUIRE(f.node.await<ini::RangeDone>());
        CHECK(told<ini::BlockReceived>(f.node)[0].block == large);
    }
}

TEST_CASE("Three hundred requests wait at the tip, and each gets the next block", "[integration][raw][framing]") {
    const auto chain = std::make_shared<TestChain>(20);
    Relay r(chain);
    RawPeer client = agreed_client(r.context, r.address);
    const ByteVector before = tip(chain->point(20), 20);
    const ByteVector waiting =
        join({intersect_found(chain->point(20), before), roll_backward(chain->point(20), before), await_reply});
    client.write(asked(2, join({find_intersect({chain->point(20)}), repeat(request_next, 1 + 300)})));
    REQUIRE(
        run_until(r.context, [&] { return client.ended() || heard(client.got, 2, true).size() >= waiting.size(); }));
    r.context.poll();
    client.ended();
    CHECK(heard(client.got, 2, true) == waiting);
    CHECK(r.relay.figures().held >= 2 * 299);

    chain->extend(300);
    REQUIRE(r.relay.manager.execute(res::ChainChanged{20}));
    ByteVector want = waiting;
    for (ChainView::Position p = 21; p <= 320; ++p) want = join({want, forward(p, tip(chain->point(320), 320))});
    REQUIRE(run_until(r.context, [&] { return client.ended() || heard(client.got, 2, true).size() >= want.size(); }));
    CHECK(heard(client.got, 2, true) == want);
    CHECK(r.relay.figures().held == 0);
}

namespace {

/// A chain that knows how many bytes of its blocks are still held.
class CountedChain final : public ChainView {
  public:
    [[nodiscard]] Position size() const override { return points_.size(); }
    [[nodiscard]] Tip tip() const override { return points_.tip(); }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override { return points_.find(point); }
    [[nodiscard]] Point point(Position position) const override { return points_.point(position); }
    [[nodiscard]] Result<Header> header(Position position) const override { return points_.header(position); }
    [[nodiscard]] Result<Bytes> block(Position position) const override {
        const Result<Bytes> block = points_.block(position);
        held += block->size();
        most = std::max(most, held);
        const std::shared_ptr<const Bytes> counted(new Bytes(*block), [this](const Bytes* gone) {
            held -= gone->size();
            delete gone;
        });
        return Bytes::adopt(counted, counted->view());
    }

    mutable std::size_t held = 0;
    mutable std::size_t most = 0;

  private:
    TestChain points_{1'000, 30'000};
};

}  // namespace

TEST_CASE("A thousand blocks are delivered in order while few of them wait", "[integration][raw][framing]") {
    const auto chain = std::make_shared<CountedChain>();
    TcpOptions options;
    options.send_buffer = 64 * 1024;
    Relay r(chain, options);
    RawPeer client = agreed_client(r.context, r.address);
    client.got.clear();
    client.write(asked(3, request_range(chain->point(1), chain->point(1'000))));
    // It reads nothing at first: the relay fills what it may fill, and then has nothing to do.
    REQUIRE(run_until(r.context, [&] { return r.context.poll() == 0 && chain->held != 0; }));
    const std::uint64_t before = r.relay.manager.behavior().counters().blocks;
    CHECK(before < 1'000);
    CHECK(chain->held >= (1U << 20));

    ByteVector want = start_batch;
    for (ChainView::Position p = 1; p <= 1'000; ++p) {
        const ByteVector one = block(TestChain::block_of(TestChain::made_up(p), 30'000));
        want.insert(want.end(), one.begin(), one.end());
    }
    want.insert(want.end(), batch_done.begin(), batch_done.end());
    const std::size_t segments = want.size() / 12'288 + 1;
    REQUIRE(client.await_bytes(want.size() + 8 * segments));
    REQUIRE(run_until(r.context, [&] { return client.ended() || heard(client.got, 3, true).size() >= want.size(); }));
    CHECK((heard(client.got, 3, true) == want));
    CHECK(r.relay.manager.behavior().counters().blocks == 1'000);
    // What may be ahead, with the block that goes over it and the one that has left in part.
    CHECK(chain->most <= (1U << 20) + 2 * 30'000);
    CHECK(chain->held == 0);
}
