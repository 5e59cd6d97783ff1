#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "programs/black_hole.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

std::vector<std::string> sharing(const std::vector<std::string>& others) {
    std::vector<std::string> arguments{"--synthetic", "5"};
    for (const auto& other : others) {
        arguments.emplace_back("--share");
        arguments.push_back(other);
    }
    return arguments;
}

std::vector<unsigned char> bytes(const std::string& digits) {
    const ouro::Bytes raw = ouro::hex(digits);
    return {raw.view().begin(), raw.view().end()};
}

/// A relay of one connection that agrees to share peers, and answers the request with `answer`, a whole segment.
class SharingRelay {
  public:
    explicit SharingRelay(std::vector<unsigned char> answer)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(where);
        REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&where), size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
        thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
    }
    SharingRelay(const SharingRelay&) = delete;
    SharingRelay& operator=(const SharingRelay&) = delete;
    ~SharingRelay() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    void serve(const std::vector<unsigned char>& answer) const {
        const auto accept = bytes("00000000 8000 0008 83010f8401f401f4");
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) return;
        std::vector<unsigned char> heard;
        std::array<unsigned char, 4'096> part{};
        bool agreed = false;
        for (ssize_t n; (n = ::recv(peer, part.data(), part.size(), 0)) > 0;) {
            heard.insert(heard.end(), part.begin(), part.begin() + n);
            if (!std::exchange(agreed, true)) (void)::send(peer, accept.data(), accept.size(), MSG_NOSIGNAL);
            // Segment by segment: eight bytes of header, the mini-protocol in the fifth and sixth, the length behind.
            for (std::size_t at = 0; at + 8 <= heard.size(); at += 8 + heard[at + 6] * 256U + heard[at + 7])
                if (heard[at + 4] == 0 && heard[at + 5] == 10)
                    (void)::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        ::close(peer);
    }

    int listener_;
    std::string address_;
    std::thread thread_;
};

std::vector<Json> of(const std::vector<Json>& lines, const std::string& event) {
    std::vector<Json> result;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(result),
                 [&](const Json& line) { return line["event"] == event; });
    return result;
}

}  // namespace

TEST_CASE("discover visits each node once, the near ones first", "[programs][discover]") {
    const std::string unused = unused_address();
    const Relay last({"--synthetic", "5"});  // shares nothing
    const Relay second(sharing({last.address(), unused}));
    const Relay first(sharing({second.address(), last.address()}));
    Program discover("discover",
                     {"--magic", "1", "--json", "--at-once", "1", "--allow-range", "127.0.0.0/8", first.address()});
    CHECK(discover.wait() == 0);
    const auto lines = json_lines(discover.out);
    const auto nodes = of(lines, "node");
    REQUIRE(nodes.size() == 3);
    CHECK(nodes[0]["peer"] == first.address());
    CHECK(nodes[0]["announced"] == 2);
    CHECK(nodes[0]["depth"] == 0);
    CHECK(nodes[0]["version"] == 15);
    CHECK(nodes[0]["shares"] == true);
    CHECK(nodes[0]["round_trip_ms"].get<double>() > 0);
    for (std::size_t i = 1; i < 3; ++i) {
        const bool shares = nodes[i]["peer"] == second.address();
        CHECK((shares || nodes[i]["peer"] == last.address()));
        CHECK(nodes[i]["shares"] == shares);
        CHECK(nodes[i]["announced"] == (shares ? 2 : 0));
        CHECK(nodes[i]["depth"] == 1);
    }
    const auto lost = of(lines, "unreachable");
    REQUIRE(lost.size() == 1);
    CHECK(lost[0]["peer"] == unused);
    CHECK(lost[0]["reason"] == "connect_failed");
    CHECK(lost[0]["depth"] == 2);
    CHECK(lines.back() == Json{{"event", "done"}, {"nodes", 3}, {"unreachable", 1}, {"unvisited", 0}});
}

TEST_CASE("discover visits no more nodes than its limit", "[programs][discover]") {
    const Relay second({"--synthetic", "5"});
    const Relay first(sharing({second.address(), unused_address()}));
    Program discover("discover", {"--magic", "1", "--max-nodes", "1", "--allow-range", "127.0.0.0/8", first.address()});
    CHECK(discover.wait() == 0);
    CHECK(discover.out.find(first.address()) != std::string::npos);
    CHECK(discover.out.find(second.address()) == std::string::npos);
    CHECK(discover.err.find("1 nodes, 0 could not be reached, 2 not visited") != std::string::npos);
}

TEST_CASE("discover ends with the reason if no node can be reached", "[programs][discover]") {
    Program discover("discover", {"--magic", "1", "--json", unused_address()});
    CHECK(discover.wait() == 2);
    CHECK(json_lines(discover.out).back()["code"] == "connect_failed");
    const Relay relay({"--synthetic", "5"}, "2");
    Program refused("discover", {"--magic", "1", "--json", relay.address()});
    CHECK(refused.wait() == 3);
}

TEST_CASE("discover visits private addresses from peers only if they are allowed", "[programs][discover]") {
    const Relay second({"--synthetic", "5"});
    const Relay first(sharing({second.address(), "127.0.0.1:22", "10.0.0.1:3001", "169.254.169.254:80"}));
    Program discover("discover", {"--magic", "1", "--json", first.address()});
    CHECK(discover.wait() == 0);
    const auto nodes = of(json_lines(discover.out), "node");
    REQUIRE(nodes.size() == 1);
    CHECK(nodes[0]["announced"] == 0);
    CHECK(nodes[0]["refused"] == 4);
    CHECK(of(json_lines(discover.out), "unreachable").empty());

    Program allowed("discover", {"--magic", "1", "--json", "--allow-range", "127.0.0.0/8", "--allow-range", "fd00::/8",
                                 first.address()});
    CHECK(allowed.wait() == 0);
    const auto more = of(json_lines(allowed.out), "node");
    REQUIRE(more.size() == 2);
    CHECK(more[0]["refused"] == 3);
    CHECK(more[1]["peer"] == second.address());

    for (const char* bad : {"127.0.0.0/33", "127.0.0.1/8", "loopback", ""}) {
        Program wrong("discover", {"--magic", "1", "--allow-range", bad, first.address()});
        CHECK(wrong.wait() == 1);
        CHECK(wrong.err.find("--allow-range") != std::string::npos);
    }
}

TEST_CASE("discover reports the rule that a node breaks and exits with the code for it", "[programs][discover]") {
    struct Row {
        const char* segment;
        const char* code;
    };
    const Row row = GENERATE(values<Row>({
        {"00000000 800a 0003 820700", "malformed"},
        {"00000000 800a 0002 8102", "out_of_turn"},  // Done is for the other side
    }));
    const SharingRelay broken(bytes(row.segment));
    Program discover("discover", {"--magic", "1", "--json", broken.address()});
    CHECK(discover.wait() == 5);
    const auto lines = json_lines(discover.out);
    CHECK(of(lines, "node").empty());
    const auto failed = of(lines, "failed");
    REQUIRE(failed.size() == 1);
    CHECK(failed[0]["peer"] == broken.address());
    CHECK(failed[0]["reason"] == row.code);
    CHECK(failed[0]["detail"].get<std::string>().find("peer-sharing") != std::string::npos);
    CHECK(lines.back()["event"] == "error");
    CHECK(lines.back()["code"] == row.code);

    // A node that is good is good all the same.
    const Relay relay({"--synthetic", "5"});
    const SharingRelay again(bytes(row.segment));
    Program both("discover", {"--magic", "1", "--json", again.address(), relay.address()});
    CHECK(both.wait() == 0);
    CHECK(of(json_lines(both.out), "node").size() == 1);
    CHECK(of(json_lines(both.out), "failed").size() == 1);
}

TEST_CASE("discover ends at its time limit, or when nothing is in progress", "[programs][discover]") {
    const FakeRelay silent({});
    Program discover("discover", {"--magic", "1", "--seconds", "0.2", "--json", silent.address()});
    CHECK(discover.wait() == 0);
    CHECK(json_lines(discover.out).back() ==
          Json{{"event", "done"}, {"nodes", 0}, {"unreachable", 0}, {"unvisited", 0}});
    const FakeRelay another({});
    Program stuck("discover", {"--magic", "1", "--timeout", "0.2", "--json", another.address()});
    CHECK(stuck.wait() == 4);
}

TEST_CASE("discover continues past nodes that do not answer", "[programs][discover]") {
    const Relay relay({"--synthetic", "5"});
    const std::vector<std::string> few{"--magic", "1", "--json", "--at-once", "2", "--timeout", "2"};
    const auto visits = [&](std::vector<std::string> arguments, const std::vector<std::string>& dead,
                            const std::string& reason) {
        arguments.insert(arguments.end(), dead.begin(), dead.end());
        arguments.push_back(relay.address());
        Program discover("discover", arguments);
        CHECK(discover.wait() == 0);
        INFO(discover.out << discover.err);
        const auto lines = json_lines(discover.out);
        REQUIRE(of(lines, "node").size() == 1);
        CHECK(of(lines, "node")[0]["peer"] == relay.address());
        const auto lost = of(lines, "unreachable");
        CHECK(lost.size() == dead.size());
        for (const auto& line : lost) CHECK(line["reason"] == reason);
        CHECK(lines.back()["unvisited"] == 0);
    };
    SECTION("dead addresses, with few connections at a time") {
        const BlackHole one, two, three;
        visits(few, {one.address(), two.address(), three.address()}, "connect_timeout");
    }
    SECTION("dead addresses, ten of them") {
        const std::array<BlackHole, 10> holes;
        std::vector<std::string> dead;
        for (const BlackHole& hole : holes) dead.push_back(hole.address());
        visits({"--magic", "1", "--json"}, dead, "connect_timeout");
    }
    SECTION("nodes that accept a connection and send nothing") {
        const FakeRelay one({}), two({}), three({});
        visits(few, {one.address(), two.address(), three.address()}, "deadline_passed");
    }
}

TEST_CASE("follow reports that its relay is not reachable yet", "[programs][follow]") {
    const BlackHole hole;
    Program follow("follow", {"--magic", "1", "--retry", hole.address()});
    CHECK(contains(follow.note(), "no relay to follow"));
    follow.interrupt();
    CHECK(follow.wait() == 130);
}

TEST_CASE("follow also reads its relays from a topology file", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"});
    const support::TemporaryDirectory scratch;
    const auto colon = relay.address().rfind(':');
    const auto write = [&](const std::string& text) {
        scratch.write("topology.json", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return (scratch.path() / "topology.json").string();
    };
    const auto file =
        write(R"({"localRoots": [{"valency": 1, "accessPoints": [{"address": ")" + relay.address().substr(0, colon) +
              R"(", "port": )" + relay.address().substr(colon + 1) + "}]}], \"publicRoots\": []}");
    Program follow("follow", {"--magic", "1", "--count", "5", "--topology", file});
    CHECK(follow.wait() == 0);
    (void)write(R"({"localRoots": [{"valency": 1}], "publicRoots": []})");
    Program damaged("follow", {"--magic", "1", "--topology", file});
    CHECK(damaged.wait() == 1);
    CHECK(damaged.err.find("localRoots[0].accessPoints: missing") != std::string::npos);
    for (const auto& [text, said] :
         {std::pair(R"({"localRoots": [{"valency": 1e999}]})", "valency: a number out of range"),
          std::pair(R"({"localRoots": [{"valency": )", "line 1: not JSON, in or after the field valency")}) {
        (void)write(text);
        Program wrong("follow", {"--magic", "1", "--topology", file});
        CHECK(wrong.wait() == 1);
        INFO(wrong.err);
        CHECK(contains(wrong.err, said));
        CHECK(!contains(wrong.err, "json.exception"));
    }
}
