#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "programs/mock_node.hpp"
#include "programs/points.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

/// A relay with a chain, and what a fetch of it writes.
class Source {
  public:
    Source() : relay({"--synthetic", "100x2000"}), points(points_of(relay, 100)) {
        Program fetch("fetch", arguments({}));
        REQUIRE(fetch.wait() == 0);
        blocks = fetch.out;
        REQUIRE(blocks.size() > 100'000);
    }
    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        return join(unreachable(more), {relay.address()});
    }
    /// The same of no relay at all: what is refused before anything is dialled ends in another way.
    [[nodiscard]] std::vector<std::string> unreachable(const std::vector<std::string>& more) const {
        return join({"--magic", "1", "--from", points.front(), "--to", points.back()}, more);
    }
    /// Has `out` written as far as a full disk allows.
    void leave_part(const fs::path& out, std::size_t size) const {
        Program::Options options;
        options.largest_file = size;
        Program fetch("fetch", arguments({"--out", out.string()}), options);
        CHECK(fetch.wait() == 7);
        CHECK(contains(fetch.err, out.string()));
        CHECK(!fs::exists(out));
        REQUIRE(fs::exists(out.string() + ".part"));
    }

    Relay relay;
    std::vector<std::string> points;
    std::string blocks;
};

}  // namespace

TEST_CASE("A device as the output stays a device", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    const fs::path device = scratch.path() / "n", link = scratch.path() / "link";
    if (::mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
        WARN("skipped, for there is no right to make a device");
        return;
    }
    fs::create_symlink("n", link);
    for (const fs::path& out : {device, link}) {
        Program fetch("fetch", source.arguments({"--out", out.string()}));
        CHECK(fetch.wait() == 0);
        CHECK(fs::is_character_file(fs::symlink_status(device)));
        CHECK(fs::is_symlink(link));
    }
    CHECK(!fs::exists(device.string() + ".part"));
}

TEST_CASE("A pipe as the output gets the blocks", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    const fs::path pipe = scratch.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // it never blocks the test
    REQUIRE(reader >= 0);
    Program fetch("fetch", source.arguments({"--json", "--out", pipe.string()}));
    std::string got, part(65'536, '\0');
    std::thread drain([&] {
        pollfd ready{reader, POLLIN, 0};
        while (::poll(&ready, 1, 60'000) == 1) {
            const ssize_t size = ::read(reader, part.data(), part.size());
            if (size <= 0) return;
            got.append(part, 0, static_cast<std::size_t>(size));
        }
    });
    const int code = fetch.wait();
    drain.join();
    ::close(reader);
    CHECK(code == 0);
    CHECK((got == source.blocks));
    CHECK(fs::is_fifo(pipe));
}

TEST_CASE("Names of stdout mean stdout", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    // As /dev/stdout is, which no test gives to a program that might replace it.
    fs::create_symlink("/proc/self/fd/1", scratch.path() / "stdout");
    const std::string given = GENERATE("-", "stdout", "/proc/self/fd/1");
    const std::string name = given == "stdout" ? (scratch.path() / given).string() : given;
    Program fetch("fetch", source.arguments({"--out", name}));
    CHECK(fetch.wait() == 0);
    CHECK((fetch.out == source.blocks));

    scratch.write("file", {});
    const std::string file = (scratch.path() / "file").string();
    Program::Options options;
    options.out = file.c_str();
    Program redirected("fetch", source.arguments({"--out", name}), options);
    CHECK(redirected.wait() == 0);
    CHECK((content(file) == source.blocks));

    Program mixed("fetch", source.arguments({"--json", "--out", name}));
    CHECK(mixed.wait() == 1);
    CHECK(contains(mixed.err, "--out"));
}

TEST_CASE("A refused output is refused before a peer is dialled", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out", part = scratch.path() / "out.part", other = scratch.path() / "other";
    const auto is_refused = [&](const fs::path& target, const std::string& why) {
        Program fetch("fetch", join(source.unreachable({"--json", "--out", target.string()}), {unused_address()}));
        CHECK(fetch.wait() == 7);
        INFO(fetch.err);
        CHECK(contains(fetch.err, why));
        CHECK(json_lines(fetch.out).back()["event"] == "error");
    };
    const std::string mine = "mine";
    const ouro::BytesView bytes{reinterpret_cast<const std::uint8_t*>(mine.data()), mine.size()};
    SECTION("a file") {
        scratch.write("out", bytes);
        is_refused(out, "--force");
        CHECK(content(out) == mine);
    }
    SECTION("a link to a file") {
        scratch.write("other", bytes);
        fs::create_symlink(other, out);
        is_refused(out, "--force");
        CHECK(content(other) == mine);
    }
    SECTION("a directory") {
        is_refused(scratch.path(), "directory");
        CHECK(!fs::exists(scratch.path().string() + ".part"));
    }
    SECTION("a missing directory") { is_refused(scratch.path() / "none" / "out", "none/out"); }
    SECTION("a .part file that is a link") {
        scratch.write("other", bytes);
        fs::create_symlink(other, part);
        is_refused(out, "symbolic link");
        CHECK(content(other) == mine);
    }
    SECTION("a .part file that is a pipe") {
        REQUIRE(::mkfifo(part.c_str(), 0600) == 0);
        is_refused(out, "no regular file");
    }
    SECTION("a .part file without the mark") {
        scratch.write("out.part", bytes);
        is_refused(out, "not left by");
        CHECK(content(part) == mine);
    }
    SECTION("a .part file of another network") {
        source.leave_part(out, 50'000);
        const auto before = content(part);
        Program fetch("fetch", {"--magic", "2", "--from", source.points.front(), "--to", source.points.back(), "--out",
                                out.string(), unused_address()});
        CHECK(fetch.wait() == 7);
        CHECK(contains(fetch.err, "out.part"));
        CHECK((content(part) == before));
    }
    SECTION("a .part file of another range") {
        source.leave_part(out, 50'000);
        const auto before = content(part);
        for (const auto& [from, to] : {std::pair(1U, 99U), std::pair(0U, 2U)}) {
            Program fetch("fetch", {"--magic", "1", "--from", source.points[from], "--to", source.points[to], "--out",
                                    out.string(), unused_address()});
            CHECK(fetch.wait() == 7);
            CHECK(contains(fetch.err, "out.part"));
            CHECK((content(part) == before));
        }
    }
    SECTION("an empty name") {
        Program fetch("fetch", source.arguments({"--out", ""}));
        CHECK(fetch.wait() == 1);
        CHECK(contains(fetch.err, "--out"));
    }
}

TEST_CASE("An existing file is replaced with --force", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    scratch.write("out", {});
    const fs::path out = scratch.path() / "out";
    Program fetch("fetch", source.arguments({"--force", "--out", out.string()}));
    CHECK(fetch.wait() == 0);
    CHECK((content(out) == source.blocks));
}

TEST_CASE("A fetch continues the output of an earlier one", "[programs][fetch][out]") {
    const bool several = GENERATE(false, true);
    const Source source;
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out", part = scratch.path() / "out.part";
    source.leave_part(out, 150'000);
    const auto size = fs::file_size(part);
    bool all_kept = true;
    SECTION("unchanged") {}
    SECTION("with a bit of its last block flipped") {
        std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(size) - 64 - 1'000);
        file.put('\0').put('\0').put('\0');
    }
    SECTION("with a malformed block in its middle") {
        std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(50'000);
        file << std::string(3'000, '\xff');
        all_kept = false;
    }
    SECTION("without the second half of its last block") {
        const std::string whole = content(part);
        const std::string less = whole.substr(0, size - 64 - 1'000) + whole.substr(size - 64);
        scratch.write("out.part", {reinterpret_cast<const std::uint8_t*>(less.data()), less.size()});
    }
    const Relay another({"--synthetic", "100x2000"});
    auto arguments = source.arguments({"--json", "--out", out.string()});
    if (several) arguments.push_back(another.address());
    Program fetch("fetch", arguments);
    CHECK(fetch.wait() == 0);
    INFO(fetch.err);
    CHECK((content(out) == source.blocks));
    CHECK(!fs::exists(part));
    const Json last = json_lines(fetch.out).back();
    CHECK(last["kept"] > (all_kept ? 50 : 10));
    CHECK(last["kept"].get<int>() + last["blocks"].get<int>() == 100);
}

TEST_CASE("A fetch over a socket continues what an earlier one has left", "[programs][fetch][out]") {
    const MockNode node;
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out";
    Program follow("follow", node.arguments({"--count", "20"}));
    REQUIRE(follow.wait() == 0);
    const auto points = points_in(follow.out);
    REQUIRE(points.size() == 20);
    Program whole("fetch",
                  {"--magic", "42", "--from", "origin", "--to", points[19], "--socket", node.socket, "--out", "-"});
    REQUIRE(whole.wait() == 0);

    Program::Options options;
    options.largest_file = whole.out.size() / 2;
    const auto arguments = node.arguments({"--from", "origin", "--to", points[19], "--out", out.string()});
    Program fetch("fetch", arguments, options);
    CHECK(fetch.wait() == 7);
    Program rest("fetch", arguments);
    CHECK(rest.wait() == 0);
    INFO(rest.err);
    CHECK((content(out) == whole.out));
    CHECK(json_lines(rest.out).back()["kept"] > 2);
}

TEST_CASE("A fetch needs no relay if the file already has all its blocks", "[programs][fetch][out]") {
    const Source source;
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out";
    // It is killed when it has everything, and nothing has its name yet.
    const std::string mark = [&] {
        source.leave_part(out, 50'000);
        const std::string part = content(out.string() + ".part");
        return part.substr(part.size() - 64);
    }();
    const std::string all = source.blocks + mark;
    scratch.write("out.part", {reinterpret_cast<const std::uint8_t*>(all.data()), all.size()});
    Program fetch("fetch", join(source.unreachable({"--out", out.string()}), {unused_address()}));
    CHECK(fetch.wait() == 0);
    CHECK((content(out) == source.blocks));
}
