#include <sys/stat.h>

#include <filesystem>

#include <ouro/base/bytes.hpp>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_data.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    const ouro::Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}

/// A file, and the node example with it.
struct Store {
    void write(const std::string& bytes) const {
        scratch.write("chain", {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    }
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> all{"--magic", "7", "--json", "--listen", "127.0.0.1:0", "--store", file.string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    /// Makes blocks until there are some, and is killed.
    [[nodiscard]] std::string made(int blocks = 5) const {
        Program node("node", words({"--synthetic", "200"}));
        while (Json::parse(node.line(), nullptr, false).value("block", -1) + 1 < blocks) {
        }
        node.interrupt();
        CHECK(node.wait() == 0);
        return content(file);
    }
    /// The node ends before it listens, says why, and leaves the file as it was.
    std::string refused(const std::string& code, const std::vector<std::string>& more = {}) const {
        const std::string before = content(file);
        Program node("node", words(more));
        CHECK(node.wait() == 7);
        INFO(node.err);
        CHECK(contains(node.err, "cannot keep the chain in " + file.string() + ": "));
        const auto lines = json_lines(node.out);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].value("code", "") == code);
        CHECK((content(file) == before));
        return node.err;
    }

    support::TemporaryDirectory scratch;
    fs::path file = scratch.path() / "chain";
};

/// The offset of the entry of a block, from 1, in a store.
std::size_t entry(const std::string& store, int block) {
    std::size_t at = 20;
    for (; block > 1; --block) at += 12 + ouro::load_be32(reinterpret_cast<const std::uint8_t*>(store.data()) + at);
    return at;
}

}  // namespace

TEST_CASE("A node leaves a file alone that is not a store", "[programs][node][node_store]") {
    const Store store;
    const std::string sqlite("SQLite format 3\0\x10\0\1\1\0\x40\x20\x20", 24);
    const std::string key = R"({"type": "PaymentSigningKeyShelley_ed25519", "description": "", "cborHex": "5820aa"})";
    for (const std::string& bytes : {std::string("{}"), key, sqlite, std::string("a text\n"), std::string(100, '\0')}) {
        store.write(bytes);
        CHECK(contains(store.refused("file_foreign"), "not a store of a chain"));
        CHECK(contains(store.refused("file_foreign", {"--repair"}), "not a store of a chain"));
    }
    if (const fs::path chunk = support::test_data("chain/immutable/01285.chunk"); support::have(chunk)) {
        store.write(content(chunk));
        CHECK(contains(store.refused("file_foreign", {"--repair"}), "not a store of a chain"));
    }
}

TEST_CASE("A node refuses a device, FIFO or directory as its store without opening it",
          "[programs][node][node_store]") {
    const bool link = GENERATE(false, true);
    Store store;
    const fs::path other = store.scratch.path() / "other";
    mode_t kind = 0;
    std::string says = "not a regular file";
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
    SECTION("a directory") {
        fs::create_directory(other);
        kind = S_IFDIR;
        says = "directory";
    }
    if (link) fs::create_symlink(other, store.file);
    if (!link) store.file = other;
    Program node("node", store.words({"--repair"}));
    CHECK(node.wait() == 7);
    INFO(node.err);
    CHECK(contains(node.err, store.file.string()));
    CHECK(contains(node.err, says));
    struct stat facts{};
    REQUIRE(::stat(other.c_str(), &facts) == 0);
    CHECK((facts.st_mode & S_IFMT) == kind);
}

TEST_CASE("A node refuses a store of another network or of an earlier version", "[programs][node][node_store]") {
    const Store store;
    SECTION("of another network") {
        (void)store.made();
        const std::string before = content(store.file);
        Program node("node", {"--magic", "8", "--json", "--listen", "127.0.0.1:0", "--store", store.file.string()});
        CHECK(node.wait() == 7);
        CHECK(contains(node.err, "with the magic 7, and not 8"));
        CHECK((content(store.file) == before));
    }
    SECTION("of an earlier version") {
        const std::string bytes = store.made(1);
        const std::size_t at = entry(bytes, 1);
        const std::string first = bytes.substr(at, 8) + bytes.substr(at + 12, entry(bytes, 2) - at - 12);
        store.write(first);
        CHECK(contains(store.refused("file_foreign"), "a store of an earlier version"));
    }
}

TEST_CASE("A node names a damaged block and truncates its store there only on request",
          "[programs][node][node_store]") {
    const Store store;
    std::string bytes = store.made();
    const std::size_t damage = entry(bytes, 3);
    bytes[damage + 200] ^= 0x04;
    store.write(bytes);
    const std::string says = store.refused("file_damaged");
    CHECK(contains(says, "block 2, at byte " + std::to_string(damage)));
    CHECK(contains(says, "--repair"));

    Program node("node", store.words({"--repair"}));
    CHECK(Json::parse(node.line(), nullptr, false).value("blocks", -1) == 2);
    node.interrupt();
    CHECK(node.wait() == 0);
    CHECK(contains(node.err, "cut off the last " + std::to_string(bytes.size() - damage) + " bytes"));
    CHECK((content(store.file) == bytes.substr(0, damage)));
}

TEST_CASE("A node truncates a block that was incomplete when it was killed", "[programs][node][node_store]") {
    const Store store;
    const std::string bytes = store.made();
    store.write(bytes.substr(0, entry(bytes, 5) + 100));
    Program node("node", store.words());
    CHECK(Json::parse(node.line(), nullptr, false).value("blocks", -1) == 4);
    node.interrupt();
    CHECK(node.wait() == 0);
    CHECK(contains(node.err, "cut off the last 100 bytes, with 0 whole blocks; 4 blocks are left"));
}

TEST_CASE("Without a store --repair is an error", "[programs][node][node_store]") {
    Program node("node", {"--magic", "7", "--listen", "127.0.0.1:0", "--repair"});
    CHECK(node.wait() == 1);
    CHECK(contains(node.err, "--store"));
}

TEST_CASE("An empty file becomes a store", "[programs][node][node_store]") {
    const Store store;
    store.write("");
    CHECK(store.made().starts_with("\x8fouro"));
}

TEST_CASE("A node serves blocks that are only in its file", "[programs][node][node_store]") {
    const Store store;
    const std::string bytes = store.made(50);
    Program node("node", store.words());
    const Json first = Json::parse(node.line(), nullptr, false);
    const int blocks = first.value("blocks", 0);
    REQUIRE(blocks >= 50);
    const Store other;
    Program follower("node", other.words({first.value("address", "")}));
    while (Json::parse(follower.line(), nullptr, false).value("block", -1) + 1 < blocks) {
    }
    follower.interrupt();
    CHECK(follower.wait() == 0);
    CHECK((content(other.file) == bytes));
}

TEST_CASE("A node with a full disk exits, and its store opens again", "[programs][node][node_store]") {
    const Store store;
    Program::Options options;
    options.largest_file = 10'000;
    {
        Program node("node", store.words({"--synthetic", "200"}), options);
        CHECK(node.wait() == 7);
        CHECK(contains(node.err, "the chain cannot be stored in " + store.file.string() + ": "));
    }
    Program node("node", store.words());
    CHECK(Json::parse(node.line(), nullptr, false).value("blocks", 0) >= 1);
}

TEST_CASE("A node that cannot listen removes only a store that it has just created", "[programs][node][node_store]") {
    const Store store;
    std::string before;
    const bool there = GENERATE(false, true);
    if (there) before = store.made();
    Program node("node", {"--magic", "7", "--listen", "192.0.2.1:0", "--store", store.file.string()});
    CHECK(node.wait() == 2);
    CHECK(contains(node.err, "cannot listen on 192.0.2.1:0"));
    CHECK(fs::exists(store.file) == there);
    if (there) CHECK((content(store.file) == before));
}
