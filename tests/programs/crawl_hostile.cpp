// `crawl` among hostile relays, and in a network without an end.

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>

#include "programs/crowd.hpp"
#include "programs/program.hpp"
#include "programs/sharing_relay.hpp"
#include "support/catch.hpp"
#include "support/resident.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

/// An answer with this number of addresses of loopback, all with the same port, and never twice the same.
std::vector<unsigned char> new_addresses(std::uint32_t& last, std::size_t count, unsigned port) {
    std::vector<unsigned char> message = bytes("82019f");
    for (std::size_t i = 0; i < count; ++i) {
        ++last;  // 127.1.0.1 and so on; the address is a little-endian number
        char text[32];
        std::snprintf(text, sizeof text, "83001a%02x%02x%02x7f19%04x", last & 255, last >> 8 & 255,
                      1 + (last >> 16 & 127), port);
        const auto one = bytes(text);
        message.insert(message.end(), one.begin(), one.end());
    }
    message.push_back(0xff);
    return segments(message, 10);
}

}  // namespace

TEST_CASE("crawl visits every hostile relay", "[programs][vices][crawl]") {
    HostileRelays relays;
    Arguments arguments{"--magic",       "1", "--timeout",     "2",          "--json", "--at-once", "64",
                        "--range-pause", "0", "--allow-range", "127.0.0.0/8"};
    arguments.insert(arguments.end(), relays.addresses.begin(), relays.addresses.end());
    Program crawl("crawl", arguments);
    const int code = crawl.wait();
    INFO(crawl.err);
    CHECK((code == 0 || (2 <= code && code <= 7)));
    CHECK(json_lines(crawl.out).back()["waiting"] == 0);
    CHECK(relays.bridge.await_turns(relays.names.size()));
}

TEST_CASE("crawl refuses an answer with a million addresses", "[programs][hostile][crawl]") {
    const SharingRelay relay(million_peers());
    Program crawl("crawl", {"--magic", "1", "--json", relay.address()});
    CHECK(crawl.wait() == 5);
    const auto lines = json_lines(crawl.out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["event"] == "failed");
    CHECK(lines[0]["shared"] == 0);
    CHECK(contains(lines[0]["message"], "peer-sharing"));
}

TEST_CASE("crawl refuses an answer with more addresses than it has requested", "[programs][hostile][crawl]") {
    std::uint32_t last = 0;
    const SharingRelay relay([&last] { return new_addresses(last, 256, 3'001); });
    Program crawl("crawl", {"--magic", "1", "--json", relay.address()});
    CHECK(crawl.wait() == 5);
    CHECK(json_lines(crawl.out)[0]["code"] == "too_many_addresses");
}

TEST_CASE("crawl ends in a network without an end, in bounded memory", "[programs][hostile][crawl]") {
    std::uint32_t last = 0;
    unsigned port = 0;
    SharingRelay relay([&] { return new_addresses(last, 255, port); }, true);
    port = relay.port();
    const Arguments arguments{"--magic",       "1",           "--json",      "--range-pause", "0",
                              "--allow-range", "127.0.0.0/8", "--max-known", "400",           relay.address()};
    Program crawl("crawl", arguments);
    CHECK(crawl.wait() == 0);
    const auto lines = json_lines(crawl.out);
    const Json& done = lines.back();
    CHECK(done["known"] == 400);
    CHECK(done["complete"] == true);
    CHECK(done["answered"].get<int>() + done["failed"].get<int>() == 400);
    CHECK(done["left_out"].get<int>() > 50'000);  // 400 answers of 255
    CHECK(last > 100'000);
    CHECK(contains(crawl.err, "a limit has left out"));
}
