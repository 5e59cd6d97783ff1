// The memory of a server after a crowd of peers.

#include <iostream>
#include <string>
#include <vector>

#include "programs/program.hpp"
#include "programs/raw_client.hpp"
#include "support/catch.hpp"
#include "support/resident.hpp"

using namespace programs;

namespace {

constexpr std::size_t crowd = 110;         // more than `cli::Calm` takes for one
constexpr std::size_t requests = 200'000;  // that each client sends, 2 bytes each
constexpr std::size_t segment_bytes = 60'000;

std::string repeated(const std::string& digits, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += digits;
    return all;
}

/// Requests far more headers than there are, so that the server keeps most of the requests.
void fill(const RawClient& client) {
    REQUIRE(client.served());
    const std::string segment = "00000000 0002 ea60" + repeated("8100", segment_bytes / 2);
    for (std::size_t sent = 0; sent < requests; sent += segment_bytes / 2) client.send(segment);
    client.send("00000000 0008 0005 8200191234");  // a ping: its answer comes when all has been read
    for (auto answer = client.receive(); answer != std::vector<unsigned char>{0x82, 0x01, 0x19, 0x12, 0x34};
         answer = client.receive())
        REQUIRE_FALSE(answer.empty());
}

}  // namespace

TEST_CASE("A relay returns the memory of a crowd to the system when the crowd has disconnected", "[programs][relay]") {
    if (support::sanitized) {
        std::cout << "skipped, for there is no allocator of glibc\n";
        return;
    }
    // The allocator itself gives nothing back, so that it does not depend on what lies where.
    Program relay("/usr/bin/env", {"MALLOC_TRIM_THRESHOLD_=4000000000", "MALLOC_MMAP_THRESHOLD_=33554432",
                                   std::string(OURO_EXAMPLES) + "/relay", "--magic", "1", "--json", "--listen",
                                   "127.0.0.1:0", "--synthetic", "20", "--max-per-address", "0"});
    const std::string address = Json::parse(relay.line())["address"];
    const auto resident = [&] { return support::resident_bytes(std::to_string(relay.pid())); };
    const std::size_t calm = resident();
    {
        std::vector<RawClient> clients;
        for (std::size_t i = 0; i < crowd; ++i) {
            clients.emplace_back(address);
            fill(clients.back());
        }
        CHECK(resident() > calm + 30'000'000);
    }
    for (std::size_t left = 0; left < crowd;) {
        const std::string line = relay.line();
        REQUIRE_FALSE(line.empty());
        if (contains(line, "peer-left")) ++left;
    }
    CHECK(resident() < calm + 15'000'000);
}
