#include "program/feed.hpp"

#include "support/catch.hpp"
#include "support/chain.hpp"

using namespace ouro;
using detail::Feed;
using support::TestChain;

namespace {

const PeerId relay = PeerId::from_parts("relay.example", 3'001);
const PeerId another = PeerId::from_parts("other.example", 3'001);

Forward header_at(std::uint64_t number, std::uint8_t fork = 0) {
    const BlockPoint point = TestChain::made_up(number, fork);
    return {point, BlockNumber{number}, TestChain::header_of(point), {}, {}, relay};
}
Point point_at(std::uint64_t number, std::uint8_t fork = 0) { return TestChain::made_up(number, fork); }
Bytes block_at(std::uint64_t number, std::uint8_t fork = 0) {
    return TestChain::block_of(TestChain::made_up(number, fork));
}

/// A feed that began at the origin.
Feed begun(FollowOptions follow = {}, std::uint64_t k = 100) {
    Feed feed({Network(mainnet, k), std::move(follow), {}, {}});
    feed.began(Point(), {}, relay);
    return feed;
}
FollowOptions with_blocks(std::size_t window_bytes = 1'000'000) {
    FollowOptions follow;
    follow.blocks = true;
    follow.window_bytes = window_bytes;
    return follow;
}
void forward(Feed& feed, std::uint64_t first, std::uint64_t last, std::uint8_t fork = 0) {
    for (std::uint64_t number = first; number <= last; ++number) feed.forward(header_at(number, fork));
}
/// The steps that are ready, in short: +N a block, -N a roll-back, T the tip.
std::string taken(Feed& feed) {
    std::string all;
    while (feed.ready()) {
        const Step step = feed.take();
        if (const auto* next = std::get_if<Forward>(&step))
            all += "+" + std::to_string(static_cast<std::uint64_t>(next->number)) + " ";
        else if (const auto* back = std::get_if<Backward>(&step))
            all += back->point.is_origin()
                       ? std::string("-0 ")
                       : "-" + std::to_string(static_cast<std::uint64_t>(back->point.slot()) / TestChain::slots) + " ";
        else
            all += "T ";
    }
    return all;
}

}  // namespace

TEST_CASE("A feed of headers delivers them in order, and the tip after them") {
    Feed feed = begun();
    forward(feed, 1, 3);
    feed.at_tip({});
    CHECK(taken(feed) == "+1 +2 +3 T ");
    CHECK_FALSE(feed.ready());
    CHECK(feed.end() == Errc::none);
}

TEST_CASE("A tip that was not taken is reported after the blocks that have arrived since") {
    Feed feed = begun();
    forward(feed, 1, 3);
    feed.at_tip({});
    SECTION("after the last one") {
        Forward next = header_at(4);
        next.tip = {next.point, next.number};
        feed.forward(std::move(next));
        CHECK(taken(feed) == "+1 +2 +3 +4 T ");
    }
    SECTION("after a roll-back to it") {
        feed.backward(point_at(2), {point_at(2), BlockNumber{2}}, relay);
        CHECK(taken(feed) == "+1 +2 T ");
    }
    SECTION("not while the peer has more") {
        Forward next = header_at(4);
        next.tip = {point_at(5), BlockNumber{5}};
        feed.forward(std::move(next));
        CHECK(taken(feed) == "+1 +2 +3 +4 ");
    }
}

TEST_CASE("A roll-back of headers that were not taken is not delivered") {
    Feed feed = begun();
    forward(feed, 1, 5);
    feed.backward(point_at(2), {}, relay);
    forward(feed, 3, 4, 1);
    CHECK(taken(feed) == "+1 +2 +3 +4 ");
}

TEST_CASE("A roll-back of delivered headers is delivered once, to its deepest point") {
    Feed feed = begun();
    forward(feed, 1, 5);
    CHECK(taken(feed) == "+1 +2 +3 +4 +5 ");
    feed.backward(point_at(4), {}, relay);
    forward(feed, 5, 6, 1);
    feed.backward(point_at(2), {}, relay);
    forward(feed, 3, 3, 2);
    CHECK(taken(feed) == "-2 +3 ");
    CHECK(feed.cursor()->point() == point_at(3, 2));
}

TEST_CASE("A feed that intersects behind its first point begins with a roll-back") {
    FollowOptions follow;
    follow.from = Start(point_at(9), point_at(7), point_at(5));
    Feed feed({Network(mainnet, 100), follow, {}, {}});
    feed.began(point_at(7), {}, relay);
    forward(feed, 8, 8, 1);
    CHECK(taken(feed) == "-7 +8 ");
}

TEST_CASE("A feed from the tip has no cursor before it has begun") {
    FollowOptions follow;
    follow.from = from_tip;
    Feed feed({Network(mainnet, 100), follow, {}, {}});
    CHECK_FALSE(feed.cursor());
    feed.began(point_at(50), {}, relay);
    CHECK(feed.cursor()->point() == point_at(50));
    forward(feed, 51, 51);
    CHECK(taken(feed) == "+51 ");
}

TEST_CASE("Blocks are requested once and delivered in order, whatever the order of their arrival") {
    Feed feed = begun(with_blocks());
    forward(feed, 1, 4);
    const auto request = feed.poll_request();
    REQUIRE(request);
    REQUIRE(request->points.size() == 4);
    CHECK_FALSE(feed.poll_request());
    feed.block(request->id, 2, block_at(3), another);
    feed.block(request->id, 0, block_at(1), another);
    CHECK(taken(feed) == "+1 ");
    feed.block(request->id, 3, block_at(4), another);
    feed.block(request->id, 1, block_at(2), another);
    CHECK_FALSE(feed.request_ended(request->id, Errc::none));
    CHECK(taken(feed) == "+2 +3 +4 ");
    CHECK(feed.held_bytes() == 0);
}

TEST_CASE("A block with another era than its header is taken only from another peer than the header's") {
    Feed feed = begun(with_blocks());
    forward(feed, 1, 2);
    const auto request = feed.poll_request();
    const Bytes good = block_at(1);
    std::vector<std::uint8_t> babbage(good.view().begin(), good.view().end());
    babbage[1] = 6;
    CHECK_FALSE(feed.block(request->id, 0, Bytes::copy(babbage), relay));
    CHECK(feed.held_bytes() == 0);
    CHECK(feed.block(request->id, 1, block_at(2), relay));
    CHECK_FALSE(feed.request_ended(request->id, Errc::none));
    const auto again = feed.poll_request();
    REQUIRE(again);
    CHECK(again->points == std::vector{TestChain::made_up(1)});
    CHECK(feed.block(again->id, 0, Bytes::copy(babbage), another));
    CHECK(taken(feed) == "+1 +2 ");
}

TEST_CASE("A block that was rolled back is dropped when it arrives") {
    Feed feed = begun(with_blocks());
    forward(feed, 1, 2);
    const auto first = feed.poll_request();
    feed.backward(point_at(1), {}, relay);
    forward(feed, 2, 2, 1);
    const auto second = feed.poll_request();
    REQUIRE(second);
    CHECK(Point(second->points.front()) == point_at(2, 1));
    feed.block(first->id, 1, block_at(2), another);
    feed.block(first->id, 0, block_at(1), another);
    CHECK(taken(feed) == "+1 ");
    feed.block(second->id, 0, block_at(2, 1), another);
    CHECK(taken(feed) == "+2 ");
    CHECK(feed.held_bytes() == 0);
}

TEST_CASE("What a failed request did not bring is requested again") {
    Feed feed = begun(with_blocks());
    forward(feed, 1, 3);
    const auto first = feed.poll_request();
    feed.block(first->id, 1, block_at(2), another);
    CHECK(feed.request_ended(first->id, Errc::no_blocks) == relay);
    const auto again = feed.poll_request();
    REQUIRE(again);
    CHECK(again->points.size() == 1);
    feed.block(again->id, 0, block_at(1), another);
    const auto last = feed.poll_request();
    REQUIRE(last);
    CHECK(Point(last->points.front()) == point_at(3));
    feed.block(last->id, 0, block_at(3), another);
    CHECK(taken(feed) == "+1 +2 +3 ");
}

TEST_CASE("Requested and untaken blocks stay within the window of bytes") {
    Feed feed = begun(with_blocks(200'000));  // 40 kB for each block that has not arrived
    forward(feed, 1, 100);
    const auto first = feed.poll_request();
    REQUIRE(first);
    CHECK(first->points.size() == 4);
    CHECK_FALSE(feed.poll_request());
    for (std::size_t i = 0; i < 4; ++i) feed.block(first->id, i, block_at(i + 1), another);
    CHECK(feed.held_bytes() == 400);
    REQUIRE(feed.poll_request());
}

TEST_CASE("An endless chain makes a feed request a bounded part of it until its blocks arrive and are taken") {
    Feed feed = begun(with_blocks(200'000));  // 40 kB for each block that has not arrived
    std::uint64_t announced = 0;
    std::vector<Feed::Request> requests;
    std::size_t requested = 0;
    // Announces as much as it may.
    const auto announce = [&] {
        while (const std::uint32_t credit = feed.poll_credit()) {
            forward(feed, announced + 1, announced + credit);
            announced += credit;
            REQUIRE(announced <= 2 * Feed::most_waiting);
            while (auto request = feed.poll_request()) {
                requested += request->points.size();
                requests.push_back(*std::move(request));
            }
        }
    };
    announce();
    CHECK(announced == Feed::most_waiting);
    CHECK(requested == 4);
    CHECK_FALSE(feed.poll_request());
    CHECK_FALSE(feed.ready());
    for (std::size_t i = 0; i < 4; ++i) feed.block(requests.at(0).id, i, block_at(i + 1), another);
    CHECK(feed.poll_request());
    CHECK(taken(feed) == "+1 +2 +3 +4 ");
    CHECK(feed.poll_credit() == 4);
}

TEST_CASE("A window smaller than a block still lets one block through at a time") {
    Feed feed = begun(with_blocks(1));
    forward(feed, 1, 2);
    const auto first = feed.poll_request();
    REQUIRE(first);
    CHECK(first->points.size() == 1);
    feed.block(first->id, 0, block_at(1), another);
    CHECK_FALSE(feed.poll_request());
    CHECK(taken(feed) == "+1 ");
    CHECK(feed.poll_request());
}

TEST_CASE("With a depth only blocks with enough blocks after them are requested and delivered") {
    FollowOptions follow = with_blocks();
    follow.depth = 3;
    Feed feed = begun(follow);
    forward(feed, 1, 5);
    const auto request = feed.poll_request();
    REQUIRE(request);
    CHECK(request->points.size() == 2);
    feed.block(request->id, 0, block_at(1), another);
    feed.block(request->id, 1, block_at(2), another);
    feed.at_tip({});
    CHECK(taken(feed) == "+1 +2 T ");
    feed.backward(point_at(3), {}, relay);
    forward(feed, 4, 6, 1);
    const auto next = feed.poll_request();
    REQUIRE(next);
    CHECK(next->points.size() == 1);
    feed.block(next->id, 0, block_at(3), another);
    CHECK(taken(feed) == "+3 ");
}

TEST_CASE("A roll-back deeper than the depth ends the feed") {
    FollowOptions follow;
    follow.depth = 2;
    Feed feed = begun(follow);
    forward(feed, 1, 6);
    CHECK(taken(feed) == "+1 +2 +3 +4 ");
    feed.backward(point_at(3), {}, relay);
    CHECK(feed.end() == Errc::rolled_back_too_far);
    CHECK(taken(feed).empty());
}

TEST_CASE("A chain that undoes settled blocks is refused, and another peer continues") {
    FollowOptions follow;
    follow.depth = 2;
    Feed feed({Network(mainnet, 100), follow, {}, {}, false, [] { return std::size_t{2}; }});
    feed.began(Point(), {}, relay);
    forward(feed, 1, 6);
    CHECK(taken(feed) == "+1 +2 +3 +4 ");
    feed.backward(point_at(3), {}, relay);
    CHECK(feed.end() == Errc::none);
    CHECK(feed.poll_refused() == relay);
    CHECK(feed.points().front() == point_at(4));
    CHECK(feed.poll_credit() == 0);
    feed.began(point_at(4), {}, another);
    CHECK(feed.poll_credit() == Feed::header_window);
    forward(feed, 5, 7);
    CHECK(taken(feed) == "+5 ");
    // One refusal counts until a block is delivered.
    feed.backward(point_at(1), {}, relay);
    CHECK(feed.poll_refused() == relay);
    feed.began(point_at(1), {}, another);
    CHECK(feed.end() == Errc::rolled_back_too_far);
}

TEST_CASE("A roll-back deeper than k is refused") {
    Feed feed = begun({}, 10);
    forward(feed, 1, 50);
    (void)taken(feed);
    SECTION("to the origin") { feed.backward(Point(), {}, relay); }
    SECTION("to a block that was delivered") { feed.backward(point_at(39), {}, relay); }
    CHECK(feed.end() == Errc::rolled_back_too_far);
}

TEST_CASE("A roll-back to before the beginning is delivered if k blocks may take so long") {
    FollowOptions follow;
    follow.from = point_at(5'000);
    Feed feed({Network(mainnet, 100), follow, {}, {}});
    feed.began(point_at(5'000), {}, relay);
    forward(feed, 5'001, 5'001);
    (void)taken(feed);
    SECTION("a few blocks") {
        feed.backward(point_at(4'990), {}, relay);
        CHECK(taken(feed) == "-4990 ");
    }
    SECTION("everything") {
        feed.backward(Point(), {}, relay);
        CHECK(taken(feed).empty());
        CHECK(feed.end() == Errc::rolled_back_too_far);
    }
}

TEST_CASE("A range that one peer does not have is continued by another one") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(7), false,
               [] { return std::size_t{2}; }});
    feed.began(point_at(5), {}, relay);
    forward(feed, 6, 6);
    const auto early = feed.poll_request();
    REQUIRE(early);
    feed.at_tip({{}, relay});
    CHECK(feed.poll_refused() == relay);
    CHECK(feed.points().front() == point_at(5));
    feed.began(point_at(5), {}, another);
    forward(feed, 6, 7);
    feed.block(early->id, 0, block_at(5), another);
    const auto request = feed.poll_request();
    REQUIRE(request);
    for (std::size_t i = 0; i < 3; ++i) feed.block(request->id, i, block_at(5 + i), another);
    CHECK(taken(feed) == "+5 +6 +7 ");
    CHECK(feed.end() == Errc::end_of_range);
}

TEST_CASE("A range whose first block one peer refuses is continued by another one") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    const auto last = GENERATE(std::uint64_t{5}, std::uint64_t{7});
    std::size_t known = 2;
    Feed feed(
        {Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(last), false, [&] { return known; }});
    const auto begin = [&] {
        feed.began(point_at(5), {}, relay);
        forward(feed, 6, last);
        const auto request = feed.poll_request();
        REQUIRE(request);
        CHECK(Point(request->points.front()) == point_at(5));
        return request->id;
    };
    CHECK_FALSE(feed.request_ended(begin(), Errc::no_blocks, relay));
    CHECK(feed.end() == Errc::none);
    CHECK(feed.poll_refused() == relay);
    CHECK(feed.points().front() == point_at(5));
    CHECK_FALSE(feed.poll_request());
    SECTION("that has it") {
        const auto request = begin();
        for (std::size_t i = 0; i + 5 <= last; ++i) feed.block(request, i, block_at(5 + i), another);
        CHECK(taken(feed) == (last == 5 ? "+5 " : "+5 +6 +7 "));
        CHECK(feed.end() == Errc::end_of_range);
    }
    SECTION("unless that one refuses it, too") {
        CHECK_FALSE(feed.request_ended(begin(), Errc::no_blocks, another));
        CHECK(feed.end() == Errc::no_blocks);
    }
    SECTION("and by a third one, but no fourth") {
        known = 9;
        CHECK_FALSE(feed.request_ended(begin(), Errc::no_blocks, another));
        CHECK(feed.poll_refused() == another);
        CHECK_FALSE(feed.request_ended(begin(), Errc::no_blocks, PeerId::from_parts("third.example", 3'001)));
        CHECK(feed.end() == Errc::no_blocks);
    }
    SECTION("and is not refused twice by the same one") {
        CHECK_FALSE(feed.request_ended(begin(), Errc::no_blocks, relay));
        CHECK(feed.end() == Errc::none);
        CHECK(feed.poll_refused() == relay);
    }
}

TEST_CASE("A feed that ends delivers what is complete, and a stopped one nothing") {
    Feed feed = begun(with_blocks());
    forward(feed, 1, 3);
    const auto request = feed.poll_request();
    feed.block(request->id, 0, block_at(1), another);
    SECTION("the end of the chain's peer") {
        feed.end(Errc::no_intersection);
        CHECK(feed.end() == Errc::none);
        CHECK(taken(feed) == "+1 ");
        CHECK(feed.end() == Errc::no_intersection);
        CHECK_FALSE(feed.poll_request());
    }
    SECTION("stopped by the consumer") {
        feed.end(Errc::cancelled);
        CHECK(taken(feed).empty());
        CHECK(feed.end() == Errc::cancelled);
        CHECK(feed.held_bytes() == 0);
    }
}

TEST_CASE("Before an unknown era, a feed delivers the blocks of all known headers") {
    FollowOptions follow = with_blocks();
    follow.depth = GENERATE(0U, 2U);  // those that are not deep enough stay out
    Feed feed = begun(follow);
    forward(feed, 1, 5);
    const auto request = feed.poll_request();
    feed.block(request->id, 0, block_at(1), another);
    feed.end(Errc::unknown_era);
    CHECK(taken(feed) == "+1 ");
    CHECK(feed.end() == Errc::none);
    SECTION("they come over another connection") {
        CHECK_FALSE(feed.request_ended(request->id, Errc::connection_reset));
        const auto again = feed.poll_request();
        REQUIRE(again);
        for (std::uint64_t number = 2; number < 2 + again->points.size(); ++number)
            feed.block(again->id, number - 2, block_at(number), another);
        CHECK(taken(feed) == (follow.depth == 0 ? "+2 +3 +4 +5 " : "+2 +3 "));
    }
    SECTION("no peer has them") {
        feed.block(request->id, 1, block_at(2), another);
        CHECK(feed.request_ended(request->id, Errc::no_blocks) == relay);
        CHECK(taken(feed) == "+2 ");
    }
    SECTION("the node stops first") {
        feed.end(Errc::stopped);
        CHECK(feed.end() == Errc::stopped);
        return;
    }
    CHECK(feed.end() == Errc::unknown_era);
    CHECK_FALSE(feed.poll_request());
    CHECK(feed.poll_credit() == 0);
}

TEST_CASE("A range begins with the block at its first point and ends with its last one") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(7)});
    feed.began(point_at(5), {}, relay);
    forward(feed, 6, 9);
    const auto request = feed.poll_request();
    REQUIRE(request);
    REQUIRE(request->points.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) feed.block(request->id, i, block_at(5 + i), another);
    CHECK(feed.end() == Errc::none);
    CHECK(taken(feed) == "+5 +6 +7 ");
    CHECK(feed.end() == Errc::end_of_range);
}

TEST_CASE("A range that still waits for blocks ends with its node") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(7)});
    feed.began(point_at(5), {}, relay);
    forward(feed, 6, 7);
    const auto request = feed.poll_request();
    REQUIRE(request);
    feed.block(request->id, 0, block_at(5), another);
    feed.end(Errc::stopped);
    CHECK(taken(feed) == "+5 ");
    CHECK(feed.end() == Errc::stopped);
}

TEST_CASE("A range of one block needs no header") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(5)});
    feed.began(point_at(5), {}, relay);
    const auto request = feed.poll_request();
    REQUIRE(request);
    feed.block(request->id, 0, block_at(5), another);
    REQUIRE(feed.ready());
    const Step step = feed.take();
    const auto* block = std::get_if<Forward>(&step);
    REQUIRE(block);
    CHECK(block->number == BlockNumber{5});
    CHECK(block->peer == another);  // no header was announced
    CHECK(feed.end() == Errc::end_of_range);
}

TEST_CASE("A range whose last block is not on the chain ends with no blocks") {
    FollowOptions follow = with_blocks();
    follow.from = point_at(5);
    SECTION("the chain ends before it") {
        Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(9)});
        feed.began(point_at(5), {}, relay);
        forward(feed, 6, 7);
        feed.at_tip({{}, relay});
        CHECK(feed.end() == Errc::no_blocks);
    }
    SECTION("the chain goes past its slot") {
        Feed feed({Network(mainnet, 100), follow, TestChain::made_up(5), TestChain::made_up(7, 3)});
        feed.began(point_at(5), {}, relay);
        forward(feed, 6, 8);
        CHECK(feed.end() == Errc::no_blocks);
    }
}

TEST_CASE("Credit covers a window of headers, and returns as headers are taken") {
    Feed feed = begun();
    CHECK(feed.poll_credit() == Feed::header_window);
    CHECK(feed.poll_credit() == 0);
    forward(feed, 1, 300);
    CHECK(feed.poll_credit() == 0);
    for (int i = 0; i < 300; ++i) (void)feed.take();
    CHECK(feed.poll_credit() == Feed::header_window);
}

TEST_CASE("A chain of more than k blocks is not undone to the origin, however often its follower began again") {
    std::optional<Cursor> cursor;
    for (std::uint64_t run = 0; run < 4; ++run) {
        FollowOptions follow;
        if (cursor) follow.from = *cursor;
        Feed feed({Network(mainnet, 100), follow, {}, {}});
        feed.began(run == 0 ? Point() : point_at(30 * run), {}, relay);
        forward(feed, 30 * run + 1, 30 * run + 30);
        (void)taken(feed);
        cursor = feed.cursor();
        const bool young = run < 3;
        INFO(run);
        CHECK(cursor->points().back().is_origin() == young);
        feed.backward(Point(), {}, relay);
        CHECK((feed.end() == Errc::rolled_back_too_far) == !young);
    }
}

TEST_CASE("The points of a cursor become sparser and reach back no further than k") {
    Feed feed = begun({}, 50);
    forward(feed, 1, 30);
    (void)taken(feed);
    CHECK(feed.cursor()->points().back().is_origin());
    forward(feed, 31, 200);
    (void)taken(feed);
    const auto points = feed.cursor()->points();
    CHECK(points.front() == point_at(200));
    CHECK(points[1] == point_at(199));
    CHECK(points.back() == point_at(150));
    CHECK(points.size() < 20);
}
