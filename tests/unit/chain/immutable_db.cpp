#include <ouro/chain/immutable_db.hpp>

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "support/test_data.hpp"
#include "unit/chain/chunk_writer.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

std::shared_ptr<ImmutableDb> must_open(const std::filesystem::path& path) {
    auto opened = ImmutableDb::open(path);
    INFO(opened.damage.message);
    REQUIRE(opened);
    return opened.chain;
}

/// Blocks `from` to `to` of a chain that is the same in every test.
std::vector<Bytes> blocks(ChainView::Position from, ChainView::Position to, std::uint64_t seed = 1) {
    const SyntheticChain chain({.blocks = to, .block_bytes = 1000, .header_bytes = 600, .seed = seed});
    std::vector<Bytes> made;
    for (; from <= to; ++from) made.push_back(*chain.block(from));
    return made;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// That all of `want` is served, in order.
void check_serves(const ImmutableDb& db, const std::vector<Bytes>& want) {
    REQUIRE(db.size() == want.size());
    for (ChainView::Position position = 1; position <= want.size(); ++position) {
        INFO(position);
        const Bytes& stored = want[position - 1];
        CHECK(db.block(position) == Result<Bytes>(stored));
        CHECK(db.header(position) == header_of(stored));
        const Point point = *point_of(stored);
        CHECK(db.point(position) == point);
        CHECK(db.find(point) == position);
    }
    CHECK(db.tip().point == db.point(db.size()));
    CHECK_FALSE(db.verify());
}

/// A Byron block of its era's shape with next to nothing in it, in the first slot of `epoch`.
Bytes byron_block(bool boundary, std::uint8_t epoch, const Hash& previous) {
    ByteVector bytes{0x82, boundary ? std::uint8_t{0} : std::uint8_t{1}, 0x83, 0x85, 0x01, 0x58, 0x20};
    bytes.insert(bytes.end(), previous.begin(), previous.end());
    bytes.push_back(0x80);
    const ByteVector rest =
        boundary ? ByteVector{0x82, epoch, 0x81, 7, 0x80} : ByteVector{0x84, 0x82, epoch, 0, 0x40, 0x81, 8, 0x40, 0x80};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    bytes.insert(bytes.end(), {0x80, 0x80});
    return Bytes::copy(bytes);
}

}  // namespace

TEST_CASE("A real chunk is served block for block as it is stored", "[unit][chain][immutable_db]") {
    if (!support::have_test_data("chain/immutable/01285.chunk")) return;
    const auto db = must_open(support::test_data("chain/immutable"));
    REQUIRE(db->size() == 864);
    ByteVector served;
    std::optional<HeaderInfo> before;
    for (ChainView::Position position = 1; position <= db->size(); ++position) {
        INFO(position);
        const Result<Bytes> block = db->block(position);
        REQUIRE(block);
        served.insert(served.end(), block->data(), block->data() + block->size());
        const Result<Header> header = db->header(position);
        REQUIRE(header);
        CHECK(header == header_of(*block));
        const Result<HeaderInfo> info = inspect(*header);
        REQUIRE(info);
        CHECK(Point(info->point) == db->point(position));
        CHECK(db->find(info->point) == position);
        CHECK(block_matches(*block, info->point));
        if (before) {
            CHECK(info->previous == before->point.hash);
            CHECK(static_cast<std::uint64_t>(info->number) == static_cast<std::uint64_t>(before->number) + 1);
        }
        before = *info;
    }
    CHECK(equal(served, support::read_file(support::test_data("chain/immutable/01285.chunk"))));
    CHECK(db->point(1).slot() == Slot{27756007});
    REQUIRE(before);
    CHECK(db->tip() == Tip{before->point, before->number});
    CHECK(db->tip().point.slot() == Slot{27777565});
    CHECK_FALSE(db->verify());
}

TEST_CASE("A point that is not on the chain is not found", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles(blocks(1, 3)).write(directory, "00000");
    ChunkFiles(blocks(4, 6)).write(directory, "00001");
    const auto db = must_open(directory.path());
    CHECK(db->find(Point{}) == 0);
    CHECK(db->point(0) == Point{});
    for (ChainView::Position position = 1; position <= 6; ++position) {
        INFO(position);
        const Point here = db->point(position);
        Hash other = here.hash();
        other[0] ^= 1;
        CHECK_FALSE(db->find(Point{here.slot(), other}));
        const auto slot = static_cast<std::uint64_t>(here.slot());
        CHECK_FALSE(db->find(Point{Slot{slot - 1}, here.hash()}));
        CHECK_FALSE(db->find(Point{Slot{slot + 1}, here.hash()}));
    }
    CHECK_FALSE(db->find(Point{Slot{0}, Hash{}}));
    CHECK_FALSE(db->find(Point{Slot{UINT64_MAX}, Hash{}}));
}

TEST_CASE("Chunks are read in numeric order, whatever their first number and other files",
          "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    const support::TemporaryDirectory elsewhere;
    ChunkFiles(blocks(5, 6)).write(directory, "100000");  // more digits sort behind fewer
    ChunkFiles(blocks(3, 4)).write(directory, "99999");
    ChunkFiles(blocks(1, 2)).write(elsewhere, "moved");
    for (const std::string extension : {".chunk", ".secondary"})
        std::filesystem::create_symlink(elsewhere.path() / ("moved" + extension),
                                        directory.path() / ("00007" + extension));
    ChunkFiles({}).write(directory, "00009");  // no block in all its slots
    for (const char* other :
         {"00007.primary", "00008.secondary", "00010.chunk.bak", "7.chunk", "0000a.chunk", "000011.chunk", "lock"})
        directory.write(other, ByteVector{1, 2, 3});
    check_serves(*must_open(directory.path()), blocks(1, 6));
}

TEST_CASE("A chunk that begins with an epoch boundary counts its epoch as a slot", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    SECTION("made blocks, where the first main block has the same slot") {
        const Bytes boundary = byron_block(true, 1, Hash{});
        const Bytes main = byron_block(false, 1, point_of(boundary)->hash);
        const Bytes next = byron_block(true, 2, point_of(main)->hash);
        ChunkFiles({boundary, main}).write(directory, "00001");
        ChunkFiles({next}).write(directory, "00002");
        const auto db = must_open(directory.path());
        CHECK(db->point(1).slot() == Slot{21600});
        CHECK(db->point(2).slot() == Slot{21600});
        CHECK(db->tip() == Tip{Point{Slot{43200}, point_of(next)->hash}, BlockNumber{7}});
        check_serves(*db, {boundary, main, next});
    }
    SECTION("real blocks") {
        if (!support::have_test_data("chain/blocks")) return;
        const std::vector<Bytes> real{support::read_file(support::test_data("chain/blocks/genesis.cbor")),
                                      support::read_file(support::test_data("chain/blocks/byron4.cbor")),
                                      support::read_file(support::test_data("chain/blocks/byron1.cbor"))};
        ChunkFiles(real).write(directory, "00000");
        const auto db = must_open(directory.path());
        REQUIRE(db->size() == 3);
        CHECK(db->header(1)->byron == ByronInfo{true, 648087});
        CHECK(db->header(3)->byron == ByronInfo{false, 636});
        for (ChainView::Position position = 1; position <= 3; ++position) {
            CHECK(db->block(position) == Result<Bytes>(real[position - 1]));
            CHECK(db->header(position) == header_of(real[position - 1]));
            CHECK(db->find(*point_of(real[position - 1])) == position);
        }
    }
}

TEST_CASE("Blocks that a running node has not indexed yet are left out", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles files(blocks(1, 3));
    SECTION("behind the last block") { files.chunk.insert(files.chunk.end(), {0x82, 0x07, 0x85}); }
    SECTION("in a new chunk") {
        directory.write("00001.chunk", ByteVector{0x82, 0x07}), directory.write("00001.secondary", {});
    }
    files.write(directory, "00000");
    check_serves(*must_open(directory.path()), blocks(1, 3));
}

TEST_CASE("A node that has stored no block yet has an empty chain", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles({}).write(directory, "00000");
    const auto db = must_open(directory.path());
    CHECK(db->size() == 0);
    CHECK(db->tip() == Tip{});
    CHECK(db->find(Point{}) == 0);
    CHECK_FALSE(db->find(Point{Slot{1}, Hash{}}));
    CHECK_FALSE(db->verify());
}

TEST_CASE("Served blocks outlive the database and its files", "[unit][chain][immutable_db]") {
    const std::vector<Bytes> want = blocks(1, 2);
    std::optional<Bytes> block;
    std::optional<Header> header;
    {
        const support::TemporaryDirectory directory;
        ChunkFiles(want).write(directory, "00000");
        const auto db = must_open(directory.path());
        block = *db->block(1);
        header = *db->header(2);
    }
    CHECK(*block == want[0]);
    CHECK(Result<Header>(*header) == header_of(want[1]));
}

TEST_CASE("Missing files are named", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    std::filesystem::path path = directory.path();
    std::string file;
    SECTION("no directory") { file = path /= "none"; }
    SECTION("a file in its place") {
        directory.write("file", {});
        file = path /= "file";
    }
    SECTION("an empty directory") { file = path; }
    SECTION("no chunks in it") {
        directory.write("00000.secondary", {});
        file = path;
    }
    SECTION("no secondary index of a chunk before the newest") {
        ChunkFiles(blocks(1, 2)).write(directory, "00000");
        ChunkFiles(blocks(3, 4)).write(directory, "00001");
        std::filesystem::remove(path / "00000.secondary");
        file = path / "00000.secondary";
    }
    SECTION("a link to nowhere") {
        ChunkFiles(blocks(1, 2)).write(directory, "00000");
        std::filesystem::create_symlink(path / "gone", path / "00001.chunk");
        directory.write("00001.secondary", {});
        file = path / "00001.chunk";
    }
    SECTION("a directory in a chunk's place") {
        std::filesystem::create_directory(path / "00000.chunk");
        directory.write("00000.secondary", {});
        file = path / "00000.chunk";
    }
    const auto opened = ImmutableDb::open(path);
    CHECK_FALSE(opened);
    CHECK(opened.damage.code == Errc::file_unreadable);
    INFO(opened.damage.message);
    CHECK(opened.damage.message.starts_with(file + ": "));
}

TEST_CASE("An index that contradicts itself or its chunk is refused with the place", "[unit][chain][immutable_db]") {
    struct Spoiled {
        std::function<void(ChunkFiles&)> spoil;
        const char* file;
        const char* what;
    };
    const auto spoiled = GENERATE(values<Spoiled>({
        {[](auto& f) { f.index.pop_back(); }, "00003.secondary", "its 223 bytes"},
        {[](auto& f) { f.index.clear(); }, "00003.secondary", "it is empty"},
        {[](auto& f) { f.chunk.clear(); }, "00003.secondary", "entry 1 of 4: its block"},
        {[](auto& f) { f.chunk.resize(2500); }, "00003.secondary", "entry 3 of 4: its block"},
        {[](auto& f) { f.entry(1)[7] = 1; }, "00003.secondary", "entry 1 of 4: its block"},
        {[](auto& f) { std::memcpy(f.entry(3), f.entry(2), 8); }, "00003.secondary", "entry 2 of 4: its block"},
        {[](auto& f) { std::swap_ranges(f.entry(2), f.entry(3), f.entry(3)); }, "00003.secondary",
         "entry 2 of 4: its block"},
        {[](auto& f) { f.entry(4)[0] = 0xff; }, "00003.secondary", "entry 3 of 4: its block"},
        {[](auto& f) { store_be16(f.entry(2, 8), 0xffff); }, "00003.secondary", "entry 2 of 4: its header"},
        {[](auto& f) { store_be16(f.entry(2, 10), 999); }, "00003.secondary", "entry 2 of 4: its header"},
        {[](auto& f) { store_be16(f.entry(2, 10), 0); }, "00003.secondary", "entry 2 of 4: its header"},
        {[](auto& f) { std::memcpy(f.entry(3, 48), f.entry(2, 48), 8); }, "00003.secondary", "entry 3 of 4: slot"},
        {[](auto& f) { store_be64(f.entry(1, 48), 1); }, "00003.secondary", "entry 1 of 4: its slot"},
        {[](auto& f) { f.chunk[0] = 0; }, "00003.chunk", "block 1 of 4 (slot"},
        {[](auto& f) { f.chunk[1] = 9; }, "00003.chunk", "block 1 of 4 (slot"},
        {[](auto& f) { f.chunk[1] = 0, store_be64(f.entry(1, 48), UINT64_MAX); }, "00003.secondary",
         "entry 1 of 4: epoch"},
    }));
    INFO(spoiled.what);
    const support::TemporaryDirectory directory;
    ChunkFiles(blocks(1, 3)).write(directory, "00001");
    ChunkFiles files(blocks(4, 7));
    spoiled.spoil(files);
    files.write(directory, "00003");
    ChunkFiles(blocks(8, 9)).write(directory, "00004");
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE_FALSE(opened);
    INFO(opened.damage.message);
    CHECK(opened.damage.code == Errc::chunk_damaged);
    CHECK(contains(opened.damage.message, (directory.path() / spoiled.file).string() + ": "));
    CHECK(contains(opened.damage.message, spoiled.what));
}

TEST_CASE("A damaged tip is found when the chain is opened", "[unit][chain][immutable_db]") {
    ChunkFiles files(blocks(1, 3));
    SECTION("another header") { files.chunk[files.chunk.size() - 600] ^= 1; }
    SECTION("another hash") { files.entry(3, 16)[0] ^= 1; }
    SECTION("another slot") { files.entry(3, 48)[7] ^= 1; }
    SECTION("another era's header") { files.chunk[2 * files.chunk.size() / 3 + 1] = 5; }
    const support::TemporaryDirectory directory;
    files.write(directory, "00000");
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE_FALSE(opened);
    INFO(opened.damage.message);
    CHECK(opened.damage.code == Errc::chunk_damaged);
    CHECK(contains(opened.damage.message, (directory.path() / "00000.chunk").string() + ": block 3 of 3 (slot "));
}

TEST_CASE("A damaged block is not served, and its neighbours are", "[unit][chain][immutable_db]") {
    const std::vector<Bytes> want = blocks(1, 6);
    ChunkFiles files(blocks(4, 6));
    bool header_is_good = false;
    SECTION("in the body") { files.chunk[2 * files.chunk.size() / 3 - 1] ^= 1, header_is_good = true; }
    SECTION("in the header") { files.chunk[files.chunk.size() / 3 + 100] ^= 1; }
    SECTION("in the tag") { files.chunk[files.chunk.size() / 3 + 1] = 0; }
    SECTION("in the head") { files.chunk[files.chunk.size() / 3] = 0x83; }
    const support::TemporaryDirectory directory;
    ChunkFiles({want[0], want[1], want[2]}).write(directory, "00000");
    files.write(directory, "00002");
    const auto db = must_open(directory.path());
    for (int again = 0; again < 2; ++again) {
        CHECK(db->block(5).error() == Errc::chunk_damaged);
        CHECK(db->header(5).error() == (header_is_good ? Errc::none : Errc::chunk_damaged));
        for (const ChainView::Position position : {1U, 2U, 3U, 4U, 6U}) {
            CHECK(db->block(position) == Result<Bytes>(want[position - 1]));
            CHECK(db->header(position) == header_of(want[position - 1]));
        }
    }
    const auto damage = db->verify();
    REQUIRE(damage);
    INFO(damage->message);
    CHECK(damage->code == Errc::chunk_damaged);
    CHECK(contains(damage->message, (directory.path() / "00002.chunk").string() + ": block 2 of 3 (slot "));
    CHECK(contains(damage->message, "CRC-32"));
}

TEST_CASE("A chunk before the last that is cut short inside its last block loses that block",
          "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles files(blocks(1, 3));
    files.chunk.pop_back();
    files.write(directory, "00000");
    ChunkFiles(blocks(4, 5)).write(directory, "00001");
    const auto db = must_open(directory.path());
    for (ChainView::Position position = 1; position <= 5; ++position) {
        INFO(position);
        CHECK(db->block(position).error() == (position == 3 ? Errc::chunk_damaged : Errc::none));
    }
    const auto damage = db->verify();
    REQUIRE(damage);
    CHECK(contains(damage->message, (directory.path() / "00000.chunk").string() + ": block 3 of 3 (slot "));
}

TEST_CASE("Full verification finds errors that no checksum shows", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles files(blocks(4, 6));
    const std::string where = "00001.chunk: block 2 of 3 (slot ";
    const std::string what = "its header is not the one";
    SECTION("a hash that differs from the header's") { files.entry(2, 16)[5] ^= 1; }
    SECTION("a slot that differs from the header's") { files.entry(2, 48)[7] ^= 1; }
    SECTION("a header elsewhere in the block") { files.entry(2, 8)[1] = 4; }
    ChunkFiles(blocks(1, 3)).write(directory, "00000");
    files.write(directory, "00001");
    const auto db = must_open(directory.path());
    const auto damage = db->verify();
    REQUIRE(damage);
    INFO(damage->message);
    CHECK(damage->code == Errc::chunk_damaged);
    CHECK(contains(damage->message, (directory.path() / where).string()));
    CHECK(contains(damage->message, what));
}

TEST_CASE("A gap between two chunks is refused when the chain is opened, and named", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles(blocks(1, 3)).write(directory, "00000");
    ChunkFiles(blocks(4, 6)).write(directory, "00002");  // a number alone may be missing
    std::string message = "00004.chunk: block 1 of 3 (slot ";
    SECTION("blocks are missing") { ChunkFiles(blocks(8, 10)).write(directory, "00004"); }
    SECTION("blocks of another chain") { ChunkFiles(blocks(7, 9, 2)).write(directory, "00004"); }
    SECTION("in the middle") {
        ChunkFiles(blocks(8, 10)).write(directory, "00004");
        ChunkFiles(blocks(11, 12)).write(directory, "00005");
    }
    SECTION("before an incomplete chunk") {
        ChunkFiles files(blocks(8, 10));
        files.chunk.pop_back();
        files.write(directory, "00004");
        message = "00004.chunk: block 1 of 2 (slot ";
    }
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE_FALSE(opened);
    INFO(opened.damage.message);
    CHECK(opened.damage.code == Errc::chunk_damaged);
    CHECK(opened.damage.message.starts_with((directory.path() / message).string()));
    CHECK(contains(opened.damage.message, "does not follow the last block of 00002.chunk (slot "));
    CHECK(contains(opened.damage.message, "hole"));
}

TEST_CASE("A damaged header of a chunk's first block is not reported as a gap", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    ChunkFiles files(blocks(4, 6));
    files.chunk[100] ^= 1;  // in the header
    ChunkFiles(blocks(1, 3)).write(directory, "00000");
    files.write(directory, "00001");
    const auto db = must_open(directory.path());
    CHECK(db->header(4).error() == Errc::chunk_damaged);
    CHECK(db->header(5));
}
