#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ouro/chain/stored_chain.hpp>
#include <ouro/chain/synthetic.hpp>

#include "chain/crc32.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_data.hpp"

using namespace ouro;
using chain::StoredChain;
using chain::SyntheticChain;

namespace {

namespace fs = std::filesystem;
using Content = std::vector<std::uint8_t>;

constexpr std::size_t file_head = 20, entry_head = 12;

StoredChain::Options options(bool repair = false, std::uint32_t magic = 42) {
    StoredChain::Options options;
    options.magic = NetworkMagic{magic};
    options.repair = repair;
    return options;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Content content(const fs::path& file) {
    const Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}
Content text(const std::string& text) { return {text.begin(), text.end()}; }

/// A file in a directory of its own, and the chain that it is to hold.
struct Store {
    explicit Store(ChainView::Position blocks = 0)
        : made([] {
              SyntheticChain::Options small;
              small.blocks = 6;
              small.block_bytes = small.header_bytes = 1;
              return small;
          }()) {
        if (blocks == 0) return;
        const auto opened = StoredChain::open(file, options());
        REQUIRE(opened);
        append(*opened.chain, 1, blocks);
    }
    void append(StoredChain& to, ChainView::Position first, ChainView::Position last) const {
        for (auto position = first; position <= last; ++position) REQUIRE(!to.append(*made.block(position)));
    }
    void write(const Content& content) const { scratch.write("chain", content); }
    /// Where the entry of the block begins.
    [[nodiscard]] std::size_t entry(ChainView::Position position) const {
        std::size_t at = file_head;
        for (ChainView::Position before = 1; before < position; ++before) at += entry_head + made.block(before)->size();
        return at;
    }
    /// The file cannot be used, and is left as it was, with and without repair.
    StoredChain::Opened refused(Errc code, bool repair = false) const {
        const Content before = content(file);
        auto opened = StoredChain::open(file, options(repair));
        CHECK(!opened);
        CHECK(name(opened.damage.code) == name(code));
        INFO(opened.damage.message);
        CHECK(contains(opened.damage.message, file.string() + ": "));
        CHECK((content(file) == before));
        return opened;
    }
    void check_holds(const StoredChain& chain, ChainView::Position blocks) const {
        REQUIRE(chain.size() == blocks);
        for (ChainView::Position position = 1; position <= blocks; ++position) {
            CHECK(chain.point(position) == made.point(position));
            CHECK(chain.read(position) == made.block(position));
        }
    }

    support::TemporaryDirectory scratch;
    fs::path file = scratch.path() / "chain";
    SyntheticChain made;
};

Content old_entry(const Bytes& block) {
    Content entry(8);
    store_be32(entry.data(), static_cast<std::uint32_t>(block.size()));
    store_be32(entry.data() + 4, chain::crc32(block));
    entry.insert(entry.end(), block.view().begin(), block.view().end());
    return entry;
}

}  // namespace

TEST_CASE("A store begins with its mark, the version of its format and the network's magic",
          "[unit][chain][store_file]") {
    const Store store(1);
    const Content head = content(store.file);
    REQUIRE(head.size() == store.entry(2));
    const Content want{0x8f, 'o', 'u', 'r', 'o', '\r', '\n', 0x1a, 0, 0, 0, 1, 0, 0, 0, 42};
    CHECK((Content(head.begin(), head.begin() + 16) == want));
    CHECK(load_be32(head.data() + 16) == chain::crc32(want));
}

TEST_CASE("A file that is not a store is refused and left unchanged", "[unit][chain][store_file]") {
    const Store store;
    const bool repair = GENERATE(false, true);
    std::string sqlite = "SQLite format 3";
    sqlite += std::string(100, '\0');
    const std::string key = R"({"type": "PaymentSigningKeyShelley_ed25519", "description": "", "cborHex": "5820aa"})";
    const Bytes block = *store.made.block(1);
    const std::vector<Content> foreign{text("{}"),
                                       text(key),
                                       text(sqlite),
                                       text("x"),
                                       text("a text\nof two lines\n"),
                                       Content(8),
                                       Content(4096),
                                       Content(block.view().begin(), block.view().end()),  // as in a chunk
                                       Content{0x8f, 'o', 'u', 'r', 'o', '\n', 0x1a}};
    for (const Content& bytes : foreign) {
        store.write(bytes);
        CHECK(contains(store.refused(Errc::file_foreign, repair).damage.message, "not a store of a chain"));
    }
}

TEST_CASE("A file that is not regular is refused unopened and left unchanged", "[unit][chain][store_file]") {
    const Store store;
    const fs::path other = store.scratch.path() / "other";
    mode_t kind = 0;
    SECTION("a FIFO") {
        REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
        kind = S_IFIFO;
    }
    SECTION("a device") {
        if (::mknod(other.c_str(), S_IFCHR | 0600, 1 << 8 | 3) != 0) {
            WARN("no device can be made here");
            return;
        }
        kind = S_IFCHR;
    }
    SECTION("a socket") {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        other.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
        REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
        ::close(socket);
        kind = S_IFSOCK;
    }
    const fs::path link = store.scratch.path() / "link";
    fs::create_symlink(other, link);
    for (const fs::path& path : {other, link}) {
        const auto opened = StoredChain::open(path, options(true));
        CHECK(name(opened.damage.code) == name(Errc::file_foreign));
        CHECK(contains(opened.damage.message, path.string() + ": not a regular file"));
        struct stat facts{};
        REQUIRE(::stat(path.c_str(), &facts) == 0);
        CHECK((facts.st_mode & S_IFMT) == kind);
    }
    const auto directory = StoredChain::open(store.scratch.path(), options());
    CHECK(directory.system == std::errc::is_a_directory);
    CHECK(name(directory.damage.code) == name(Errc::file_unreadable));
}

TEST_CASE("A link to a store is followed and stays a link", "[unit][chain][store_file]") {
    const Store store(2);
    const fs::path link = store.scratch.path() / "link";
    fs::create_symlink(store.file, link);
    {
        const auto opened = StoredChain::open(link, options());
        REQUIRE(opened);
        store.append(*opened.chain, 3, 3);
    }
    CHECK(fs::is_symlink(link));
    store.check_holds(*StoredChain::open(store.file, options()).chain, 3);
}

TEST_CASE("A store of an earlier version is recognised and refused", "[unit][chain][store_file]") {
    const bool repair = GENERATE(false, true);
    const Store store;
    Content old = old_entry(*store.made.block(1));
    SECTION("complete") {}
    SECTION("with a truncated second block") { old.resize(old.size() + 5); }
    store.write(old);
    CHECK(contains(store.refused(Errc::file_foreign, repair).damage.message, "a store of an earlier version"));
}

TEST_CASE("A store of a later version is refused by the version of its format", "[unit][chain][store_file]") {
    const Store store(1);
    Content bytes = content(store.file);
    bytes[11] = 2;
    store_be32(bytes.data() + 16, chain::crc32(BytesView(bytes).first(16)));
    store.write(bytes);
    const bool repair = GENERATE(false, true);
    CHECK(contains(store.refused(Errc::file_foreign, repair).damage.message, "a store of format 2, and format 1"));
}

TEST_CASE("A store of another network is refused, and both magics are named", "[unit][chain][store_file]") {
    const Store store(2);
    const Content before = content(store.file);
    const bool repair = GENERATE(false, true);
    const auto opened = StoredChain::open(store.file, options(repair, 764'824'073));
    CHECK(name(opened.damage.code) == name(Errc::magic_mismatch));
    CHECK(contains(opened.damage.message, "with the magic 42, and not 764824073"));
    CHECK((content(store.file) == before));
}

TEST_CASE("An empty file counts as new", "[unit][chain][store_file]") {
    const Store store;
    store.write({});
    const auto opened = StoredChain::open(store.file, options());
    REQUIRE(opened);
    CHECK(opened.dropped == 0);
    store.append(*opened.chain, 1, 2);
    store.check_holds(*opened.chain, 2);
}

TEST_CASE("A store truncated at any byte opens with its complete blocks and continues after them",
          "[unit][chain][store_file]") {
    const Store store(3);
    const Content whole = content(store.file);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        CAPTURE(size);
        store.write(Content(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        ChainView::Position blocks = 0;
        while (blocks < 3 && store.entry(blocks + 2) <= size) ++blocks;
        {
            const auto opened = StoredChain::open(store.file, options());
            REQUIRE(opened);
            CHECK(opened.dropped == (size < file_head ? 0 : size - store.entry(blocks + 1)));
            CHECK(opened.dropped_blocks == 0);
            REQUIRE(opened.chain->size() == blocks);
            CHECK(fs::file_size(store.file) == store.entry(blocks + 1));
            store.append(*opened.chain, blocks + 1, 3);
        }
        CHECK((content(store.file) == whole));
    }
}

TEST_CASE("A changed byte is detected anywhere, and costs only the last block", "[unit][chain][store_file]") {
    const Store store(3);
    const Content whole = content(store.file);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        Content bytes = whole;
        bytes[at] ^= at % 2 == 0 ? 0x01 : 0x80;
        store.write(bytes);
        if (at < 8) {
            store.refused(Errc::file_foreign);
        } else if (at < file_head) {
            store.refused(Errc::file_damaged);
        } else if (at < store.entry(3)) {
            const bool first = at < store.entry(2);
            const std::string place =
                first ? "block 0, at byte 20: " : "block 1, at byte " + std::to_string(store.entry(2));
            const auto opened = store.refused(Errc::file_damaged);
            CHECK(contains(opened.damage.message, place));
            CHECK(contains(opened.damage.message, first ? "whole blocks after it: 2" : "whole blocks after it: 1"));
        } else {
            const auto opened = StoredChain::open(store.file, options());
            REQUIRE(opened);
            CHECK(opened.dropped == whole.size() - store.entry(3));
            store.check_holds(*opened.chain, 2);
        }
    }
}

TEST_CASE("Bytes after the last complete block are truncated", "[unit][chain][store_file]") {
    const Store store(2);
    Content bytes = content(store.file);
    bytes.resize(bytes.size() + 5'000);  // as a file system may leave it when the machine stops
    store.write(bytes);
    const auto opened = StoredChain::open(store.file, options());
    REQUIRE(opened);
    CHECK(opened.dropped == 5'000);
    store.check_holds(*opened.chain, 2);
}

TEST_CASE("Repair truncates a store at its damage and reports the dropped bytes", "[unit][chain][store_file]") {
    const auto offset = GENERATE(values<std::size_t>({0, 5, 9, 100}));  // the size, the checksums, the block
    const Store store(5);
    Content bytes = content(store.file);
    bytes[store.entry(3) + offset] ^= 0x10;
    store.write(bytes);
    store.refused(Errc::file_damaged);
    {
        const auto opened = StoredChain::open(store.file, options(true));
        REQUIRE(opened);
        CHECK(opened.dropped == bytes.size() - store.entry(3));
        CHECK(opened.dropped_blocks == 2);
        store.check_holds(*opened.chain, 2);
        store.append(*opened.chain, 3, 6);
    }
    store.check_holds(*StoredChain::open(store.file, options()).chain, 6);
}

TEST_CASE("Repair rewrites a damaged head and drops no block", "[unit][chain][store_file]") {
    const auto at = GENERATE(values<std::size_t>({8, 13, 19}));  // the version, the magic, the checksum
    const Store store(3);
    Content bytes = content(store.file);
    bytes[at] ^= 0x40;
    store.write(bytes);
    store.refused(Errc::file_damaged);
    {
        const auto opened = StoredChain::open(store.file, options(true));
        REQUIRE(opened);
        CHECK(opened.dropped == 0);
        store.check_holds(*opened.chain, 3);
    }
    CHECK(StoredChain::open(store.file, options()));
}

TEST_CASE("A damaged head is not repaired for another network", "[unit][chain][store_file]") {
    const auto at = GENERATE(values<std::size_t>({8, 13, 19}));  // the version, the magic, the checksum
    const bool repair = GENERATE(false, true);
    const Store store(3);
    Content bytes = content(store.file);
    bytes[at] ^= 0x40;
    store.write(bytes);
    const auto opened = StoredChain::open(store.file, options(repair, 43));
    CHECK(!opened);
    CHECK(name(opened.damage.code) == name(Errc::magic_mismatch));
    CHECK(contains(opened.damage.message, "does not confirm the network with the magic 43"));
    CHECK((content(store.file) == bytes));
}

TEST_CASE("A store with a block that carries the label of a later era opens", "[unit][chain][store_file]") {
    const Store store;
    const auto as_babbage = [&](ChainView::Position position) {
        const Bytes block = *store.made.block(position);
        Content bytes(block.view().begin(), block.view().end());
        bytes[1] = 6;
        return Bytes::copy(bytes);
    };
    {
        const auto opened = StoredChain::open(store.file, options());
        REQUIRE(opened);
        REQUIRE(!opened.chain->append(as_babbage(1)));
        REQUIRE(!opened.chain->append(*store.made.block(2)));
        REQUIRE(!opened.chain->append(as_babbage(3)));
    }
    const auto opened = StoredChain::open(store.file, options());
    REQUIRE(opened);
    REQUIRE(opened.chain->size() == 3);
    CHECK(opened.chain->header(2) == store.made.header(2));
    CHECK(opened.chain->header(3)->era == Era::babbage);
}

TEST_CASE("A block that does not follow the one before it is refused", "[unit][chain][store_file]") {
    const Store store(3);
    Content bytes = content(store.file);
    const auto at = [&](ChainView::Position position) {
        return bytes.begin() + static_cast<std::ptrdiff_t>(store.entry(position));
    };
    bytes.erase(at(2), at(3));
    store.write(bytes);
    const std::string says =
        "block 1, at byte " + std::to_string(store.entry(2)) + ": " + std::string(message(Errc::broken_link));
    CHECK(contains(store.refused(Errc::file_damaged).damage.message, says));
    const auto opened = StoredChain::open(store.file, options(true));
    REQUIRE(opened);
    CHECK(opened.dropped_blocks == 1);
    store.check_holds(*opened.chain, 1);
}

TEST_CASE("Only one chain at a time has a file open", "[unit][chain][store_file]") {
    const Store store;
    const auto first = StoredChain::open(store.file, options());
    REQUIRE(first);
    const auto second = StoredChain::open(store.file, options());
    CHECK(!second);
    CHECK(second.system == std::errc::operation_would_block);
    CHECK(contains(second.damage.message, "another program has it open"));
}
