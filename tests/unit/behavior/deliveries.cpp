#include <ouro/emulation/vices.hpp>

#include "unit/behavior/spread.hpp"

using namespace cast;

namespace {

struct Forgery {
    std::string_view vice;
    Errc of_points, of_range;  ///< the rule it breaks
    bool begins = false;       ///< the first block of the range is good
};

constexpr Forgery forgeries[] = {
    {"forged_body", Errc::body_mismatch, Errc::body_mismatch},
    {"trailing_bytes", Errc::malformed, Errc::malformed},
    {"cut_block", Errc::malformed, Errc::malformed},
    {"header_alone", Errc::malformed, Errc::malformed},
    {"empty_block", Errc::malformed, Errc::malformed},
    {"wrong_block", Errc::range_mismatch, Errc::range_mismatch},
    {"short_range", Errc::range_short, Errc::range_short, true},
    {"omits_block", Errc::range_mismatch, Errc::broken_link, true},
    {"repeats_block", Errc::range_mismatch, Errc::broken_link, true},
    {"reorders_blocks", Errc::range_mismatch, Errc::range_mismatch},
};

/// Blocks that were delivered, and are not the next ones of the chain.
std::size_t wrong_blocks(const Spread& spread, ChainView::Position first) {
    std::size_t wrong = 0;
    for (const auto& block : told<ini::BlockReceived>(spread.node))
        wrong += block.block == *spread.chain->block(first + block.index) ? 0U : 1U;
    return wrong;
}

CommandId ask(Spread& spread, bool points) {
    if (points) return spread.ask(1, 6);
    return *spread.node.execute(ini::RequestBlocks{spread.chain->at(1), spread.chain->at(6)});
}

}  // namespace

TEST_CASE("A request to the only peer fails with the rule that its block breaks", "[unit][behavior][deliveries]") {
    for (const Forgery& forgery : forgeries) {
        for (const bool points : {true, false}) {
            INFO(forgery.vice << (points ? " of points" : " of a range"));
            const Errc rule = points ? forgery.of_points : forgery.of_range;
            Spread spread(1, 20, 1'000);
            spread.meddle(0, find_vice(responder_vices(), forgery.vice)->make);
            spread.meet();
            const CommandId id = ask(spread, points);
            REQUIRE(spread.ends<ini::RangeFailed>(5s));
            CHECK(last<ini::RangeFailed>(spread.node).command == id);
            CHECK(last<ini::RangeFailed>(spread.node).reason == rule);
            CHECK(wrong_blocks(spread, 1) == 0);
            spread.net.run_for(1s);
            const auto gone = last<ini::PeerDisconnected>(spread.node);
            CHECK(gone.violation.rule == rule);
            CHECK(gone.violation.protocol == BlockFetch::name);
            if (rule != Errc::range_short) CHECK(gone.point);
            const auto failed = last<ini::RangeFailed>(spread.node);
            CHECK(failed.violation == gone.violation);
            CHECK((failed.point ? std::optional(Point(*failed.point)) : std::nullopt) == gone.point);
        }
    }
}

TEST_CASE("A request goes to another peer when a block breaks a rule", "[unit][behavior][deliveries]") {
    for (const Forgery& forgery : forgeries) {
        for (const bool points : {true, false}) {
            INFO(forgery.vice << (points ? " of points" : " of a range"));
            Spread spread(2, 20, 1'000);
            spread.meddle(0, find_vice(responder_vices(), forgery.vice)->make);
            spread.meet();
            const CommandId id = ask(spread, points);
            spread.net.run_for(5s);
            CHECK(wrong_blocks(spread, 1) == 0);
            REQUIRE(count<ini::PeerDisconnected>(spread.node) >= 1);
            CHECK(told<ini::PeerDisconnected>(spread.node).front().peer == spread.ids[0]);
            CHECK(spread.check(id, 1) == 6);
            REQUIRE(count<ini::RangeDone>(spread.node) == 1);
            CHECK(count<ini::RangeFailed>(spread.node) == 0);
            CHECK(last<ini::RangeDone>(spread.node).peer == spread.ids[1]);
            CHECK(last<ini::RangeDone>(spread.node).blocks == 6);
        }
    }
}

TEST_CASE("The block from which a range continues is checked again and not delivered again",
          "[unit][behavior][deliveries]") {
    const auto [vice, rule] = GENERATE(table<std::string_view, Errc>({{"wrong_block", Errc::range_mismatch},
                                                                      {"forged_body", Errc::body_mismatch},
                                                                      {"empty_block", Errc::malformed}}));
    INFO(vice);
    Spread spread(3, 20, 1'000);
    spread.meddle(0, find_vice(responder_vices(), "short_range")->make);
    spread.meddle(1, find_vice(responder_vices(), vice)->make);
    spread.meet();
    const CommandId id = ask(spread, false);
    REQUIRE(spread.ends(5s));
    CHECK(spread.check(id, 1) == 6);
    CHECK(last<ini::RangeDone>(spread.node).blocks == 6);
    CHECK(count<ini::RangeFailed>(spread.node) == 0);
    const auto gone = told<ini::PeerDisconnected>(spread.node);
    REQUIRE(gone.size() == 2);
    CHECK(gone[0].violation.rule == Errc::range_short);
    CHECK(gone[1].peer == spread.ids[1]);
    CHECK(gone[1].violation.rule == rule);
    CHECK(spread.given(spread.ids[1]) == 0);
}

TEST_CASE("A range waits for a good peer that was lost, even if the only other one broke a rule",
          "[unit][behavior][deliveries]") {
    Options options;
    options.bandwidth = 1'000'000;
    Spread spread(2, 200, 20'000, options);
    spread.meddle(0, find_vice(responder_vices(), "repeats_block")->make);
    spread.meet();
    const auto id = spread.node.execute(ini::RequestBlocks{spread.chain->at(1), spread.chain->at(200)});
    REQUIRE(await<ini::PeerDisconnected>(spread.net, spread.node, 10s));
    REQUIRE(spread.node.execute(ini::DemotePeer{spread.ids[0]}));
    REQUIRE(spread.net.run_until([&] { return count<ini::BlockReceived>(spread.node) >= 50; }, 10s));
    spread.lose(1);
    REQUIRE(spread.ends(60s));
    CHECK(spread.check(*id, 1) == 200);
    CHECK(count<ini::RangeFailed>(spread.node) == 0);
}

TEST_CASE("A failed request names the block that broke the rule if the block can be read",
          "[unit][behavior][deliveries]") {
    const bool points = GENERATE(true, false);
    for (const std::string_view vice : {"forged_body", "empty_block"}) {
        INFO(vice << (points ? " of points" : " of a range"));
        Spread spread(1, 20, 1'000);
        spread.relays[0]->meddle([make = find_vice(responder_vices(), vice)->make] {
            return Meddler<n2n::Message>{
                {}, [forge = make(), good = 2](Hand<n2n::Message>& hand, io::Send<n2n::Message> send) mutable {
                    const bool block = send.message.as<BlockFetch>() &&
                                       std::holds_alternative<BlockFetch::Block>(*send.message.as<BlockFetch>());
                    if (block && good-- <= 0) return forge.sends(hand, std::move(send));
                    hand.pass(send);
                }};
        });
        spread.meet();
        const CommandId id = ask(spread, points);
        REQUIRE(spread.ends<ini::RangeFailed>(5s));
        const auto failed = last<ini::RangeFailed>(spread.node);
        CHECK(failed.blocks == spread.check(id, 1));
        const bool readable = points || vice != "empty_block";
        CHECK(failed.point == (readable ? std::optional(spread.chain->at(3)) : std::nullopt));
    }
}

TEST_CASE("The event of a peer that sent a forged block names the block", "[unit][behavior][deliveries]") {
    Spread spread(1, 20, 1'000);
    spread.meddle(0, find_vice(responder_vices(), "forged_body")->make);
    spread.meet();
    spread.ask(3, 3);
    spread.net.run_for(1s);
    CHECK(last<ini::PeerDisconnected>(spread.node).point == spread.chain->point(3));
}

TEST_CASE("With checks of headers only, bodies are not checked", "[unit][behavior][deliveries]") {
    ini::Config config = knowing();
    config.checks = Checks::headers;
    Spread spread(1, 20, 1'000, {}, config);
    spread.meddle(0, find_vice(responder_vices(), "forged_body")->make);
    spread.meet();
    spread.ask(1, 6);
    REQUIRE(spread.ends(5s));
}

TEST_CASE("A header is delivered with the fields that the rules read in it", "[unit][behavior][deliveries]") {
    Pair pair(5);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    const auto headers = told<ini::RollForward>(pair.node);
    REQUIRE(headers.size() == 5);
    for (std::size_t i = 0; i < headers.size(); ++i) {
        REQUIRE(headers[i].info);
        CHECK(headers[i].info->point == pair.chain->at(i + 1));
    }
}
