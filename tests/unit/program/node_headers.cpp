#include <asio/detached.hpp>
#include <ouro/behavior/node_types.hpp>
#include <ouro/emulation/vices.hpp>

#include "face.hpp"

using namespace face;

namespace {

const Point nowhere(BlockPoint{Slot{17}, {}});  // on no chain
const PeerId third_id = PeerId::from_parts("third.example", 3'004);

/// A node that uses three relays.
struct Three : Stage {
    explicit Three(ChainView::Position blocks = 50, NodeOptions options = {})
        : chain(made_up(blocks)), node(runtime, mainnet, std::move(options)) {
        for (const PeerId& peer : {relay_id, other_id, third_id}) {
            relays.push_back(&relay(peer, chain));
            node.use(peer);
        }
    }
    void extend(ChainView::Position blocks) {
        const auto common = chain->size();
        chain->extend(blocks);
        for (Relay* relay : relays) changed(*relay, common);
    }
    std::string steps(StreamHandle<Step>& stream, std::size_t count) {
        std::string taken;
        REQUIRE(run(take(stream, count, taken)));
        return taken;
    }
    /// Runs for some virtual time.
    void pass(Duration time) {
        const Instant until = net.now() + time;
        context.restart();
        for (int most = 0; most < 4'000'000 && net.now() < until; ++most)
            if (context.poll_one() == 0 && !net.step()) break;
    }
    std::string last_of(StreamHandle<Step>& stream, std::size_t count) {
        const std::string all = steps(stream, count);
        return all.substr(all.rfind(' ', all.size() - 2) + 1);
    }

    std::shared_ptr<SyntheticChain> chain;
    std::vector<Relay*> relays;
    Node node;
};

std::size_t disconnected(News& news) {
    std::size_t n = 0;
    while (const auto one = news.try_next()) n += one->kind == PeerNews::Kind::disconnected ? 1 : 0;
    return n;
}

}  // namespace

TEST_CASE("Streams of headers follow two peers at once, beside a follower") {
    Three three;
    Follower chain = three.node.follow(FollowOptions{.blocks = true});
    Headers a = three.node.headers(relay_id);
    Headers b = three.node.headers(other_id, three.chain->point(40));
    CHECK(a.peer() == relay_id);
    CHECK(three.last_of(a, 51) == "T ");
    CHECK(three.steps(b, 11) == "+40 +41 +42 +43 +44 +45 +46 +47 +48 +49 T ");
    CHECK(three.last_of(chain, 51) == "T ");
    three.extend(2);
    std::vector<PeerId> peers;
    const auto program = [&]() -> asio::awaitable<void> {
        for (StreamHandle<Step>* stream :
             {static_cast<StreamHandle<Step>*>(&chain), static_cast<StreamHandle<Step>*>(&a),
              static_cast<StreamHandle<Step>*>(&b)}) {
            const auto step = co_await stream->next();
            REQUIRE(step);
            REQUIRE(std::holds_alternative<Forward>(*step));
            CHECK(std::get<Forward>(*step).point == at(*three.chain, 51));
            peers.push_back(std::get<Forward>(*step).peer);
        }
    };
    REQUIRE(three.run(program()));
    CHECK(peers == std::vector{third_id, relay_id, other_id});
    CHECK(b.cursor()->point() == three.chain->point(51));
}

TEST_CASE("A stream from the tip of its peer delivers what comes after it") {
    Three three;
    Headers stream = three.node.headers(relay_id, from_tip);
    CHECK(three.steps(stream, 1) == "T ");
    three.extend(1);
    CHECK(three.steps(stream, 1) == "+50 ");
}

TEST_CASE("A follower whose peer is wanted for a stream continues with another peer, without a step of its own") {
    Three three;
    Follower chain = three.node.follow();
    CHECK(three.last_of(chain, 51) == "T ");
    three.extend(1);
    const auto program = [&](PeerId& peer) -> asio::awaitable<void> {
        const auto step = co_await chain.next();
        REQUIRE(step);
        REQUIRE(std::holds_alternative<Forward>(*step));
        peer = std::get<Forward>(*step).peer;
    };
    PeerId followed, then;
    REQUIRE(three.run(program(followed)));
    Headers stream = three.node.headers(followed, from_tip);
    three.pass(1s);
    three.extend(1);
    CHECK(three.steps(stream, 1) == "T ");
    REQUIRE(three.run(program(then)));
    CHECK(then != followed);
    three.extend(1);
    CHECK(three.steps(stream, 1) == "+52 ");
}

TEST_CASE("A stream may be paused for longer than every time limit of its peer, and holds no more meanwhile") {
    Three three(1'000);
    News news = three.node.news();
    Headers stream = three.node.headers(relay_id);
    Headers other = three.node.headers(other_id);
    CHECK(three.steps(stream, 2) == "+0 +1 ");
    const bool at_tip = GENERATE(false, true);
    if (at_tip) CHECK(three.last_of(stream, 999) == "T ");
    stream.pause();
    three.pass(5s);
    const auto sent = three.relays[0]->behavior().counters().headers;
    if (!at_tip) CHECK(sent <= 302);
    for (int hours = 0; hours < 5; ++hours) {  // the other peer announces a block in each of them, as a chain does
        three.extend(1);
        three.pass(10min);
        three.extend(1);
        three.pass(10min);
    }
    CHECK(disconnected(news) == 0);
    CHECK(three.last_of(other, 1'011) == "T ");
    // At the tip one header was requested before the pause.
    CHECK(three.relays[0]->behavior().counters().headers <= sent + 1);
    std::size_t held = 0;
    while (stream.try_next()) ++held;
    CHECK(held <= 300);
    stream.resume();
    CHECK(three.last_of(stream, at_tip ? 10 - held + 1 : 1'008 - held + 1) == "T ");
    CHECK(stream.cursor()->point() == three.chain->point(1'010));
}

TEST_CASE("A stream that is paused at a tip where nothing happens keeps its peer, and loses it after the pause") {
    Three three;
    News news = three.node.news();
    Headers stream = three.node.headers(relay_id, from_tip);
    CHECK(three.steps(stream, 1) == "T ");
    stream.pause();
    three.pass(3h);
    CHECK(disconnected(news) == 0);
    CHECK(stream.end() == Errc::none);
    stream.resume();
    three.pass(1h);
    CHECK(stream.end() == Errc::state_timeout);
    CHECK(disconnected(news) == 1);
}

TEST_CASE("A stream that is paused before it begins requests no header") {
    Three three;
    Headers stream = three.node.headers(relay_id);
    stream.pause();
    three.pass(1h);
    CHECK(three.relays[0]->behavior().counters().headers == 0);
    CHECK(stream.end() == Errc::none);
    stream.resume();
    CHECK(three.last_of(stream, 51) == "T ");
}

TEST_CASE("A stream begins again at other points, over the same connection") {
    Three three(2'000);
    News news = three.node.news();
    Headers stream = three.node.headers(relay_id);
    Headers other = three.node.headers(other_id, three.chain->point(1'990));
    CHECK(three.steps(stream, 2) == "+0 +1 ");
    SECTION("while headers are on their way") {}
    SECTION("while it is paused") { stream.pause(); }
    SECTION("before it has taken what has arrived") { three.pass(1s); }
    stream.find(three.chain->point(1'995));
    stream.resume();
    CHECK(three.steps(stream, 6) == "+1995 +1996 +1997 +1998 +1999 T ");
    CHECK(stream.cursor()->point() == three.chain->point(2'000));
    // A point that the peer does not have: the best one counts, as where a stream begins.
    three.pass(1s);
    stream.find(Start(nowhere, three.chain->point(1'998)));
    three.extend(1);  // the last request of the peer is answered
    CHECK(three.steps(stream, 5) == "-1998 +1998 +1999 +2000 T ");
    CHECK(three.last_of(other, 11) == "+2000 ");
    CHECK(disconnected(news) == 0);
}

TEST_CASE("A stream none of whose points is on the chain of its peer ends, and the peer is there for the next one") {
    Three three;
    News news = three.node.news();
    Headers stream = three.node.headers(relay_id);
    CHECK(three.steps(stream, 2) == "+0 +1 ");
    three.pass(1s);
    stream.find(nowhere);
    three.extend(1);
    CHECK(three.steps(stream, 1) == "no_intersection");
    stream.find(from_origin);  // it has ended
    CHECK(three.steps(stream, 1) == "no_intersection");
    Headers again = three.node.headers(relay_id);
    CHECK(three.last_of(again, 52) == "T ");
    CHECK(disconnected(news) == 0);
}

TEST_CASE("The end of one stream leaves the others, and its peer") {
    Three three;
    News news = three.node.news();
    Follower chain = three.node.follow();
    Headers a = three.node.headers(relay_id), b = three.node.headers(other_id);
    std::optional<Headers> c(three.node.headers(third_id));
    CHECK(three.last_of(a, 51) == "T ");
    CHECK(three.last_of(b, 51) == "T ");
    a.stop();
    CHECK(three.steps(a, 1) == "cancelled");
    c.reset();
    three.extend(2);
    CHECK(three.steps(b, 2) == "+50 +51 ");
    CHECK(three.last_of(chain, 53) == "T ");  // with one of the peers that are free now
    CHECK(disconnected(news) == 0);
}

TEST_CASE("A peer that breaks a rule, or is lost, ends its own stream with the reason") {
    Three three;
    struct Case {
        const char* vice;
        Errc reason;
    };
    const auto [vice, reason] =
        GENERATE(Case{"unreadable_header", Errc::malformed}, Case{"repeats_header", Errc::broken_link},
                 Case{"unknown_era", Errc::unknown_era}, Case{"lies_about_intersection", Errc::wrong_intersection},
                 Case{"knows_no_intersection", Errc::wrong_intersection},
                 Case{"unknown_rollback", Errc::unknown_rollback}, Case{"rolls_back_to_origin", Errc::no_progress},
                 Case{"silent_after_intersect", Errc::state_timeout}, Case{"floods", Errc::ingress_overflow},
                 Case{"resets", Errc::connection_reset}, Case{"closes", Errc::closed_by_peer});
    INFO(vice);
    three.relays[0]->meddle(emulation::find_vice(emulation::responder_vices(), vice)->make);
    Follower chain = three.node.follow();
    Headers bad = three.node.headers(relay_id), good = three.node.headers(other_id);
    CHECK(three.last_of(good, 51) == "T ");
    const auto to_end = [&]() -> asio::awaitable<void> {
        while (const auto step = co_await bad.next()) continue;
    };
    REQUIRE(three.run(to_end()));
    CHECK(bad.end() == reason);
    three.extend(1);
    CHECK(three.steps(good, 1) == "+50 ");
    CHECK(good.end() == Errc::none);
    CHECK(three.last_of(chain, 51) == "T ");
    CHECK(chain.end() == Errc::none);
}

TEST_CASE("A stream of a peer that the node does not use, or that refuses the node, ends at once") {
    Three three;
    SECTION("of a peer that is not used") {
        Headers stream = three.node.headers(node_id);
        CHECK(three.steps(stream, 1) == "unknown_peer");
    }
    SECTION("of a peer that is not used, while the node works") {
        three.pass(1s);
        Headers stream = three.node.headers(node_id);
        CHECK(three.steps(stream, 1) == "unknown_peer");
    }
    SECTION("of a peer that is left") {
        Headers stream = three.node.headers(relay_id);
        CHECK(three.last_of(stream, 51) == "T ");
        three.node.leave(relay_id);
        CHECK(three.steps(stream, 1) == "demoted");
    }
    SECTION("of a peer of another network") {
        const PeerId foreign = PeerId::from_parts("foreign.example", 3'001);
        responder::Config config;
        config.offer.data.magic = NetworkMagic{1};
        config.chain = three.chain;
        three.net.add<ResponderBehavior>(foreign, std::move(config));
        three.node.use(foreign);
        Headers stream = three.node.headers(foreign), good = three.node.headers(relay_id);
        CHECK(three.steps(stream, 1) == "magic_mismatch");
        CHECK(three.last_of(good, 51) == "T ");
    }
    SECTION("of a node that is stopped") {
        Headers stream = three.node.headers(relay_id);
        three.node.stop();
        CHECK(three.steps(stream, 1) == "stopped");
        Headers late = three.node.headers(relay_id);
        CHECK(three.steps(late, 1) == "stopped");
        late.pause();
        late.find(from_origin);
    }
}

TEST_CASE("Streams of headers count as followers") {
    NodeOptions options;
    options.max_followers = 2;
    Three three(5, options);
    Headers a = three.node.headers(relay_id);
    Follower chain = three.node.follow();
    CHECK_THROWS_AS(three.node.headers(other_id), std::invalid_argument);
    for (int again = 0; again < 10; ++again) a.find(from_origin);  // this makes none more
    CHECK(three.last_of(a, 6) == "T ");
    CHECK(three.last_of(chain, 6) == "T ");
}

TEST_CASE("A stream of headers outlives its node") {
    std::optional<Headers> stream;
    Three three;
    {
        Node node(three.runtime, mainnet);
        node.use(relay_id);
        stream.emplace(node.headers(relay_id));
    }
    CHECK(stream->end() == Errc::stopped);
    stream->pause();
    stream->resume();
    stream->find(from_tip);
    CHECK(stream->end() == Errc::stopped);
    CHECK(stream->peer() == relay_id);
}
