// Files that shrink, are replaced or removed while the chain in them is served.

#include <ouro/chain/immutable_db.hpp>

#include <filesystem>
#include <functional>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "unit/chain/chunk_writer.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

std::vector<Bytes> blocks(ChainView::Position from, ChainView::Position to) {
    const SyntheticChain chain({.blocks = to, .block_bytes = 9'000, .header_bytes = 600});
    std::vector<Bytes> made;
    for (; from <= to; ++from) made.push_back(*chain.block(from));
    return made;
}

}  // namespace

TEST_CASE("A chunk that shrinks while it is served loses only the missing blocks", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    const std::vector<Bytes> want = blocks(1, 9);
    for (std::size_t chunk = 0; chunk < 3; ++chunk)
        ChunkFiles({want[3 * chunk], want[3 * chunk + 1], want[3 * chunk + 2]})
            .write(directory, "0000" + std::to_string(chunk));
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE(opened);
    const ImmutableDb& db = *opened.chain;
    const bool served_before = GENERATE(false, true);  // what was checked and what is open make no difference
    if (served_before)
        for (ChainView::Position position = 1; position <= db.size(); ++position) {
            REQUIRE(db.block(position));
            REQUIRE(db.header(position));
        }
    const auto cut = GENERATE(0U, 1U, 9'001U, 9'100U, 18'000U);
    std::filesystem::resize_file(directory.path() / "00001.chunk", cut);

    for (int again = 0; again < 2; ++again) {
        for (ChainView::Position position = 1; position <= db.size(); ++position) {
            INFO(position);
            const bool gone = position >= 4 && position <= 6 && (position - 3) * 9'000 > cut;
            const auto block = db.block(position);
            CHECK(block.error() == (gone ? Errc::chunk_damaged : Errc::none));
            if (block) CHECK(*block == want[position - 1]);
            CHECK(db.find(*point_of(want[position - 1])) == position);
        }
        CHECK(db.header(4).has_value() == (cut > 9'000));
    }
}

TEST_CASE("An index that shrinks while its chunk is served makes only its blocks unreadable",
          "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    const std::vector<Bytes> want = blocks(1, 6);
    ChunkFiles({want[0], want[1], want[2]}).write(directory, "00000");
    ChunkFiles({want[3], want[4], want[5]}).write(directory, "00001");
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE(opened);
    const ImmutableDb& db = *opened.chain;
    Errc expected = Errc::chunk_damaged;
    SECTION("to nothing") { std::filesystem::resize_file(directory.path() / "00000.secondary", 0); }
    SECTION("inside an entry") { std::filesystem::resize_file(directory.path() / "00000.secondary", 55); }
    SECTION("removed") {
        std::filesystem::remove(directory.path() / "00000.secondary");
        expected = Errc::file_unreadable;
    }
    SECTION("replaced by zeros") { directory.write("00000.secondary", ByteVector(168, 0)); }
    SECTION("replaced by ones") { directory.write("00000.secondary", ByteVector(168, 0xff)); }
    for (ChainView::Position position = 1; position <= 3; ++position) {
        INFO(position);
        CHECK(db.block(position).error() == expected);
        CHECK(db.header(position).error() == expected);
        CHECK(db.point(position) == Point{});
        CHECK_FALSE(db.find(*point_of(want[position - 1])));
    }
    for (ChainView::Position position = 4; position <= 6; ++position) {
        INFO(position);
        CHECK(db.block(position) == Result<Bytes>(want[position - 1]));
        CHECK(db.find(*point_of(want[position - 1])) == position);
    }
    CHECK(db.verify());
}

TEST_CASE("A chain of more chunks than stay open is served in any order", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    const std::vector<Bytes> want = blocks(1, 80);
    for (std::size_t i = 0; i < want.size(); ++i)
        ChunkFiles({want[i]}).write(directory, (i < 10 ? "0000" : "000") + std::to_string(i));
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE(opened);
    for (const ChainView::Position stride : {1U, 7U, 33U}) {
        for (ChainView::Position i = 0; i < want.size(); ++i) {
            const ChainView::Position position = i * stride % want.size() + 1;
            CHECK(opened.chain->block(position) == Result<Bytes>(want[position - 1]));
            CHECK(opened.chain->point(position) == Point(*point_of(want[position - 1])));
        }
    }
    const auto open = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    CHECK(open < 60);
}
