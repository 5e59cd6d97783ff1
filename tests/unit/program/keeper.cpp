#include <ouro/program/keeper.hpp>

#include <algorithm>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"

using namespace ouro;
using chain::Keeper;
using chain::StoredChain;
using chain::SyntheticChain;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

namespace {

const PeerId peer = PeerId::from_parts("10.0.0.1", 3'001);

/// A chain of `blocks` blocks; after `common` it differs for each fork.
SyntheticChain made_up(ChainView::Position blocks, ChainView::Position common = 0, int fork = 0,
                       std::size_t block_bytes = 2048) {
    SyntheticChain::Options options;
    options.block_bytes = block_bytes;
    options.blocks = fork == 0 ? blocks : common + 1;
    SyntheticChain made(options);
    for (int i = 0; i < fork; ++i) {
        made.roll_back(common);
        made.extend(blocks - common);
    }
    return made;
}

BlockPoint at(const ChainView& chain, ChainView::Position position) {
    const Point point = chain.point(position);
    return {point.slot(), point.hash()};
}

/// A keeper, and the node that it speaks with, which is the test.
struct Play {
    template <class C>
    [[nodiscard]] std::vector<C> all() const {
        std::vector<C> result;
        for (const auto& command : commands)
            if (const auto* one = std::get_if<C>(&command)) result.push_back(*one);
        return result;
    }
    template <class C>
    [[nodiscard]] CommandId last_id() const {
        for (std::size_t i = commands.size(); i > 0; --i)
            if (std::holds_alternative<C>(commands[i - 1])) return CommandId{i};
        FAIL("no such command");
        return {};
    }
    void tell(const node::Event& event) { REQUIRE(!keeper.handle(event)); }
    void intersect(const ChainView& theirs, ChainView::Position position) {
        tell(ini::Intersected{last_id<ini::StartSync>(), peer, theirs.point(position), theirs.tip()});
    }
    void forward(const ChainView& theirs, ChainView::Position first, ChainView::Position last) {
        for (auto position = first; position <= last; ++position)
            tell(ini::RollForward{last_id<ini::StartSync>(), peer, *theirs.header(position), theirs.tip()});
    }
    void back(const Point& point) { tell(ini::RollBackward{last_id<ini::StartSync>(), peer, point, {}}); }
    /// Delivers the last request.
    void give(const ChainView& theirs) {
        const auto wish = all<ini::RequestPoints>().back();
        const CommandId id = last_id<ini::RequestPoints>();
        for (std::size_t i = 0; i < wish.points.size(); ++i)
            tell(ini::BlockReceived{id, peer, i, *theirs.block(*theirs.find(Point(wish.points[i])))});
        tell(ini::RangeDone{id, peer, wish.points.size()});
    }
    void keep(const ChainView& theirs) {
        for (ChainView::Position position = 1; position <= theirs.size(); ++position)
            REQUIRE(!kept->append(*theirs.block(position)));
    }

    std::shared_ptr<StoredChain> kept = std::make_shared<StoredChain>();
    std::vector<node::Command> commands;  // each one's number is its place, from 1
    bool stopped = false;
    Keeper keeper{kept, [this](node::Command command) -> Result<CommandId> {
                      if (stopped) return Errc::stopped;
                      commands.push_back(std::move(command));
                      return CommandId{commands.size()};
                  }};
};

}  // namespace

TEST_CASE("A followed chain is fetched, kept and announced to followers", "[unit][chain][keeper]") {
    const auto theirs = made_up(5);
    Play play;
    play.keeper.start();
    CHECK(play.all<ini::StartSync>().at(0).points == std::vector{Point()});
    CHECK(play.all<ini::ContinueSync>().at(0).headers == 300);
    play.intersect(theirs, 0);
    play.forward(theirs, 1, 3);
    CHECK(play.all<ini::ContinueSync>().size() == 4);
    REQUIRE(play.all<ini::RequestPoints>().size() == 1);  // one at a time
    CHECK(play.all<ini::RequestPoints>()[0].points == std::vector{at(theirs, 1)});
    CHECK_FALSE(play.keeper.poll_change());
    play.give(theirs);
    CHECK(play.kept->size() == 1);
    const auto change = play.keeper.poll_change();
    REQUIRE(change);
    CHECK(change->common == 0);
    CHECK_FALSE(change->taken_back);
    CHECK_FALSE(play.keeper.poll_change());
    CHECK(play.all<res::ChainChanged>().at(0).common == 0);
    CHECK(play.all<ini::RequestPoints>().at(1).points == std::vector{at(theirs, 2), at(theirs, 3)});
    play.give(theirs);
    play.forward(theirs, 4, 5);
    play.give(theirs);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A sync continues from the end of the kept chain, with ever fewer points further back",
          "[unit][chain][keeper]") {
    const auto theirs = made_up(20);
    Play play;
    play.keep(theirs);
    play.keeper.start();
    std::vector<Point> want;
    for (const ChainView::Position position : {20U, 19U, 17U, 13U, 5U, 0U}) want.push_back(theirs.point(position));
    CHECK(play.all<ini::StartSync>().at(0).points == want);
}

TEST_CASE("Kept blocks are not fetched again", "[unit][chain][keeper]") {
    const auto theirs = made_up(12);
    Play play;
    play.keep(made_up(10));
    play.keeper.start();
    play.intersect(theirs, 5);
    play.forward(theirs, 6, 10);
    CHECK(play.all<ini::RequestPoints>().empty());
    play.forward(theirs, 11, 11);
    CHECK(play.all<ini::RequestPoints>().at(0).points == std::vector{at(theirs, 11)});
    play.give(theirs);
    CHECK(play.kept->size() == 11);
    CHECK(play.all<res::ChainChanged>().at(0).common == 10);
}

TEST_CASE("A peer that is behind causes no roll-back", "[unit][chain][keeper]") {
    Play play;
    const auto ours = made_up(10);
    play.keep(ours);
    play.keeper.start();
    play.intersect(ours, 10);
    play.back(ours.point(7));
    CHECK(play.kept->size() == 10);
    CHECK(play.all<res::ChainChanged>().empty());
    // And is gone on with when it has caught up.
    const auto theirs = made_up(11);
    play.forward(theirs, 8, 11);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("Only a longer fork replaces the kept chain, not one of the same length", "[unit][chain][keeper]") {
    const auto ours = made_up(10), theirs = made_up(11, 7, 1);
    REQUIRE(ours.point(7) == theirs.point(7));
    REQUIRE(ours.point(8) != theirs.point(8));
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 7);
    play.forward(theirs, 8, 10);
    CHECK(play.all<ini::RequestPoints>().empty());
    CHECK(play.kept->tip() == ours.tip());
    play.forward(theirs, 11, 11);
    CHECK(play.all<ini::RequestPoints>().at(0).points.size() == 4);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
    CHECK(play.all<res::ChainChanged>().at(0).common == 7);
    CHECK(play.keeper.poll_change()->common == 7);
}

TEST_CASE("The blocks of a fork are held aside until it is longer, and then replace the others in one step",
          "[unit][chain][keeper]") {
    const auto ours = made_up(10), theirs = made_up(12, 7, 1);
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 7);
    play.forward(theirs, 8, 12);
    const CommandId id = play.last_id<ini::RequestPoints>();
    for (ChainView::Position position = 8; position <= 10; ++position)
        play.tell(ini::BlockReceived{id, peer, position - 8, *theirs.block(position)});
    CHECK(play.kept->tip() == ours.tip());
    CHECK(play.all<res::ChainChanged>().empty());
    CHECK_FALSE(play.keeper.poll_change());
    play.tell(ini::BlockReceived{id, peer, 3, *theirs.block(11)});
    CHECK(play.kept->size() == 11);
    CHECK(play.kept->point(11) == theirs.point(11));
    REQUIRE(play.all<res::ChainChanged>().size() == 1);
    CHECK(play.all<res::ChainChanged>()[0].common == 7);
    play.tell(ini::RangeDone{id, peer, 4});
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A fork that is rolled back before it was longer changes nothing", "[unit][chain][keeper]") {
    const auto ours = made_up(10), theirs = made_up(11, 7, 1), others = made_up(12, 8, 1);
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 7);
    play.forward(theirs, 8, 11);
    const CommandId id = play.last_id<ini::RequestPoints>();
    for (ChainView::Position position = 8; position <= 10; ++position)
        play.tell(ini::BlockReceived{id, peer, position - 8, *theirs.block(position)});
    play.back(ours.point(7));
    play.forward(others, 8, 12);
    play.tell(ini::BlockReceived{id, peer, 3, *theirs.block(11)});
    CHECK(play.kept->tip() == ours.tip());
    play.tell(ini::RangeDone{id, peer, 4});
    CHECK(play.all<ini::RequestPoints>().back().points.size() == 4);
    play.give(others);
    CHECK(play.kept->tip() == others.tip());
    CHECK(play.all<res::ChainChanged>().at(0).common == 8);
}

TEST_CASE("At the limit of bytes held aside, a fork replaces the kept blocks before it is longer",
          "[unit][chain][keeper]") {
    constexpr std::size_t block_bytes = 4U << 20;
    constexpr ChainView::Position most = Keeper::most_bytes_aside / block_bytes;
    const auto ours = made_up(2 * most), theirs = made_up(2 * most + 1, 0, 1, block_bytes);
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, theirs.size());
    const CommandId id = play.last_id<ini::RequestPoints>();
    for (ChainView::Position position = 1; position <= most; ++position)
        play.tell(ini::BlockReceived{id, peer, position - 1, *theirs.block(position)});
    CHECK(play.kept->tip() == ours.tip());
    play.tell(ini::BlockReceived{id, peer, most, *theirs.block(most + 1)});
    CHECK(play.kept->size() == most + 1);
    CHECK(play.kept->point(most + 1) == theirs.point(most + 1));
    CHECK(play.all<res::ChainChanged>().size() == 1);
}

TEST_CASE("A request stays below the limit of bytes as far as the sizes of blocks are known", "[unit][chain][keeper]") {
    constexpr std::size_t block_bytes = 2U << 20;
    const auto theirs = made_up(20, 0, 0, block_bytes);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, 20);
    play.give(theirs);
    CHECK(play.all<ini::RequestPoints>().back().points.size() == Keeper::most_bytes_at_once / theirs.block(1)->size());
}

TEST_CASE("A change states whether blocks were rolled back", "[unit][chain][keeper]") {
    const auto ours = made_up(3), theirs = made_up(4, 2, 1);
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 2);
    play.forward(theirs, 3, 4);
    const CommandId id = play.last_id<ini::RequestPoints>();
    play.tell(ini::BlockReceived{id, peer, 0, *theirs.block(3)});
    CHECK_FALSE(play.keeper.poll_change());
    play.tell(ini::BlockReceived{id, peer, 1, *theirs.block(4)});
    const auto change = play.keeper.poll_change();
    REQUIRE(change);
    CHECK(change->common == 2);
    CHECK(change->taken_back);
}

TEST_CASE("Blocks that were requested before the chain changed are ignored", "[unit][chain][keeper]") {
    const auto first = made_up(6), second = made_up(8, 3, 1);
    Play play;
    play.keeper.start();
    play.intersect(first, 0);
    play.forward(first, 1, 6);
    play.give(first);  // the first block
    const CommandId id = play.last_id<ini::RequestPoints>();
    play.tell(ini::BlockReceived{id, peer, 0, *first.block(2)});
    play.back(first.point(3));
    play.forward(second, 4, 8);
    for (ChainView::Position p = 3; p <= 6; ++p) play.tell(ini::BlockReceived{id, peer, p - 2, *first.block(p)});
    CHECK(play.kept->size() == 3);
    SECTION("the request ends well") { play.tell(ini::RangeDone{id, peer, 5}); }
    SECTION("the request fails, which has no effect") {
        play.tell(ini::RangeFailed{id, Errc::deadline_passed, 2});
        CHECK(play.all<ini::StopSync>().empty() == false);
        play.intersect(second, 3);
        play.forward(second, 4, 8);
        play.give(second);
    }
    play.give(second);
    CHECK(play.kept->tip() == second.tip());
}

TEST_CASE("If no peer has the announced blocks, the sync restarts without the peer that announced them",
          "[unit][chain][keeper]") {
    const auto theirs = made_up(5);
    Play play;
    play.keep(made_up(2));
    play.keeper.start();
    play.intersect(theirs, 2);
    play.forward(theirs, 3, 4);
    const CommandId old = play.last_id<ini::StartSync>();
    play.tell(ini::NoBlocks{play.last_id<ini::RequestPoints>(), peer});
    CHECK(play.all<ini::StopSync>().size() == 1);
    CHECK(play.last_id<ini::StartSync>() != old);
    // Events of the stopped sync have no effect.
    play.tell(ini::RollForward{old, peer, *theirs.header(5), theirs.tip()});
    play.tell(ini::SyncEnded{old, Errc::none});
    CHECK(play.all<ini::StartSync>().size() == 2);
    REQUIRE(play.all<ini::BanPeer>().size() == 1);
    CHECK(play.all<ini::BanPeer>()[0].time == Keeper::first_pause);
    CHECK(play.keeper.poll_setback()->point == theirs.point(3));
    play.intersect(theirs, 2);
    play.forward(theirs, 3, 5);
    play.give(theirs);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A peer that finds no point or rolls back to an unknown one causes a setback", "[unit][chain][keeper]") {
    const auto theirs = made_up(5), other = made_up(5, 0, 1);
    Play play;
    play.keep(made_up(2));
    play.keeper.start();
    Errc reason{};
    SECTION("no point") {
        play.tell(ini::NoIntersection{play.last_id<ini::StartSync>(), peer, theirs.tip()});
        reason = Errc::no_intersection;
    }
    SECTION("back to an unknown one") {
        play.intersect(theirs, 2);
        play.back(other.point(1));
        reason = Errc::no_progress;
    }
    const auto setback = play.keeper.poll_setback();
    REQUIRE(setback);
    CHECK(setback->peer == peer);
    CHECK(setback->reason == reason);
    CHECK_FALSE(play.keeper.poll_setback());
    REQUIRE(play.all<ini::BanPeer>().size() == 1);
    CHECK(play.all<ini::BanPeer>()[0].time == Keeper::first_pause);
    CHECK(play.all<ini::StartSync>().size() == 2);
}

TEST_CASE("A peer that announces unlinked or malformed headers is banned", "[unit][chain][keeper]") {
    const auto theirs = made_up(5), other = made_up(5, 0, 1);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, 2);
    const CommandId sync = play.last_id<ini::StartSync>();
    SECTION("a gap") { play.forward(theirs, 4, 4); }
    SECTION("another chain") { play.forward(other, 3, 3); }
    SECTION("the right predecessor and a wrong number") {
        const Header third = *theirs.header(3);
        std::vector<std::uint8_t> bytes(third.cbor.view().begin(), third.cbor.view().end());
        constexpr std::size_t number = 2;  // behind the heads of the header and its body
        REQUIRE(bytes[number] == 2);
        bytes[number] = 3;
        play.tell(ini::RollForward{sync, peer, Header{third.era, {}, Bytes::copy(bytes)}, {}});
    }
    SECTION("a malformed header") {
        const std::uint8_t nonsense[] = {0x80};
        play.tell(ini::RollForward{sync, peer, Header{Era::conway, {}, Bytes::copy(nonsense)}, {}});
    }
    REQUIRE(play.all<ini::BanPeer>().size() == 1);
    CHECK(play.all<ini::BanPeer>()[0].peer == peer);
    CHECK(play.all<ini::StartSync>().size() == 2);
}

TEST_CASE("a peer whose chain does not begin with a first block is banned", "[unit][chain][keeper]") {
    const auto theirs = made_up(5);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 2, 2);
    REQUIRE(play.all<ini::BanPeer>().size() == 1);
    CHECK(play.all<ini::BanPeer>()[0].peer == peer);
}

TEST_CASE("Headers are requested only while few enough wait for their blocks", "[unit][chain][keeper]") {
    const auto theirs = made_up(Keeper::most_wanted + 10);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, Keeper::most_wanted - 1);
    const auto before = play.all<ini::ContinueSync>().size();
    play.forward(theirs, Keeper::most_wanted, Keeper::most_wanted + 5);
    CHECK(play.all<ini::ContinueSync>().size() == before);
    play.give(theirs);  // one
    play.give(theirs);  // and a hundred
    CHECK(play.all<ini::ContinueSync>().size() > before);
    std::uint64_t credit = 0;
    for (const auto& wish : play.all<ini::ContinueSync>()) credit += wish.headers;
    CHECK(credit == 300 + Keeper::most_wanted + 5);
    CHECK(play.all<ini::RequestPoints>().back().points.size() == Keeper::most_at_once);
}

TEST_CASE("An endless chain makes a node hold and request a bounded part beyond its own tip", "[unit][chain][keeper]") {
    const auto theirs = made_up(3 * Keeper::most_wanted);
    const std::size_t window = ini::Config().sync_window;
    Play play;
    std::size_t read = 0, credit = 0, requests = 0;
    std::vector<BlockPoint> requested;
    // Announces as much as it may.
    ChainView::Position announced = 0;
    const auto announce = [&] {
        do {
            for (; read < play.commands.size(); ++read) {
                if (const auto* more = std::get_if<ini::ContinueSync>(&play.commands[read])) credit += more->headers;
                if (const auto* wish = std::get_if<ini::RequestPoints>(&play.commands[read])) {
                    ++requests;
                    requested = wish->points;
                }
            }
            if (announced == std::min<std::size_t>(credit, theirs.size())) return;
            ++announced;
            play.forward(theirs, announced, announced);
        } while (true);
    };
    play.keeper.start();
    play.intersect(theirs, 0);
    std::size_t most_ahead = 0;
    for (std::size_t round = 1; play.kept->size() < theirs.size(); ++round) {
        announce();
        most_ahead = std::max<std::size_t>(most_ahead, announced - play.kept->size());
        REQUIRE(requests == round);  // one at a time
        REQUIRE(requested.front() == at(theirs, play.kept->size() + 1));
        REQUIRE(requested.size() <= Keeper::most_at_once);
        play.give(theirs);
    }
    CHECK(most_ahead > Keeper::most_wanted);
    CHECK(most_ahead <= Keeper::most_wanted + window);
}

TEST_CASE("A peer that forks from the kept chain further back than the limit is banned", "[unit][chain][keeper]") {
    const auto ours = made_up(2 * Keeper::most_wanted), theirs = made_up(Keeper::most_wanted + 1, 0, 1);
    Play play;
    play.keep(ours);
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, Keeper::most_wanted);
    CHECK(play.all<ini::BanPeer>().empty());
    play.forward(theirs, Keeper::most_wanted + 1, Keeper::most_wanted + 1);
    CHECK(play.all<ini::BanPeer>().size() == 1);
    CHECK(play.kept->tip() == ours.tip());
}

TEST_CASE("A sync that ends by itself restarts, and one of a stopped node does not", "[unit][chain][keeper]") {
    Play play;
    play.keeper.start();
    play.tell(ini::SyncEnded{play.last_id<ini::StartSync>(), Errc::no_intersection});
    CHECK(play.all<ini::StartSync>().size() == 2);
    play.stopped = true;
    play.tell(ini::SyncEnded{play.last_id<ini::StartSync>(), Errc::stopped});
    CHECK(play.all<ini::StartSync>().size() == 2);
}

TEST_CASE("A locally made block is kept and announced", "[unit][chain][keeper]") {
    const auto made = made_up(2);
    Play play;
    REQUIRE(!play.keeper.add(*made.block(1)));
    REQUIRE(!play.keeper.add(*made.block(2)));
    CHECK(play.kept->tip() == made.tip());
    CHECK(play.all<res::ChainChanged>().at(1).common == 1);
    CHECK(play.keeper.add(*made.block(1)) == Errc::broken_link);
    const auto third = made_up(3).block(3);
    std::vector<std::uint8_t> changed(third->view().begin(), third->view().end());
    changed[changed.size() - 100] ^= 1;
    CHECK(play.keeper.add(Bytes::copy(changed)) == Errc::body_mismatch);
    CHECK(play.all<res::ChainChanged>().size() == 2);
}

TEST_CASE("At an unknown era the chain is not followed further, and no peer is banned", "[unit][chain][keeper]") {
    const bool as_a_header = GENERATE(false, true);
    const auto theirs = made_up(5);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, 2);
    if (as_a_header) {
        Header later = *theirs.header(3);
        later.era = Era{8};
        play.tell(ini::RollForward{play.last_id<ini::StartSync>(), peer, later, theirs.tip()});
        CHECK(play.all<ini::StopSync>().size() == 1);
    } else {
        play.tell(ini::SyncEnded{play.last_id<ini::StartSync>(), Errc::unknown_era});
    }
    const auto era = play.keeper.poll_unknown_era();
    REQUIRE(era);
    CHECK(era->last == theirs.point(2));
    CHECK(era->peer == (as_a_header ? peer : PeerId()));
    CHECK_FALSE(play.keeper.poll_unknown_era());
    CHECK(play.all<ini::BanPeer>().empty());
    CHECK(play.all<ini::StartSync>().size() == 1);
    // The blocks before it are still fetched, also over the next connection of a peer.
    play.give(theirs);
    play.tell(ini::PeerDisconnected{});
    play.tell(ini::PeerInitialized{});
    CHECK(play.all<ini::StartSync>().size() == 1);
    play.give(theirs);
    CHECK(play.kept->size() == 2);
    SECTION("until another peer connects") { play.tell(ini::PeerInitialized{}); }
    SECTION("until the peer has disconnected") { play.tell(ini::PeerDisconnected{}); }
    CHECK(play.all<ini::StartSync>().size() == 2);
    play.intersect(theirs, 2);
    play.forward(theirs, 3, 5);
    play.give(theirs);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A peer whose block and header differ in era is banned, but not if another peer sent the header",
          "[unit][chain][keeper]") {
    const bool own = GENERATE(true, false);
    const auto theirs = made_up(2);
    Play play;
    play.keeper.start();
    play.intersect(theirs, 0);
    play.forward(theirs, 1, 2);
    const Bytes block = *theirs.block(1);
    std::vector<std::uint8_t> babbage(block.view().begin(), block.view().end());
    babbage[1] = 6;
    const PeerId other = PeerId::from_parts("10.0.0.2", 3'001);
    play.tell(ini::BlockReceived{play.last_id<ini::RequestPoints>(), own ? peer : other, 0, Bytes::copy(babbage)});
    if (own) {
        REQUIRE(play.all<ini::BanPeer>().size() == 1);
        CHECK(play.all<ini::BanPeer>()[0].peer == peer);
        CHECK(play.kept->size() == 0);
        return;
    }
    CHECK(play.all<ini::BanPeer>().empty());
    play.tell(ini::RangeDone{play.last_id<ini::RequestPoints>(), other, 1});
    CHECK(play.kept->info(1).era == Era::babbage);
    play.give(theirs);
    CHECK(play.kept->tip() == theirs.tip());
    CHECK(play.all<ini::BanPeer>().empty());
}

TEST_CASE("A chain with a block labelled with a later era is continued from peers that label it correctly",
          "[unit][chain][keeper]") {
    const auto theirs = made_up(4);
    const auto as = [](Bytes block, std::uint8_t tag) {
        std::vector<std::uint8_t> bytes(block.view().begin(), block.view().end());
        bytes[1] = tag;
        return Bytes::copy(bytes);
    };
    Play play;
    REQUIRE(!play.kept->append(as(*theirs.block(1), 6)));
    REQUIRE(!play.kept->append(*theirs.block(2)));  // in truth of Babbage
    play.keeper.start();
    play.intersect(theirs, 2);
    for (ChainView::Position position = 3; position <= 4; ++position) {
        Header header = *theirs.header(position);
        header.era = Era::babbage;
        play.tell(ini::RollForward{play.last_id<ini::StartSync>(), peer, header, theirs.tip()});
    }
    CHECK(play.all<ini::BanPeer>().empty());
    for (ChainView::Position position = 3; position <= 4; ++position) {
        const CommandId id = play.last_id<ini::RequestPoints>();
        play.tell(ini::BlockReceived{id, peer, 0, as(*theirs.block(position), 6)});
        play.tell(ini::RangeDone{id, peer, 1});
    }
    CHECK(play.kept->tip() == theirs.tip());
}
