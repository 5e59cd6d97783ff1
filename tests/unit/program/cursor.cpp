#include <ouro/program/cursor.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include <ouro/program/follower.hpp>

#include "support/catch.hpp"
#include "support/chain.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;
using support::TestChain;

namespace {

Cursor sample() { return {preprod, {Point(TestChain::made_up(7)), Point(TestChain::made_up(3)), Point()}}; }

}  // namespace

TEST_CASE("A cursor is read back from its text") {
    const std::string text = to_string(sample());
    CHECK(text.starts_with("ouro-cursor-1 1 140."));
    CHECK(text.ends_with(" origin"));
    const auto read = Cursor::parse(text);
    REQUIRE(read);
    CHECK(*read == sample());
    CHECK(Cursor::parse(text + "\n"));
}

TEST_CASE("Text that is not a cursor is refused at its first wrong part") {
    const std::string text = to_string(sample());
    CHECK(Cursor::parse("").error() == Errc::bad_argument);
    CHECK(Cursor::parse("origin").offset() == 0);
    CHECK(Cursor::parse("ouro-cursor-1").error() == Errc::bad_argument);
    CHECK(Cursor::parse("ouro-cursor-1 1").error() == Errc::bad_argument);
    CHECK(Cursor::parse("ouro-cursor-1 mainnet origin").offset() == 14);
    CHECK(Cursor::parse("ouro-cursor-1 99999999999 origin").offset() == 14);
    CHECK(Cursor::parse("ouro-cursor-1 1 nowhere").offset() == 16);
    CHECK(Cursor::parse(text + " ").error() == Errc::none);
    CHECK(Cursor::parse(text + "  origin").error() == Errc::bad_argument);
    CHECK(Cursor::parse(text.substr(0, text.size() / 2)).error() == Errc::bad_argument);
}

TEST_CASE("A cursor has at least one point, and at most 64") {
    CHECK_THROWS_AS(Cursor(mainnet, List<Point>()), std::invalid_argument);
    const std::vector<Point> most(Cursor::most_points);
    const std::string text = to_string(Cursor(mainnet, most));
    CHECK(Cursor::parse(text));
    CHECK(Cursor::parse(text + " origin").offset() == text.size() + 1);
    CHECK_THROWS_WITH(Cursor(mainnet, std::vector<Point>(65)), Catch::Matchers::Contains("65 points are more than 64"));
}

TEST_CASE("A cursor file returns what was saved last") {
    const support::TemporaryDirectory directory;
    const CursorFile file(directory.path() / "cursor");
    REQUIRE(file.load());
    CHECK_FALSE(*file.load());
    REQUIRE(!file.save({preprod, {Point()}}));
    REQUIRE(!file.save(sample()));
    CHECK(**file.load() == sample());
    CHECK_FALSE(std::filesystem::exists(directory.path() / "cursor.part"));
}

TEST_CASE("A file that holds no cursor is refused and stays as it is") {
    const support::TemporaryDirectory directory;
    const auto path = directory.path() / "cursor";
    std::ofstream(path) << "something else";
    CHECK(CursorFile(path).load().error() == Errc::file_foreign);
    CHECK(std::filesystem::file_size(path) == 14);
    CHECK(CursorFile(directory.path()).load().error() == Errc::file_unreadable);
    CHECK(CursorFile(directory.path() / "none" / "cursor").save(sample()));
}

TEST_CASE("A follower starts from the points of a cursor") {
    const Start start(sample());
    CHECK(std::ranges::equal(start.points(), sample().points()));
    CHECK(Start(from_tip).points().empty());
    const Start origin(from_origin);
    REQUIRE(origin.points().size() == 1);
    CHECK(origin.points().front().is_origin());
}
