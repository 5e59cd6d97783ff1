#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <semaphore>

#include <ouro/chain/header.hpp>
#include <ouro/chain/immutable_db.hpp>
#include <ouro/chain/stored_chain.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_data.hpp"

using namespace ouro;
using chain::StoredChain;
using chain::SyntheticChain;

namespace {

SyntheticChain made_up(ChainView::Position blocks, std::size_t block_bytes = 2048) {
    SyntheticChain::Options options;
    options.blocks = blocks;
    options.block_bytes = block_bytes;
    return SyntheticChain(options);
}

void append(StoredChain& to, const ChainView& from, ChainView::Position first, ChainView::Position last) {
    for (auto position = first; position <= last; ++position) REQUIRE(!to.append(*from.block(position)));
}

void check_equal(const StoredChain& got, const ChainView& want) {
    REQUIRE(got.size() == want.size());
    CHECK(got.tip() == want.tip());
    for (ChainView::Position position = 0; position <= want.size(); ++position) {
        CHECK(got.point(position) == want.point(position));
        CHECK(got.find(want.point(position)) == position);
        if (position == 0) continue;
        CHECK(got.header(position) == want.header(position));
        CHECK(got.read(position) == want.block(position));
        CHECK(Result<HeaderInfo>(got.info(position)) == chain::inspect(*want.header(position)));
    }
}

/// A file for chains.
struct File {
    [[nodiscard]] StoredChain::Opened open() const { return StoredChain::open(path, options); }
    /// A chain that has nothing in memory.
    [[nodiscard]] std::shared_ptr<StoredChain> with(const ChainView& made) const {
        append(*open().chain, made, 1, made.size());
        auto opened = open();
        REQUIRE(opened);
        return opened.chain;
    }
    /// Makes the system forget what it has in memory of the file. False: the file system cannot tell.
    [[nodiscard]] bool drop_from_memory() const {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        std::array<char, 10'000> bytes;  // all of it
        const ::iovec part{bytes.data(), bytes.size()};
        const auto drop = [&] { return ::fsync(file) == 0 && ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0; };
        bool dropped = drop() && ::preadv2(file, &part, 1, 0, RWF_NOWAIT) < 0 && errno == EAGAIN;
        // That began to read it.
        dropped = ::pread(file, bytes.data(), bytes.size(), 0) > 0 && drop() && dropped;
        ::close(file);
        return dropped;
    }

    support::TemporaryDirectory scratch;
    std::filesystem::path path = scratch.path() / "chain";
    StoredChain::Options options;
};

/// Counts the calls of `on_ready`'s function, and lets a test wait for them.
struct Calls {
    explicit Calls(std::shared_ptr<StoredChain> of) : chain(std::move(of)) {
        chain->on_ready([this] { calls.release(); });
    }
    ~Calls() { chain->on_ready({}); }
    [[nodiscard]] bool await() { return calls.try_acquire_for(std::chrono::seconds(30)); }

    std::shared_ptr<StoredChain> chain;
    std::counting_semaphore<> calls{0};
};

}  // namespace

TEST_CASE("A chain grown block by block equals its source", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(20);
    StoredChain stored;
    CHECK(stored.tip() == Tip{});
    append(stored, made, 1, 20);
    check_equal(stored, made);
    CHECK(!stored.find(Point(BlockPoint{Slot{1}, made.point(3).hash()})));
    CHECK(!stored.find(Point(BlockPoint{made.point(3).slot(), made.point(4).hash()})));
    CHECK(*stored.block(7) == *made.block(7));
}

TEST_CASE("A block that does not extend the tip is refused", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(20);
    StoredChain stored;
    append(stored, made, 1, 5);
    CHECK(stored.append(*made.block(5)) == Errc::broken_link);
    CHECK(stored.append(*made.block(7)) == Errc::broken_link);
    CHECK(stored.append(Bytes()) == Errc::malformed);
    CHECK(stored.roll_back(6) == Errc::bad_argument);
    CHECK(stored.size() == 5);
    append(stored, made, 6, 20);
    check_equal(stored, made);
}

TEST_CASE("A block with the right predecessor and a wrong number is refused", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(6);
    StoredChain stored;
    append(stored, made, 1, 5);
    std::vector<std::uint8_t> bytes(made.block(6)->view().begin(), made.block(6)->view().end());
    constexpr std::size_t number = 5;  // behind the heads of the pair, the block, the header and its body, and the tag
    REQUIRE(bytes[number] == 5);
    bytes[number] = 6;
    CHECK(stored.append(Bytes::copy(bytes), Checks::headers) == Errc::broken_link);
}

TEST_CASE("A block with another body than its header's is refused", "[unit][chain][stored_chain]") {
    const SyntheticChain made = made_up(2);
    const auto changed = [&](std::size_t from_the_end) {
        std::vector<std::uint8_t> bytes(made.block(1)->view().begin(), made.block(1)->view().end());
        bytes[bytes.size() - from_the_end] ^= 1;
        return Bytes::copy(bytes);
    };
    StoredChain stored;
    CHECK(stored.append(changed(100)) == Errc::body_mismatch);
    std::vector<std::uint8_t> longer(made.block(1)->view().begin(), made.block(1)->view().end());
    longer.push_back(0);
    CHECK(stored.append(Bytes::copy(longer)) == Errc::malformed);
    CHECK(stored.size() == 0);
    CHECK(!stored.append(changed(100), Checks::headers));  // the caller has checked it
    CHECK(stored.size() == 1);
}

TEST_CASE("Real blocks are stored unchanged", "[unit][chain][stored_chain]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto real = chain::ImmutableDb::open(support::test_data("chain/immutable"));
    REQUIRE(real);
    const File file;
    const auto stored = file.with(*real.chain);
    REQUIRE(stored->size() == real.chain->size());
    CHECK(stored->tip() == real.chain->tip());
    for (ChainView::Position position = 1; position <= stored->size(); ++position) {
        CHECK(stored->find(real.chain->point(position)) == position);
        CHECK(stored->header(position) == real.chain->header(position));
        CHECK(stored->read(position) == real.chain->block(position));
    }
}

TEST_CASE("Rolled-back blocks are gone, and another fork takes their place", "[unit][chain][stored_chain]") {
    const File file;
    SyntheticChain made = made_up(20);
    {
        const auto opened = file.open();
        REQUIRE(opened);
        append(*opened.chain, made, 1, 20);
        REQUIRE(!opened.chain->roll_back(12));
        CHECK(!opened.chain->find(made.point(13)));
        made.roll_back(12);
        made.extend(3);
        append(*opened.chain, made, 13, 15);
        check_equal(*opened.chain, made);
    }
    const auto again = file.open();
    REQUIRE(again);
    CHECK(again.dropped == 0);
    check_equal(*again.chain, made);
}

TEST_CASE("A block that is only in the file is pending until it was read", "[unit][chain][stored_chain]") {
    const File file;
    const SyntheticChain made = made_up(3);
    const auto stored = file.with(made);
    Calls calls(stored);
    CHECK(*stored->header(2) == *made.header(2));
    CHECK(stored->block(2).error() == Errc::pending);
    REQUIRE(calls.await());
    CHECK(stored->block(2) == made.block(2));
    CHECK(*stored->header(2) == *made.header(2));  // of the block in memory
}

TEST_CASE("The thread reads a header that the system would have to wait for", "[unit][chain][stored_chain]") {
    const File file;
    const SyntheticChain made = made_up(3);
    const auto stored = file.with(made);
    Calls calls(stored);
    if (!file.drop_from_memory()) {
        std::cout << "skipped, for this file system cannot tell what it has in memory\n";
        return;
    }
    CHECK(stored->header(2).error() == Errc::pending);
    REQUIRE(calls.await());
    CHECK(*stored->header(2) == *made.header(2));
}

TEST_CASE("An appended block is available at once", "[unit][chain][stored_chain]") {
    const File file;
    const SyntheticChain made = made_up(2);
    const auto stored = file.open().chain;
    append(*stored, made, 1, 2);
    CHECK(stored->block(1) == made.block(1));
    CHECK(*stored->header(2) == *made.header(2));
    CHECK(!stored->flush());
    CHECK(stored->block(2) == made.block(2));
}

TEST_CASE("A block rolled back while it is read is not returned for its replacement", "[unit][chain][stored_chain]") {
    const File file;
    SyntheticChain made = made_up(5);
    const auto stored = file.with(made);
    CHECK(stored->block(5).error() == Errc::pending);
    REQUIRE(!stored->roll_back(4));
    made.roll_back(4);
    made.extend(1);
    append(*stored, made, 5, 5);
    CHECK(stored->block(5) == made.block(5));
    REQUIRE(!stored->flush());
    CHECK(stored->block(5) == made.block(5));
}

TEST_CASE("No more than the limit is read at once, and no more is kept", "[unit][chain][stored_chain]") {
    File file;
    file.options.read_bytes = 5'000;  // two blocks with what they take beside
    const SyntheticChain made = made_up(6);
    const auto stored = file.with(made);
    for (const ChainView::Position position : {1U, 2U, 3U}) CHECK(stored->block(position).error() == Errc::pending);
    REQUIRE(!stored->flush());
    CHECK(stored->block(1) == made.block(1));
    CHECK(stored->block(2) == made.block(2));
    CHECK(stored->block(3).error() == Errc::pending);  // it was not read with the others
    REQUIRE(!stored->flush());
    CHECK(stored->block(3) == made.block(3));
    CHECK(stored->block(1).error() == Errc::pending);  // it is in memory no more
}

TEST_CASE("Blocks appended above the limit of unwritten bytes are written too", "[unit][chain][stored_chain]") {
    File file;
    file.options.write_bytes = 1;
    file.options.read_bytes = 1;
    const SyntheticChain made = made_up(50);
    const auto stored = file.open().chain;
    append(*stored, made, 1, 50);
    REQUIRE(!stored->flush());
    check_equal(*stored, made);
    CHECK(stored->block(1).error() == Errc::pending);
}

TEST_CASE("A block that has changed in the open file is not returned", "[unit][chain][stored_chain]") {
    const File file;
    const SyntheticChain made = made_up(3);
    const auto stored = file.with(made);
    SECTION("its bytes") {
        std::fstream bytes(file.path, std::ios::binary | std::ios::in | std::ios::out);
        bytes.seekp(static_cast<std::streamoff>(20 + 12 + made.block(1)->size() + 12 + 100));
        bytes.put('\x55').put('\x55').put('\x55');
    }
    SECTION("the end of the file") {
        std::filesystem::resize_file(file.path, 20 + 12 + made.block(1)->size() + 12 + 100);
    }
    CHECK(stored->block(2).error() == Errc::pending);
    REQUIRE(!stored->flush());
    CHECK(stored->block(2).error() == Errc::file_damaged);
    CHECK(stored->block(2).error() == Errc::pending);  // each call after an error reads again
    const auto header = stored->header(2);
    if (header.error() == Errc::pending) {  // the file ends within it: no read without waiting is whole
        REQUIRE(!stored->flush());
        CHECK(stored->header(2).error() == Errc::file_damaged);
    } else {
        CHECK(header.error() == Errc::file_damaged);
    }
    CHECK(stored->read(2).error() == Errc::file_damaged);
    CHECK(stored->read(1) == made.block(1));
}

TEST_CASE("After a failed write the chain takes no blocks and serves those it has", "[unit][chain][stored_chain]") {
    const File file;
    const SyntheticChain made = made_up(20);
    const auto stored = file.open().chain;
    Calls calls(stored);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit small = before;
    small.rlim_cur = 10'000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    ChainView::Position last = 0;
    std::error_code error;
    while (!error && last < 20)
        if (error = stored->append(*made.block(last + 1)); !error) ++last;
    const std::error_code at_the_end = stored->flush();
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(calls.await());
    CHECK(at_the_end == std::errc::file_too_large);
    CHECK(stored->error() == at_the_end);
    CHECK(stored->append(*made.block(last + 1)) == at_the_end);
    CHECK(stored->roll_back(1) == at_the_end);
    CHECK(stored->block(last) == made.block(last));
}

TEST_CASE("A block in the file takes less than 100 bytes of memory", "[unit][chain][stored_chain]") {
    constexpr ChainView::Position blocks = 20'000;
    const File file;
    {
        const SyntheticChain made = made_up(blocks, 1);
        const auto stored = file.open().chain;
        append(*stored, made, 1, blocks);
    }
    const auto in_use = [] {
        const auto all = ::mallinfo2();
        return all.uordblks + all.hblkhd;
    };
    const std::size_t before = in_use();
    const auto opened = file.open();
    const std::size_t after = in_use();
    REQUIRE(opened);
    CHECK(opened.chain->size() == blocks);
    const double each = static_cast<double>(after - before) / blocks;
    CAPTURE(each);
    CHECK(each < 100);
}
