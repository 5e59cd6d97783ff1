// The logs of servers: nothing that happens to them stops or ends the server.

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "../../examples/log_queue.hpp"
#include "programs/mock_node.hpp"
#include "programs/program.hpp"
#include "programs/raw_client.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

std::size_t count(const std::vector<Json>& lines, const std::string& event) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const Json& line) { return line["event"] == event; }));
}

/// A client that is served, once the server at the address is there.
void await_served(const std::string& address) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < until) {
        const RawClient client(address);
        if (client.connected()) {
            CHECK(client.served());
            return;
        }
        ::sched_yield();
    }
    FAIL("the server does not listen");
}

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    void close_end(std::size_t end) {
        if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
    }
    std::string read_all() {
        std::string all;
        std::array<char, 65'536> part{};
        for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;)
            all.append(part.data(), static_cast<std::size_t>(size));
        return all;
    }
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("A relay serves 600 connections while its log is not read and loses no line", "[programs][relay][log]") {
    Relay relay({"--synthetic", "20", "--max-peers", "700"});
    for (int i = 0; i < 600; ++i) {
        const RawClient client(relay.address());
        INFO(i);
        REQUIRE(client.served());
    }
    relay.program.interrupt();
    CHECK(relay.program.wait() == 0);
    const auto lines = json_lines(relay.program.out);
    CHECK(count(lines, "peer") == 600);
    CHECK(count(lines, "peer-left") == 600);
    CHECK(lines.back()["event"] == "done");
}

TEST_CASE("Servers continue after the reader of their log is gone", "[programs][relay][node][mock_node][log]") {
    SECTION("relay") {
        Relay relay({"--synthetic", "20"});
        relay.program.stop_reading();
        for (int i = 0; i < 20; ++i) CHECK(RawClient(relay.address()).served());
        relay.program.terminate();
        CHECK(relay.program.wait() == 0);
    }
    SECTION("node") {
        Program node("node", {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--synthetic", "100"});
        const std::string address = Json::parse(node.line())["address"];
        node.stop_reading();
        for (int i = 0; i < 20; ++i) CHECK(RawClient(address).served());
        node.terminate();
        CHECK(node.wait() == 0);
    }
    SECTION("mock-node") {
        MockNode node;
        node.program.stop_reading();
        for (int i = 0; i < 20; ++i) {
            Program query("query", node.arguments({"tip"}));
            CHECK(query.wait() == 0);
        }
        node.program.terminate();
        CHECK(node.program.wait() == 0);
    }
}

TEST_CASE("A relay continues while its log's disk is full", "[programs][relay][log]") {
    const support::TemporaryDirectory scratch;
    const std::string full = (scratch.path() / "full").string();
    Program::Options options;
    SECTION("a device that is always full") {
        if (::mknod(full.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0) {
            std::cout << "skipped, for there is no right to make a device\n";
            return;
        }
        const int fd = ::open(full.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0) {
            std::cout << "skipped, for there is no right to open a device\n";
            return;
        }
        ::close(fd);
    }
    SECTION("a file that must not grow") {
        scratch.write("full", {});
        options.largest_file = 150;
    }
    options.out = full.c_str();
    const std::string address = unused_address();
    Program relay("relay", {"--magic", "1", "--json", "--synthetic", "20", "--listen", address}, options);
    await_served(address);
    for (int i = 0; i < 20; ++i) CHECK(RawClient(address).served());
    relay.interrupt();
    CHECK(relay.wait() == 0);
    CHECK(relay.err.find("21 connections") != std::string::npos);
}

TEST_CASE("Programs exit with 7 when the reader of their output is gone", "[programs][follow][log]") {
    const Relay relay({"--synthetic", "20000x100"});
    Program follow("follow", {"--magic", "1", "--json", relay.address()});
    CHECK(!follow.line().empty());
    follow.stop_reading();
    CHECK(follow.wait() == 7);
}

TEST_CASE("One connection writes a limited number of lines to the log, and the rest is counted",
          "[programs][mock_node][log]") {
    MockNode node;
    constexpr std::size_t requests = 5'000;
    {
        const RawClient client(node.socket);
        client.send("00000000 0000 000a 8200a1198017 82182af4");
        REQUIRE(!client.receive().empty());
        client.send("00000000 0007 0002 8108");
        REQUIRE(client.receive() == std::vector<unsigned char>{0x81, 0x01});
        for (std::size_t i = 1; i < requests; ++i) {
            client.send("00000000 0007 0002 8109");
            REQUIRE(client.receive() == std::vector<unsigned char>{0x81, 0x01});
        }
    }
    std::vector<Json> lines;
    do lines.push_back(Json::parse(node.program.line()));
    while (lines.back()["event"] != "client-left");
    const std::size_t printed = count(lines, "request");
    const std::size_t rest = lines.back().value("lines_not_printed", 0U);
    CHECK(printed >= 100);
    CHECK(rest > 0);
    CHECK(printed + rest == requests);
}

TEST_CASE("An address with too many connections is logged once, and the rest is counted",
          "[programs][relay][node][log]") {
    constexpr std::size_t more = 20;
    const auto crowd = [](const std::string& address, std::size_t places) {
        std::vector<RawClient> clients;
        for (std::size_t i = 0; i < places; ++i) CHECK(clients.emplace_back(address).served());
        for (std::size_t i = 0; i < more; ++i) CHECK(RawClient(address).receive().empty());
    };
    SECTION("by relay") {
        Relay relay({"--synthetic", "20", "--max-per-address", "1"});
        crowd(relay.address(), 1);
        relay.program.interrupt();
        CHECK(relay.program.wait() == 0);
        const auto lines = json_lines(relay.program.out);
        CHECK(count(lines, "turned-away") == 1);
        CHECK(lines.back()["turned_away"] == more);
        CHECK(contains(relay.program.err, ": turned away: the limit of inbound connections from one address"));
    }
    SECTION("by node") {
        Program node("node", {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--synthetic", "100"});
        crowd(Json::parse(node.line())["address"], 32);
        node.interrupt();
        CHECK(node.wait() == 0);
        CHECK(count(json_lines(node.out), "turned-away") == 1);
        CHECK(contains(node.err, ": turned-away, the limit of inbound connections from one address"));
    }
}

TEST_CASE("A connection may write 100 log lines at once and 10 per second afterwards", "[programs][log]") {
    using Limit = cli::LineLimit<int>;
    using namespace std::chrono_literals;
    Limit limit;
    const Limit::Instant start(1h);
    const auto burst = [&](int connection, Limit::Instant now) {
        int allowed = 0;
        for (int i = 0; i < 1'000; ++i) allowed += limit.allow(connection, now) ? 1 : 0;
        return allowed;
    };
    CHECK(burst(1, start) == 100);
    CHECK(burst(1, start) == 0);
    CHECK(burst(2, start) == 100);  // another one has its own
    CHECK(burst(1, start + 99ms) == 0);
    CHECK(burst(1, start + 1s) == 10);
    CHECK(burst(1, start + 1h) == 100);
    CHECK(limit.end(2) == 900);
    CHECK(limit.end(1) == 5'000 - 210);
    CHECK(limit.end(1) == 0);
    CHECK(burst(1, start + 1h) == 100);
}

TEST_CASE("A log drops lines beyond its limit and reports their number", "[programs][log]") {
    Pipe pipe;
    constexpr std::uint64_t lines = 40'000;
    const std::string filler(90, 'x');
    auto log = std::make_unique<cli::LogQueue>(
        pipe.ends[1], [](std::uint64_t dropped) { return "dropped " + std::to_string(dropped); });
    for (std::uint64_t i = 0; i < lines; ++i) log->add(std::to_string(i) + " " + filler);  // never waits
    std::string all;
    std::thread reader([&] { all = pipe.read_all(); });
    log.reset();
    pipe.close_end(1);
    reader.join();

    std::istringstream in(all);
    std::uint64_t printed = 0;
    std::string line;
    while (std::getline(in, line) && !line.starts_with("dropped")) {
        CHECK(line == std::to_string(printed) + " " + filler);
        ++printed;
    }
    CHECK(printed >= cli::LogQueue::most_bytes / 100);
    CHECK(line == "dropped " + std::to_string(lines - printed));
    CHECK(!std::getline(in, line));
}

TEST_CASE("A log resumes writing after an error has ended", "[programs][log]") {
    Pipe broken, whole;
    const int descriptor = broken.ends[0];  // which cannot be written
    auto log = std::make_unique<cli::LogQueue>(
        descriptor, [](std::uint64_t dropped) { return "dropped " + std::to_string(dropped); });
    for (int i = 0; i < 100; ++i) log->add("line");
    REQUIRE(::dup2(whole.ends[1], descriptor) == descriptor);
    log->add("last");
    log.reset();
    broken.close_end(0);
    whole.close_end(1);
    std::istringstream in(whole.read_all());
    std::size_t printed = 0;
    bool last = false;
    for (std::string line; std::getline(in, line);) {
        if (line == "line") ++printed;
        if (line == "last") last = true;
        if (line.starts_with("dropped ")) printed += std::stoul(line.substr(8));
    }
    CHECK(last);
    CHECK(printed == 100);
}

TEST_CASE("A log can be destroyed while nothing reads it", "[programs][log]") {
    Pipe pipe;
    {
        cli::LogQueue log(pipe.ends[1], [](std::uint64_t) { return std::string("dropped"); });
        for (int i = 0; i < 40'000; ++i) log.add(std::string(90, 'x'));
    }
    pipe.close_end(0);
    SUCCEED("the destructor returns");
}

TEST_CASE("A log whose thread cannot start leaves the signals unchanged", "[programs][log]") {
    struct Stacks {
        Stacks() {
            REQUIRE(::pthread_getattr_default_np(&before) == 0);
            pthread_attr_t endless = before;
            REQUIRE(::pthread_attr_setstacksize(&endless, std::size_t{1} << 60) == 0);
            REQUIRE(::pthread_setattr_default_np(&endless) == 0);
        }
        ~Stacks() { ::pthread_setattr_default_np(&before); }
        pthread_attr_t before{};
    };
    sigset_t before, after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    Pipe pipe;
    {
        const Stacks none_that_large;
        CHECK_THROWS_AS(cli::LogQueue(pipe.ends[1], [](std::uint64_t) { return std::string(); }), std::system_error);
    }
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int signal = 1; signal < NSIG; ++signal)
        CHECK(::sigismember(&before, signal) == ::sigismember(&after, signal));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
