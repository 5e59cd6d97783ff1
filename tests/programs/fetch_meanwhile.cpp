#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const std::string first = "5." + std::string(64, 'a'), last = "9." + std::string(64, 'b');

}  // namespace

TEST_CASE("A fetch into a pipe without a reader reports it and ends in time", "[programs][fetch][out]") {
    const support::TemporaryDirectory scratch;
    const std::string pipe = (scratch.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    SECTION("within --timeout") {
        Program fetch("fetch", {"--magic", "1", "--json", "--from", first, "--to", last, "--timeout", "0.2", "--out",
                                pipe, nobodys_address()});
        CHECK(contains(fetch.note(), "waiting for a program that reads from"));
        CHECK(fetch.wait() == 7);
        CHECK(contains(fetch.err, "no program reads from it"));
        CHECK(json_lines(fetch.out).back()["event"] == "error");
    }
    SECTION("by a signal") {
        for (const bool interrupted : {true, false}) {
            Program fetch("fetch", {"--magic", "1", "--from", first, "--to", last, "--timeout", "1000", "--out", pipe,
                                    nobodys_address()});
            CHECK(contains(fetch.note(), "waiting"));
            interrupted ? fetch.interrupt() : fetch.terminate();
            CHECK(fetch.wait() == 130);
        }
    }
    SECTION("unless a reader opens the pipe") {
        const Relay relay({"--synthetic", "2"});
        const auto points = points_of(relay, 2);
        Program fetch("fetch", {"--magic", "1", "--from", points[0], "--to", points[1], "--timeout", "1000", "--out",
                                pipe, relay.address()});
        CHECK(contains(fetch.note(), "waiting"));
        const int reader = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(reader >= 0);
        CHECK(fetch.wait() == 0);
        char byte = 0;
        CHECK(::read(reader, &byte, 1) == 1);
        ::close(reader);
    }
}

TEST_CASE("A fetch does not take over a .part file that was replaced meanwhile", "[programs][fetch][out]") {
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out", part = scratch.path() / "out.part", victim = scratch.path() / "victim";
    std::string address;
    Words points;
    {
        const Relay relay({"--synthetic", "20"});
        address = relay.address();
        points = points_of(relay, 20);
    }
    scratch.write("victim", {});
    Program fetch("fetch", {"--magic", "1", "--json", "--retry", "--from", points[0], "--to", points[19], "--out",
                            out.string(), address});
    REQUIRE(contains(fetch.note(), "trying again"));  // the file is open, and no relay is there
    std::string said;
    SECTION("removed") {
        fs::remove(part);
        said = "was removed meanwhile; what was written is lost";
    }
    SECTION("replaced by a link") {
        fs::remove(part);
        fs::create_symlink(victim, part);
        said = "was replaced meanwhile; what was written is lost";
    }
    SECTION("moved, with another file in its place") {
        fs::rename(part, scratch.path() / "moved");
        scratch.write("out.part", {});
        said = "was replaced meanwhile; what was written is in the file under its new name";
    }
    SECTION("with a second name") {
        fs::create_hard_link(part, scratch.path() / "second");
        said = "was given a second name meanwhile";
    }
    Program relay("relay", {"--listen", address, "--json", "--magic", "1", "--synthetic", "20"});
    CHECK(fetch.wait() == 7);
    INFO(fetch.err);
    CHECK(contains(fetch.err, said));
    CHECK(!contains(fetch.err, "the same command continues"));
    CHECK(json_lines(fetch.out).back()["code"] == "file_foreign");
    CHECK(!fs::exists(fs::symlink_status(out)));
    CHECK(fs::file_size(victim) == 0);
}
