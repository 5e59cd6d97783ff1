// The newest chunk of a snapshot, cut at every byte: what is in it whole is served.

#include <ouro/chain/immutable_db.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "unit/chain/chunk_writer.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

/// Small blocks, the same in every test.
std::vector<Bytes> blocks(ChainView::Position from, ChainView::Position to) {
    const SyntheticChain chain({.blocks = to, .block_bytes = 180, .header_bytes = 120});
    std::vector<Bytes> made;
    for (; from <= to; ++from) made.push_back(*chain.block(from));
    return made;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// How many of the blocks are in the first `size` bytes of their chunk whole.
std::size_t whole(const std::vector<Bytes>& chunk, std::size_t size) {
    std::size_t count = 0;
    for (std::size_t end = 0; count < chunk.size() && (end += chunk[count].size()) <= size;) ++count;
    return count;
}

struct Snapshot {
    Snapshot() { ChunkFiles(before).write(directory, "00000"); }

    /// That exactly the blocks in the chunk's first `size` bytes are served, and that `note` is there when it is due.
    void check(std::size_t size, bool complete) const {
        const auto opened = ImmutableDb::open(directory.path());
        INFO(opened.damage.message);
        REQUIRE(opened);
        const ImmutableDb& db = *opened.chain;
        REQUIRE(db.size() == before.size() + whole(newest, size));
        CHECK(opened.note.empty() == complete);
        if (!complete) CHECK(opened.note.starts_with((directory.path() / "00001.chunk").string() + " is incomplete"));
        CHECK_FALSE(db.verify());
        for (ChainView::Position position = before.size() + 1; position <= db.size(); ++position) {
            const Bytes& stored = newest[position - before.size() - 1];
            CHECK(db.block(position) == Result<Bytes>(stored));
            CHECK(db.header(position) == header_of(stored));
            CHECK(db.find(*point_of(stored)) == position);
        }
        CHECK(db.tip().point == db.point(db.size()));
    }

    support::TemporaryDirectory directory;
    std::vector<Bytes> before = blocks(1, 2);
    std::vector<Bytes> newest = blocks(3, 5);
    ChunkFiles files{newest};
};

void truncate(std::vector<std::uint8_t>& bytes, std::size_t size) { bytes.resize(size); }

}  // namespace

TEST_CASE("A newest chunk truncated at any byte is served up to its last whole block", "[unit][chain][immutable_db]") {
    const Snapshot snapshot;
    for (std::size_t size = 0; size < snapshot.files.chunk.size(); ++size) {
        INFO(size);
        ChunkFiles cut = snapshot.files;
        truncate(cut.chunk, size);
        cut.write(snapshot.directory, "00001");
        snapshot.check(size, false);
    }
    snapshot.files.write(snapshot.directory, "00001");
    snapshot.check(snapshot.files.chunk.size(), true);
}

TEST_CASE("A newest chunk whose index is truncated at any byte, or missing, is served whole",
          "[unit][chain][immutable_db]") {
    const Snapshot snapshot;
    for (std::size_t size = 0; size < snapshot.files.index.size(); ++size) {
        INFO(size);
        ChunkFiles cut = snapshot.files;
        truncate(cut.index, size);
        cut.write(snapshot.directory, "00001");
        snapshot.check(cut.chunk.size(), false);
    }
    std::filesystem::remove(snapshot.directory.path() / "00001.secondary");
    snapshot.check(snapshot.files.chunk.size(), false);
}

TEST_CASE("A newest chunk and its index may both be truncated at any byte", "[unit][chain][immutable_db][sweep]") {
    const Snapshot snapshot;
    constexpr std::size_t missing = SIZE_MAX;
    for (std::size_t size = 0; size <= snapshot.files.chunk.size(); ++size) {
        const std::size_t entries = whole(snapshot.newest, size);
        const bool at_block = size == entries * snapshot.newest[0].size();
        for (const std::size_t index : {missing, std::size_t{0}, std::size_t{57}, std::size_t{112}}) {
            INFO(size << " bytes, index " << index);
            ChunkFiles cut = snapshot.files;
            truncate(cut.chunk, size);
            truncate(cut.index, index == missing ? 0 : index);
            cut.write(snapshot.directory, "00001");
            if (index == missing) std::filesystem::remove(snapshot.directory.path() / "00001.secondary");
            snapshot.check(size, at_block && index == entries * 56);
        }
    }
}

TEST_CASE("The note of an incomplete chunk states the incomplete part", "[unit][chain][immutable_db]") {
    struct Row {
        std::size_t chunk, index;
        const char* says;
    };
    const Snapshot snapshot;
    const std::size_t block = snapshot.newest[0].size();
    const Row row = GENERATE_COPY(values<Row>({
        {3 * block - 1, 168, "2 blocks of it are served: the index has 1 block more; "},
        {3 * block, 112, "3 blocks of it are served: the index lacks 1 block, read from the chunk"},
        {3 * block, 113, "its index ends inside an entry; the index lacks 1 block"},
        {block + 1, 56, "1 block of it is served: 1 byte behind the last whole block left out"},
        {0, 168, "0 blocks of it are served: the index has 3 blocks more"},
    }));
    ChunkFiles cut = snapshot.files;
    truncate(cut.chunk, row.chunk);
    truncate(cut.index, row.index);
    cut.write(snapshot.directory, "00001");
    const auto opened = ImmutableDb::open(snapshot.directory.path());
    REQUIRE(opened);
    INFO(opened.note);
    CHECK(contains(opened.note, row.says));
}

TEST_CASE("A newest chunk of anything but blocks is damaged, not incomplete", "[unit][chain][immutable_db]") {
    const support::TemporaryDirectory directory;
    directory.write("00000.chunk", ByteVector(100, 0x01));
    SECTION("with an index of the same kind") { directory.write("00000.secondary", ByteVector(100, 0x55)); }
    SECTION("with an empty index") { directory.write("00000.secondary", {}); }
    SECTION("without an index") {}
    const auto opened = ImmutableDb::open(directory.path());
    REQUIRE_FALSE(opened);
    CHECK(opened.damage.code == Errc::chunk_damaged);
    CHECK(opened.damage.message.starts_with((directory.path() / "00000.chunk: ").string()));
}

TEST_CASE("Blocks that the index of the newest chunk lacks are served only if they follow the chain",
          "[unit][chain][immutable_db]") {
    const Snapshot snapshot;
    ChunkFiles files({snapshot.newest[0]});
    const Bytes& other = snapshot.newest[2];
    files.chunk.insert(files.chunk.end(), other.data(), other.data() + other.size());
    files.write(snapshot.directory, "00001");
    const auto opened = ImmutableDb::open(snapshot.directory.path());
    REQUIRE(opened);
    CHECK(opened.chain->size() == 3);
    CHECK(contains(opened.note, "bytes behind the last whole block left out"));
}
