// How servers begin and end, where they listen, and what they do about files that are incomplete or damaged.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>

#include "programs/mock_node.hpp"
#include "programs/program.hpp"
#include "programs/raw_client.hpp"
#include "support/catch.hpp"
#include "unit/chain/chunk_writer.hpp"

using namespace programs;
using ouro::Bytes;
using ouro::chain::ChunkFiles;

namespace {

namespace fs = std::filesystem;

std::vector<Bytes> blocks(std::uint64_t from, std::uint64_t to) {
    const ouro::chain::SyntheticChain chain({.blocks = to, .block_bytes = 9'000, .header_bytes = 600});
    std::vector<Bytes> made;
    for (; from <= to; ++from) made.push_back(*chain.block(from));
    return made;
}

std::string point(const Bytes& block) { return to_string(ouro::Point(*ouro::chain::point_of(block))); }

asio::awaitable<bool> request(ouro::PeerId relay, ouro::BlockPoint first, ouro::BlockPoint last) {
    ouro::initiator::Config config;
    config.offer.data.magic = ouro::NetworkMagic{1};
    config.request_timeout = std::chrono::seconds(1);
    ouro::Initiator node(co_await asio::this_coro::executor, config);
    (void)node.execute(ouro::initiator::IncludePeer{relay});
    (void)node.execute(ouro::initiator::RequestBlocks{first, last});
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<ouro::initiator::RangeDone>(*event)) co_return true;
        if (std::holds_alternative<ouro::initiator::NoBlocks>(*event)) co_return false;
        if (std::holds_alternative<ouro::initiator::RangeFailed>(*event)) co_return false;
    }
    co_return false;
}

/// Whether a relay sends a range. Nothing beyond it is requested, neither headers nor blocks.
bool sends(const Relay& relay, const Bytes& first, const Bytes& last) {
    asio::io_context context;
    auto sent = asio::co_spawn(
        context,
        request(*ouro::PeerId::parse(relay.address()), *ouro::chain::point_of(first), *ouro::chain::point_of(last)),
        asio::use_future);
    context.run();
    return sent.get();
}

/// Starts a server that listens at `address`, and gives its first line; null if there is no IPv6.
Json listening(Program& relay) {
    const Json first = Json::parse(relay.line(), nullptr, false);
    REQUIRE(first.is_object());
    if (first["event"] == "listening") return first;
    std::cout << "skipped, for there is no IPv6\n";
    return {};
}

}  // namespace

TEST_CASE("Servers exit with 0 when they are stopped", "[programs][relay][node][mock_node]") {
    const bool terminate = GENERATE(false, true);
    const auto stop = [&](Program& program) {
        terminate ? program.terminate() : program.interrupt();
        CHECK(program.wait() == 0);
        CHECK(json_lines(program.out).back()["event"] == "done");
    };
    Relay relay({"--synthetic", "20"});
    stop(relay.program);
    Program node("node", {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--synthetic", "100"});
    CHECK(Json::parse(node.line())["event"] == "listening");
    stop(node);
    MockNode mock;
    stop(mock.program);
}

TEST_CASE("A server offers a long synthetic chain before all of it is made", "[programs][relay][mock_node]") {
    SECTION("of a hundred million blocks") {
        Relay relay({"--synthetic", "100000000"});  // the whole chain would take minutes
        Program follow("follow", {"--magic", "1", "--count", "3", relay.address()});
        CHECK(follow.wait() == 0);
        relay.program.terminate();
        CHECK(relay.program.wait() == 0);
    }
    SECTION("the last blocks follow while it is served") {
        const Relay relay({"--synthetic", "60000x100"});
        Program follow("follow", {"--magic", "1", "--json", "--count", "60000", relay.address()});
        CHECK(follow.wait() == 0);
        CHECK(json_lines(follow.out).back()["headers"] == 60'000);
    }
    SECTION("over a node's socket") {
        const MockNode node("{}", "100000000");
        Program follow("follow", {"--magic", "42", "--count", "3", node.socket});
        CHECK(follow.wait() == 0);
    }
    SECTION("it stops in order while it makes the rest") {
        MockNode node("{}", "100000000");
        node.program.terminate();
        CHECK(node.program.wait() == 0);
        CHECK(json_lines(node.program.out).back()["event"] == "done");
    }
    SECTION("unless it is too long or not a number") {
        const auto wish = GENERATE("", "100000001", "1234567890", "10x2000001", "x100", "10x", "10x5x");
        Program relay("relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", wish});
        CHECK(relay.wait() == 1);
    }
}

TEST_CASE("A relay with several threads serves peers from one port, and counts them together", "[programs][relay]") {
    const support::TemporaryDirectory directory;
    std::vector<std::string> chain{"--synthetic", "300x9000", "--threads", "2"};
    const bool stored = GENERATE(false, true);
    if (stored) {
        ChunkFiles(blocks(1, 300)).write(directory, "00000");
        chain = {"--immutable", directory.path().string(), "--threads", "3"};
    }
    Relay relay(chain);
    std::vector<std::unique_ptr<Program>> peers;
    for (int i = 0; i < 6; ++i) {
        const std::vector<std::string> all{"--magic", "1", "--json", "--blocks", "--count", "300", relay.address()};
        peers.push_back(std::make_unique<Program>("follow", all));
    }
    for (const auto& peer : peers) {
        CHECK(peer->wait() == 0);
        CHECK(json_lines(peer->out).back()["headers"] == 300);
    }
    // The port is not shared with other programs.
    Program second("relay",
                   {"--magic", "1", "--json", "--threads", "2", "--synthetic", "5", "--listen", relay.address()});
    CHECK(second.wait() == 2);
    CHECK(json_lines(second.out).back()["code"] == "listen");
    relay.program.interrupt();
    CHECK(relay.program.wait() == 0);
    const Json done = json_lines(relay.program.out).back();
    CHECK(done["event"] == "done");
    CHECK(done["connections"] == 6);
    CHECK(done["blocks"] >= 6 * 300);
}

TEST_CASE("A relay with several threads divides its limits among them", "[programs][relay]") {
    Relay relay({"--synthetic", "20", "--threads", "2", "--max-per-address", "2"});
    // Each thread takes one connection from this address; the system chooses the thread.
    const Bytes proposal = ouro::hex("00000000 0000 0009 8200a10e8401f400f4");
    std::vector<int> clients;
    int served = 0;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(RawClient(relay.address()).release());
        char answer = 0;
        (void)::send(clients.back(), proposal.data(), proposal.size(), MSG_NOSIGNAL);
        served += ::recv(clients.back(), &answer, 1, 0) == 1 ? 1 : 0;
    }
    for (const int client : clients) ::close(client);
    CHECK(served == 2);
}

TEST_CASE("A relay at [::] also accepts IPv4 and reports it", "[programs][relay]") {
    Program relay("relay", {"--magic", "1", "--json", "--synthetic", "20", "--listen", "[::]:0"});
    const Json first = listening(relay);
    if (first.is_null()) return;
    CHECK(first["ipv4"] == true);
    const std::string address = first["address"];
    const std::string port = address.substr(address.rfind(':'));
    CHECK(RawClient("127.0.0.1" + port).served());
    CHECK(RawClient("[::1]" + port).served());
    relay.interrupt();
    CHECK(relay.wait() == 0);
    CHECK(contains(relay.out, R"("peer":"127.0.0.1:)"));  // not ::ffff:127.0.0.1
    CHECK(contains(relay.out, R"("peer":"[::1]:)"));
}

TEST_CASE("A relay at [::] reports that it does not accept IPv4 if the port is taken there", "[programs][relay]") {
    const Relay other({"--synthetic", "20"});
    const std::string port = other.address().substr(other.address().rfind(':'));
    Program relay("relay", {"--magic", "1", "--json", "--synthetic", "20", "--listen", "[::]" + port});
    const Json first = listening(relay);
    if (first.is_null()) return;
    CHECK(first["ipv4"] == false);
    CHECK(RawClient("[::1]" + port).served());
}

TEST_CASE("A relay logs the offer of a refused client and its own", "[programs][relay]") {
    Relay relay({"--synthetic", "20"});
    SECTION("other versions") {
        const RawClient client(relay.address());
        client.send("00000000 0000 000d 8200a2 07 8401f400f4 0d 8201f4");
        (void)client.receive();
    }
    SECTION("another magic") {
        const RawClient client(relay.address());
        client.send("00000000 0000 0009 8200a10e8402f400f4");
        (void)client.receive();
    }
    const std::string note = relay.program.note();
    INFO(note);
    if (contains(note, "no common version")) {
        CHECK(contains(note, "the peer offers version 7, 13; we know 14, 15"));
    } else {
        CHECK(contains(note, "refused: version 14"));
        CHECK(contains(note, "the peer offers version 14"));
    }
}

TEST_CASE("A relay serves a snapshot with a truncated newest chunk and reports the missing part", "[programs][relay]") {
    const support::TemporaryDirectory directory;
    const auto want = blocks(1, 6);
    ChunkFiles({want[0], want[1], want[2]}).write(directory, "00000");
    ChunkFiles files({want[3], want[4], want[5]});
    files.chunk.pop_back();
    files.index.resize(60);
    files.write(directory, "00001");
    Relay relay({"--immutable", directory.path().string()});
    const std::string note = relay.program.note();
    CHECK(
        contains(note, (directory.path() / "00001.chunk").string() + " is incomplete, and 2 blocks of it are served"));
    CHECK(sends(relay, want[0], want[4]));
}

TEST_CASE("A relay refuses a chain with a gap and names the gap", "[programs][relay]") {
    const support::TemporaryDirectory directory;
    const auto want = blocks(1, 6);
    ChunkFiles({want[0], want[1]}).write(directory, "00000");
    ChunkFiles({want[3], want[4]}).write(directory, "00002");
    Program relay("relay",
                  {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--immutable", directory.path().string()});
    CHECK(relay.wait() == 7);
    const auto lines = json_lines(relay.out);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["code"] == "chunk_damaged");
    CHECK(contains(lines[0]["message"], "00002.chunk"));
    CHECK(contains(lines[0]["message"], "does not follow the last block of 00000.chunk"));
}

TEST_CASE("A chunk or index that shrinks while it is served ends only its own ranges", "[programs][relay]") {
    const support::TemporaryDirectory directory;
    const auto want = blocks(1, 60);
    ChunkFiles(std::vector<Bytes>(want.begin(), want.begin() + 20)).write(directory, "00000");
    ChunkFiles(std::vector<Bytes>(want.begin() + 20, want.begin() + 40)).write(directory, "00001");
    ChunkFiles(std::vector<Bytes>(want.begin() + 40, want.end())).write(directory, "00002");
    Relay relay({"--immutable", directory.path().string()});
    Program follow("follow", {"--magic", "1", "--json", "--from", point(want[59]), relay.address()});
    std::string line;
    do line = follow.line();
    while (!line.empty() && !contains(line, "at-tip"));
    REQUIRE(!line.empty());
    CHECK(sends(relay, want[0], want[19]));

    SECTION("the chunk") { fs::resize_file(directory.path() / "00001.chunk", 10'000); }
    SECTION("the index") { fs::resize_file(directory.path() / "00001.secondary", 100); }
    CHECK_FALSE(sends(relay, want[20], want[39]));
    CHECK(sends(relay, want[40], want[59]));
    CHECK(sends(relay, want[0], want[19]));
    follow.interrupt();
    CHECK(follow.wait() == 130);  // it was connected all the time
    relay.program.interrupt();
    CHECK(relay.program.wait() == 0);
}
