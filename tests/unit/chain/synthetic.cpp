#include <ouro/chain/synthetic.hpp>

#include <algorithm>
#include <set>

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>

#include "support/catch.hpp"

using namespace ouro;
using namespace ouro::chain;
using Options = SyntheticChain::Options;

namespace {

bool same(const SyntheticChain& a, const SyntheticChain& b) {
    if (a.tip() != b.tip()) return false;
    for (ChainView::Position position = 1; position <= a.size(); ++position) {
        if (a.block(position) != b.block(position) || a.header(position) != b.header(position)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("A synthetic chain is valid: its headers hash to its points and link to each other",
          "[unit][chain][synthetic]") {
    const std::size_t keep = GENERATE(std::size_t{0}, std::size_t{10'000}, std::size_t{1} << 20);
    INFO(keep);
    const SyntheticChain chain({.blocks = 40, .keep_bytes = keep});
    REQUIRE(chain.size() == 40);
    std::optional<Hash> previous;
    std::optional<HeaderInfo> last;
    for (ChainView::Position position = 1; position <= 40; ++position) {
        INFO(position);
        const Result<Bytes> block = chain.block(position);
        const Result<Header> header = chain.header(position);
        REQUIRE((block && header));
        CHECK(header == header_of(*block));
        CHECK(header->era == Era::conway);
        const Result<HeaderInfo> info = inspect(*header);
        REQUIRE(info);
        CHECK(Point(info->point) == chain.point(position));
        CHECK(info->number == BlockNumber{position - 1});
        CHECK(info->previous == previous);
        CHECK(chain.find(info->point) == position);
        CHECK(block_matches(*block, info->point));
        CHECK(cardano_rules()->inspect(*block, Checks::blocks) == info);
        if (last) CHECK(cardano_rules()->check_link(*last, *info) == Errc::none);
        last = *info;
        if (position > 1) CHECK(chain.point(position).slot() > chain.point(position - 1).slot());
        previous = info->point.hash;
    }
    CHECK(chain.tip() == Tip{chain.point(40), BlockNumber{39}});
}

TEST_CASE("Synthetic blocks have the shape of Conway's", "[unit][chain][synthetic]") {
    const SyntheticChain chain({.blocks = 2});
    const Bytes block = *chain.block(2);
    cbor::Reader in(block);
    in.array_of(2);
    CHECK(in.uint() == 7);
    in.array_of(5);
    in.array_of(2);
    in.array_of(10);
    for (int field = 0; field < 6; ++field) in.skip();
    const std::uint64_t body_bytes = in.uint();
    for (int field = 0; field < 3; ++field) in.skip();
    in.bytes();
    const std::size_t body = in.offset();
    CHECK(in.array() == 1);  // transactions, and as many witness sets
    CHECK(in.map() == 3);
    for (int item = 0; item < 6; ++item) in.skip();
    CHECK(in.array() == 1);
    CHECK(in.map() == 0);
    CHECK(in.map() == 1);
    in.uint(0);
    in.skip();
    CHECK(in.array() == 0);
    CHECK(in.finish() == Errc::none);
    CHECK(body_bytes == block.size() - body);
}

TEST_CASE("Headers and blocks have the configured sizes, as near as the encoding allows", "[unit][chain][synthetic]") {
    const auto [block_bytes, header_bytes] = GENERATE(table<std::size_t, std::size_t>({{2048, 860},
                                                                                       {1000, 600},
                                                                                       {700, 655},
                                                                                       {701, 656},
                                                                                       {900, 860},
                                                                                       {66'400, 860},
                                                                                       {80'000, 1000},
                                                                                       {300'000, 70'000}}));
    INFO(block_bytes << " " << header_bytes);
    const SyntheticChain chain({.blocks = 3, .block_bytes = block_bytes, .header_bytes = header_bytes});
    for (ChainView::Position position = 1; position <= 3; ++position) {
        const std::size_t header = chain.header(position)->cbor.size();
        CHECK(header <= header_bytes);
        CHECK(header + 2 >= header_bytes);
        const std::size_t block = chain.block(position)->size();
        CHECK(block <= block_bytes);
        CHECK(block + 4 >= block_bytes);
        CHECK(header_of(*chain.block(position)) == chain.header(position));
        CHECK(block_matches(*chain.block(position), *point_of(*chain.header(position))));
    }
}

TEST_CASE("Sizes too small for a header or body give the smallest possible ones", "[unit][chain][synthetic]") {
    const SyntheticChain chain({.blocks = 2, .block_bytes = 0, .header_bytes = 0});
    CHECK(chain.header(2)->cbor.size() <= 430);
    CHECK(chain.block(2)->size() <= chain.header(2)->cbor.size() + 30);
    CHECK(block_matches(*chain.block(2), {chain.point(2).slot(), chain.point(2).hash()}));
}

TEST_CASE("Equal options make equal chains, kept or not, and other seeds make other chains",
          "[unit][chain][synthetic]") {
    const SyntheticChain kept({.blocks = 20, .seed = 5});
    CHECK(same(kept, SyntheticChain({.blocks = 20, .seed = 5})));
    CHECK(same(kept, SyntheticChain({.blocks = 20, .seed = 5, .keep_bytes = 0})));
    CHECK(same(kept, SyntheticChain({.blocks = 20, .seed = 5, .keep_bytes = 5000})));
    const SyntheticChain other({.blocks = 20, .seed = 6});
    for (ChainView::Position position = 1; position <= 20; ++position) {
        INFO(position);
        CHECK(other.point(position).hash() != kept.point(position).hash());
        CHECK_FALSE(kept.find(other.point(position)));
    }
}

TEST_CASE("Blocks are kept up to the memory limit", "[unit][chain][synthetic]") {
    const SyntheticChain chain({.blocks = 5, .keep_bytes = 2 * 2048});
    for (ChainView::Position position = 1; position <= 5; ++position) {
        INFO(position);
        const Bytes first = *chain.block(position);
        const bool kept = chain.block(position)->data() == first.data();
        CHECK(kept == (position <= 2));
        CHECK((chain.header(position)->cbor.data() == first.data() + 3) == kept);
    }
}

TEST_CASE("A roll-back frees the memory of the dropped blocks", "[unit][chain][synthetic]") {
    SyntheticChain chain({.blocks = 5, .keep_bytes = 2 * 2048});
    chain.roll_back(1);
    chain.extend(2);
    const Bytes second = *chain.block(2);
    const Bytes third = *chain.block(3);
    CHECK(chain.block(2)->data() == second.data());
    CHECK(chain.block(3)->data() != third.data());
}

TEST_CASE("No two bodies are equal", "[unit][chain][synthetic]") {
    const SyntheticChain chain({.blocks = 40});
    std::set<Bytes, decltype([](const Bytes& a, const Bytes& b) {
                 return std::ranges::lexicographical_compare(a.view(), b.view());
             })>
        bodies;
    for (ChainView::Position position = 1; position <= 40; ++position) {
        const Bytes block = *chain.block(position);
        const std::size_t header = chain.header(position)->cbor.size();
        bodies.insert(block.slice(3 + header, block.size() - 3 - header));
    }
    CHECK(bodies.size() == 40);
}

TEST_CASE("An empty chain has only the origin", "[unit][chain][synthetic]") {
    const SyntheticChain chain{Options{}};
    CHECK(chain.size() == 0);
    CHECK(chain.tip() == Tip{});
    CHECK(chain.find(Point{}) == 0);
    CHECK(chain.point(0) == Point{});
    CHECK_FALSE(chain.find(Point{Slot{20}, Hash{}}));
}

TEST_CASE("A chain grown in steps equals the chain made at once", "[unit][chain][synthetic]") {
    SyntheticChain grown({.blocks = 3, .keep_bytes = 9000});
    grown.extend(4);
    grown.extend(1);
    CHECK(same(grown, SyntheticChain({.blocks = 8})));
}

TEST_CASE("After a roll-back another fork grows from the same blocks", "[unit][chain][synthetic]") {
    const std::size_t keep = GENERATE(std::size_t{0}, std::size_t{7000}, std::size_t{1} << 20);
    INFO(keep);
    const SyntheticChain before({.blocks = 10, .keep_bytes = keep});
    SyntheticChain chain = before;
    const Bytes dropped = *chain.block(9);
    chain.roll_back(6);
    CHECK(chain.size() == 6);
    CHECK(chain.tip() == Tip{before.point(6), BlockNumber{5}});
    CHECK_FALSE(chain.find(before.point(7)));

    chain.extend(5);
    CHECK(dropped == *before.block(9));  // a slice stays good
    CHECK(chain.size() == 11);
    for (ChainView::Position position = 1; position <= 10; ++position) {
        INFO(position);
        CHECK((chain.point(position).hash() == before.point(position).hash()) == (position <= 6));
    }
    for (ChainView::Position position = 7; position <= 11; ++position) {
        const Result<HeaderInfo> info = inspect(*chain.header(position));
        REQUIRE(info);
        CHECK(info->previous == chain.point(position - 1).hash());
        CHECK(Point(info->point) == chain.point(position));
        CHECK(chain.find(info->point) == position);
        CHECK(block_matches(*chain.block(position), info->point));
    }

    const Point first_fork = chain.point(7);
    chain.roll_back(6);
    chain.extend(1);
    CHECK(chain.point(7).hash() != first_fork.hash());
    chain.roll_back(0);
    CHECK(chain.tip() == Tip{});
    chain.extend(2);
    CHECK(chain.point(1).hash() != before.point(1).hash());
}
