#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <thread>

#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const std::string first = "5." + std::string(64, 'a'), last = "9." + std::string(64, 'b');

/// Passes the bytes of one connection between a program and a relay. Calls `at_end` when the program ends its side, and
/// closes the connection after that.
class Passage {
  public:
    Passage(const std::string& relay, std::function<void()> at_end)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), at_end_(std::move(at_end)) {
        sockaddr_in where = loopback(0);
        socklen_t size = sizeof where;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
        const int port = std::stoi(relay.substr(relay.find(':') + 1));
        thread_ = std::thread([this, port] { pass(static_cast<std::uint16_t>(port)); });
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;
    ~Passage() {
        ::shutdown(listener_, SHUT_RDWR);  // an accept that still waits ends
        thread_.join();
        ::close(listener_);
    }
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(port);
        return where;
    }
    void pass(std::uint16_t port) {
        const int program = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (program < 0) return;
        const int relay = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in where = loopback(port);
        bool open = ::connect(relay, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
        while (open) {
            std::array<pollfd, 2> both{{{program, POLLIN, 0}, {relay, POLLIN, 0}}};
            if (::poll(both.data(), both.size(), 60'000) <= 0) break;
            if (both[0].revents != 0 && !move(program, relay)) {
                at_end_();
                open = false;
            }
            if (open && both[1].revents != 0) open = move(relay, program);
        }
        ::close(relay);
        ::close(program);
    }
    static bool move(int from, int to) {
        std::array<char, 65'536> part;
        const ssize_t size = ::recv(from, part.data(), part.size(), 0);
        for (ssize_t sent = 0, more = 0; sent < size; sent += more) {
            more = ::send(to, part.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
            if (more <= 0) return false;
        }
        return size > 0;
    }

    int listener_;
    std::function<void()> at_end_;
    std::string address_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("The time that a fetch reports ends before it closes its connection", "[programs][fetch]") {
    const Relay relay({"--synthetic", "5"});
    const auto points = points_of(relay, 5);
    const support::TemporaryDirectory scratch;
    const std::string out = (scratch.path() / "stdout").string();
    scratch.write("stdout", {});
    bool ended = false, reported = false;
    {
        const Passage passage(relay.address(), [&] {
            ended = true;
            reported = contains(content(out), "\"event\":\"done\"");
        });
        Program::Options options;
        options.out = out.c_str();
        Program fetch("fetch", {"--magic", "1", "--json", "--from", points[0], "--to", points[4], passage.address()},
                      options);
        CHECK(fetch.wait() == 0);
    }
    CHECK(ended);
    CHECK(reported);
}

TEST_CASE("A fetch into a pipe without a reader reports it and ends in time", "[programs][fetch][out]") {
    const support::TemporaryDirectory scratch;
    const std::string pipe = (scratch.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    SECTION("within --timeout") {
        Program fetch("fetch", {"--magic", "1", "--json", "--from", first, "--to", last, "--timeout", "0.2", "--out",
                                pipe, unused_address()});
        CHECK(contains(fetch.note(), "waiting for a program that reads from"));
        CHECK(fetch.wait() == 7);
        CHECK(contains(fetch.err, "no program reads from it"));
        CHECK(json_lines(fetch.out).back()["event"] == "error");
    }
    SECTION("by a signal") {
        for (const bool interrupted : {true, false}) {
            Program fetch("fetch", {"--magic", "1", "--from", first, "--to", last, "--timeout", "1000", "--out", pipe,
                                    unused_address()});
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
