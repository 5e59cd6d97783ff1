#include "output_file.hpp"

#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <functional>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_data.hpp"

using cli::OutputFile;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

namespace fs = std::filesystem;

ouro::BytesView view(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string content(const fs::path& file) {
    const ouro::Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}

/// What the refusal says; empty: there was none.
std::string refusal(const fs::path& target, bool force = false, const char* about = "test") {
    try {
        const OutputFile file(target.string(), force, about);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

/// A `.part` file of an earlier run, with this content.
void leave_part(const fs::path& target, const std::string& text, const char* about = "test") {
    OutputFile file(target.string(), false, about);
    file.write(view(text));
}

std::string kept(const OutputFile& file) {
    std::string text(file.size(), '\0');
    CHECK(file.read(0, reinterpret_cast<std::uint8_t*>(text.data()), text.size()) == text.size());
    return text;
}

}  // namespace

TEST_CASE("A file gets its whole content at once when it is finished", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out";
    OutputFile file(target.string(), false, "test");
    file.write(view("one "));
    file.write({});
    file.write(view("two"));
    CHECK(!fs::exists(target));
    CHECK(fs::exists(file.part()));
    file.finish();
    CHECK(content(target) == "one two");
    CHECK(file.part().empty());
    CHECK(!fs::exists(target.string() + ".part"));
}

TEST_CASE("Only --force replaces an existing file", "[output_file]") {
    const support::TemporaryDirectory scratch;
    scratch.write("out", view("mine"));
    const fs::path target = scratch.path() / "out";
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    CHECK(contains(refusal(target), "--force"));
    CHECK(content(target) == "mine");

    OutputFile file(target.string(), true, "test");
    file.write(view("new"));
    CHECK(content(target) == "mine");
    file.finish();
    CHECK(content(target) == "new");
    CHECK(fs::status(target).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("A file that appears meanwhile is not replaced, and the .part file is kept", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out";
    {
        OutputFile file(target.string(), false, "test");
        file.write(view("ours"));
        scratch.write("out", view("mine"));
        CHECK_THROWS_AS(file.finish(), std::runtime_error);
    }
    CHECK(content(target) == "mine");
    fs::remove(target);
    CHECK(kept(OutputFile(target.string(), false, "test")) == "ours");
}

TEST_CASE("Links of the target are followed and kept", "[output_file]") {
    const support::TemporaryDirectory scratch;
    fs::create_directory(scratch.path() / "behind");
    const fs::path link = scratch.path() / "link", target = scratch.path() / "behind" / "out";
    fs::create_symlink("second", link);
    fs::create_symlink("behind/out", scratch.path() / "second");
    SECTION("to an existing file") {
        scratch.write("behind/out", view("mine"));
        CHECK(contains(refusal(link), "--force"));
    }
    SECTION("to a missing file") {}
    OutputFile file(link.string(), true, "test");
    CHECK(file.part() == fs::canonical(target.parent_path()) / "out.part");
    file.write(view("new"));
    file.finish();
    CHECK(fs::is_symlink(link));
    CHECK(content(target) == "new");
}

TEST_CASE("A target that cannot become a file is refused", "[output_file]") {
    const support::TemporaryDirectory scratch;
    fs::create_symlink("loop", scratch.path() / "loop");
    CHECK(contains(refusal(scratch.path()), "directory"));
    CHECK(contains(refusal(scratch.path() / ""), "directory"));
    CHECK(contains(refusal(scratch.path() / "none" / "out"), "No such file"));
    CHECK(contains(refusal(scratch.path() / "loop"), "Too many levels"));
    CHECK(contains(refusal(""), "no name"));
    CHECK(contains(refusal("/proc/out"), "/proc/out"));
    CHECK(fs::exists(fs::symlink_status(scratch.path() / "loop")));
    CHECK(!fs::exists(scratch.path().string() + ".part"));
}

TEST_CASE("A pipe is written in place", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "pipe";
    REQUIRE(::mkfifo(target.c_str(), 0600) == 0);
    const int reader = ::open(target.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    OutputFile file(target.string(), GENERATE(false, true), "test");
    file.write(view("through"));
    file.finish();
    std::array<char, 16> got{};
    CHECK(::read(reader, got.data(), got.size()) == 7);
    CHECK(std::string(got.data()) == "through");
    CHECK(fs::is_fifo(target));
    CHECK(!fs::exists(target.string() + ".part"));
    ::close(reader);
}

TEST_CASE("A device is written in place and stays one", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "null";
    if (::mknod(target.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
        WARN("skipped, for there is no right to make a device");
        return;
    }
    OutputFile file(target.string(), GENERATE(false, true), "test");
    file.write(view("gone"));
    file.finish();
    CHECK(fs::is_character_file(target));
    CHECK(fs::directory_iterator(scratch.path())->path() == target);
}

TEST_CASE("Unfinished output is kept, and a run with the same arguments continues it", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out";
    leave_part(target, "");
    CHECK(fs::is_empty(scratch.path()));
    leave_part(target, "one two");
    CHECK(contains(refusal(target, true, "another"), "out.part"));
    {
        OutputFile file(target.string(), false, "test");
        CHECK(kept(file) == "one two");
        CHECK(contains(refusal(target), "another program"));
        file.cut(4);
        file.write(view("three"));
    }
    OutputFile file(target.string(), false, "test");
    CHECK(kept(file) == "one three");
    file.finish();
    CHECK(content(target) == "one three");
}

TEST_CASE("A .part file of another origin is refused and left alone", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out", part = scratch.path() / "out.part",
                   other = scratch.path() / "other";
    const auto is_refused = [&](const std::string& why) {
        const std::string says = refusal(target, true);
        INFO(says);
        CHECK(contains(says, why));
        CHECK(contains(says, "out.part"));
        CHECK(!fs::exists(target));
    };
    SECTION("a link") {
        scratch.write("other", view("mine"));
        fs::create_symlink(other, part);
        is_refused("symbolic link");
        CHECK(content(other) == "mine");
    }
    SECTION("a link to nothing") {
        fs::create_symlink(other, part);
        is_refused("symbolic link");
        CHECK(!fs::exists(other));
    }
    SECTION("a link to one of our files") {
        leave_part(other, "ours");
        fs::create_symlink("other.part", part);
        is_refused("symbolic link");
    }
    SECTION("one of our files with a second name") {
        leave_part(target, "ours");
        fs::create_hard_link(part, other);
        is_refused("second name");
    }
    SECTION("a pipe without a reader or writer") {
        REQUIRE(::mkfifo(part.c_str(), 0600) == 0);
        is_refused("no regular file");
    }
    SECTION("a directory") {
        fs::create_directory(part);
        is_refused("out.part");
    }
    SECTION("a device") {
        if (::mknod(part.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
            WARN("skipped, for there is no right to make a device");
            return;
        }
        is_refused("no regular file");
        CHECK(fs::is_character_file(part));
    }
    SECTION("files without the mark") {
        for (const std::string& text : {std::string(), std::string("mine"), std::string(5'000, 'x')}) {
            scratch.write("out.part", view(text));
            is_refused("not left by");
            CHECK(content(part) == text);
        }
    }
    SECTION("another user's") {
        leave_part(target, "ours");
        if (::geteuid() != 0 || ::chown(part.c_str(), 12'345, 12'345) != 0) {
            WARN("skipped, for there is no right to give a file away");
            return;
        }
        is_refused("another user");
    }
}

TEST_CASE("A killed writer leaves a file that a later run can continue", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out";
    const std::string some(300'000, 'x');
    std::uint64_t before = 0;
    for (int run = 0; run < 5; ++run) {
        std::array<int, 2> pipe{};
        REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        const pid_t writer = ::fork();
        REQUIRE(writer >= 0);
        if (writer == 0) {
            OutputFile file(target.string(), false, "test");
            for (int i = 0; i < 1'000; ++i) {
                file.write(view(some));
                if (i == 2) (void)!::write(pipe[1], "x", 1);
            }
            ::_exit(0);
        }
        ::close(pipe[1]);
        char ready = 0;
        CHECK(::read(pipe[0], &ready, 1) == 1);
        ::kill(writer, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(writer, &status, 0) == writer);
        ::close(pipe[0]);
        const OutputFile file(target.string(), false, "test");
        CHECK(file.size() >= before + 3 * some.size());
        before = file.size();
    }
}

TEST_CASE("A file that cannot grow keeps its content", "[output_file]") {
    const support::TemporaryDirectory scratch;
    const fs::path target = scratch.path() / "out";
    const std::string some(300'000, 'x');
    const pid_t writer = ::fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{700'000, 700'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        int code = 1;
        {
            OutputFile file(target.string(), false, "test");
            try {
                for (int i = 0; i < 3; ++i) file.write(view(some));
            } catch (const std::runtime_error&) {
                code = 0;
            }
        }
        ::_exit(code);
    }
    int status = 0;
    REQUIRE(::waitpid(writer, &status, 0) == writer);
    CHECK(status == 0);
    CHECK(kept(OutputFile(target.string(), false, "test")) == some + some);
}
