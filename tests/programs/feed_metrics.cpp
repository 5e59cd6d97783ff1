// The metrics of a feed, over HTTP.

#include "programs/nats_server.hpp"
#include "programs/scrape.hpp"

using namespace programs;

namespace {

/// The value of a metric without labels; fails the test where there is none.
double value_of(const std::string& text, const std::string& name) {
    INFO(name);
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
}
/// Reads lines up to one with the event.
Json until(Program& program, const std::string& event) {
    for (;;) {
        const Json line = Json::parse(program.line(), nullptr, false);
        INFO("wanted " << event);
        REQUIRE(line.is_object());
        if (line["event"] == event) return line;
    }
}

}  // namespace

TEST_CASE("feed serves its metrics to Prometheus", "[programs][feed][metrics]") {
    if (!NatsServer::installed()) return;
    const NatsServer broker;
    const Relay relay({"--synthetic", "50"}, "42");
    const std::vector<std::string> words{"--magic",    "42",        "--json",      "--nats",
                                         broker.url(), "--metrics", "127.0.0.1:0", relay.address()};
    Program feed("feed", words);
    const std::string url = until(feed, "metrics")["url"];
    until(feed, "current");
    const std::string text = scrape(url);
    CHECK(value_of(text, "ouro_feed_events_total") == 50);
    CHECK(value_of(text, "ouro_feed_blocks_total") == 50);
    CHECK(value_of(text, "ouro_feed_blocks_size_bytes_total") > 50 * 2'000);
    CHECK(value_of(text, "ouro_feed_lag") == 0);
    CHECK(value_of(text, "ouro_feed_lag_time_seconds") == 0);
    CHECK(value_of(text, "ouro_feed_writing") == 1);
    CHECK(contains(text, "ouro_connections_open{protocols=\"node-to-node\"} 1"));

    Program standby("feed", words);
    const std::string other = until(standby, "metrics")["url"];
    until(standby, "standby");
    const std::string idle = scrape(other);
    CHECK(value_of(idle, "ouro_feed_writing") == 0);
    CHECK_FALSE(contains(idle, "ouro_feed_lag"));
}
