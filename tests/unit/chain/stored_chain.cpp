#include <ouro/chain/stored_chain.hpp>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;
using chain::StoredChain;
using chain::SyntheticChain;

namespace {

SyntheticChain made_up(ChainView::Position blocks) {
    SyntheticChain::Options options;
    options.blocks = blocks;
    return SyntheticChain(options);
}

void append(StoredChain& to, const ChainView& from, ChainView::Position first, ChainView::Position last) {
    for (auto position = first; position <= last; ++position) REQUIRE(!to.append(*from.block(position)));
}

void check_equal(const ChainView& got, const ChainView& want) {
    REQUIRE(got.size() == want.size());
    CHECK(got.tip() == want.tip());
    for (ChainView::Position position = 0; position <= want.size(); ++position) {
        CHECK(got.point(position) == want.point(position));
        CHECK(got.find(want.point(position)) == position);
        if (position == 0) continue;
        CHECK(got.header(position)->cbor == want.header(position)->cbor);
        CHECK(*got.block(position) == *want.block(position));
    }
}

}  // namespace

TEST_CASE("a chain that grows block by block is the one they are of", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(20);
    StoredChain stored;
    CHECK(stored.tip() == Tip{});
    append(stored, made, 1, 20);
    check_equal(stored, made);
    CHECK(!stored.find(Point(BlockPoint{Slot{1}, made.point(3).hash()})));
}

TEST_CASE("a block that does not follow the tip is not taken", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(20);
    StoredChain stored;
    append(stored, made, 1, 5);
    CHECK(stored.append(*made.block(5)) == Errc::bad_argument);
    CHECK(stored.append(*made.block(7)) == Errc::bad_argument);
    CHECK(stored.append(Bytes()) == Errc::malformed);
    CHECK(stored.roll_back(6) == Errc::bad_argument);
    CHECK(stored.size() == 5);
    append(stored, made, 6, 20);
    check_equal(stored, made);
}

TEST_CASE("what is taken back is gone, and another fork takes its place", "[unit][chain][stored_chain]") {
    const support::TemporaryDirectory scratch;
    const auto file = scratch.path() / "chain";
    SyntheticChain made = made_up(20);
    {
        const auto opened = StoredChain::open(file);
        REQUIRE(opened);
        append(*opened.chain, made, 1, 20);
        REQUIRE(!opened.chain->roll_back(12));
        CHECK(!opened.chain->find(made.point(13)));
        made.roll_back(12);
        made.extend(3);
        append(*opened.chain, made, 13, 15);
        check_equal(*opened.chain, made);
    }
    const auto again = StoredChain::open(file);
    REQUIRE(again);
    CHECK(again.dropped == 0);
    check_equal(*again.chain, made);
}

TEST_CASE("a file that was cut anywhere gives the blocks that are whole, and goes on behind them",
          "[unit][chain][stored_chain]") {
    const support::TemporaryDirectory scratch;
    const auto file = scratch.path() / "chain";
    const SyntheticChain made = made_up(4);
    append(*StoredChain::open(file).chain, made, 1, 3);
    const auto whole = std::filesystem::file_size(file);
    const auto third = made.block(3)->size() + 8;
    const auto lost = GENERATE_COPY(values<std::uintmax_t>({1, 100, third - 8, third - 4, third - 1}));
    CAPTURE(lost);
    std::filesystem::resize_file(file, whole - lost);
    {
        const auto opened = StoredChain::open(file);
        REQUIRE(opened);
        CHECK(opened.dropped == third - lost);
        CHECK(opened.chain->size() == 2);
        CHECK(std::filesystem::file_size(file) == whole - third);
        append(*opened.chain, made, 3, 4);
    }
    const auto again = StoredChain::open(file);
    REQUIRE(again);
    CHECK(again.dropped == 0);
    check_equal(*again.chain, made);
}

TEST_CASE("an octet that has changed ends the chain before its block", "[unit][chain][stored_chain]") {
    const support::TemporaryDirectory scratch;
    const auto file = scratch.path() / "chain";
    const SyntheticChain made = made_up(3);
    append(*StoredChain::open(file).chain, made, 1, 3);
    std::fstream octets(file, std::ios::binary | std::ios::in | std::ios::out);
    octets.seekp(static_cast<std::streamoff>(8 + made.block(1)->size() + 8 + 500));
    octets.put('\x55').put('\x55').put('\x55');
    octets.close();
    const auto opened = StoredChain::open(file);
    REQUIRE(opened);
    CHECK(opened.chain->size() == 1);
}

TEST_CASE("one chain at a time has a file", "[unit][chain][stored_chain]") {
    const support::TemporaryDirectory scratch;
    const auto first = StoredChain::open(scratch.path() / "chain");
    REQUIRE(first);
    const auto second = StoredChain::open(scratch.path() / "chain");
    CHECK(!second);
    CHECK(second.error == std::errc::operation_would_block);
    CHECK(StoredChain::open(scratch.path()).error == std::errc::is_a_directory);
}
