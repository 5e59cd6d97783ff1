// One connection with another implementation, used both ways at once.

#include <algorithm>

#include "interop/peers.hpp"
#include "support/catch.hpp"

using namespace interop;

namespace {

constexpr Peer gouroboros{"gouroboros", true, true, 15, false};

/// The next line of a kind; none where the program says something is wrong, or nothing any more.
Json await(Program& program, std::string_view event) {
    for (;;) {
        Json line = Json::parse(program.line(), nullptr, false);
        if (!line.is_object() || line.value("event", "") == "error") return line;
        if (line.value("event", "") == event) return line;
    }
}

}  // namespace

TEST_CASE("gouroboros as client: headers and blocks go both ways over one connection", "[interop][gouroboros]") {
    if (!have(gouroboros)) return;
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "chain").string();
    const ListedChain chain = listed(Exchange::Chain::real);
    chain.write(file);
    const auto size = chain.size();

    Program us(OURO_INTEROP_OURS, {"both", "--magic", "1", "--chain", file});
    const Json listening = await(us, "listening");
    REQUIRE(listening.is_object());
    Program them(
        std::string(OURO_INTEROP_BIN) + "/gouroboros",
        {"client", "both", "--magic", "1", "--peer", listening.value("address", ""), "--chain", file, "--from",
         to_string(chain.point(1)), "--to", to_string(chain.tip().point), "--count", std::to_string(size - 1)});

    const Json peer = await(us, "peer");
    CHECK(peer.value("duplex", false));
    const Json followed = await(us, "followed");
    INFO(followed.dump());
    REQUIRE(followed.value("event", "") == "followed");
    CHECK(followed.value("full_duplex", 0) == 1);
    CHECK(followed.value("connections", 0) == 1);
    CHECK(followed.value("inbound", 0) == 1);
    CHECK(followed.value("reused", 0) == 1);

    std::size_t headers = 0, blocks = 0;
    for (;;) {
        const Json line = Json::parse(them.line(), nullptr, false);
        REQUIRE(line.is_object());
        const std::string event = line.value("event", "");
        INFO(line.dump().substr(0, 200));
        REQUIRE(event != "error");
        headers += event == "roll-forward" ? 1 : 0;
        blocks += event == "block" ? 1 : 0;
        if (event == "fetched") break;
    }
    CHECK(headers == size - 1);
    CHECK(blocks == size);
    us.interrupt();
    us.wait();
    CHECK(them.wait() == 0);
}
