// The metrics of the programs, over HTTP.

#include <ouro/program/samples.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "programs/mock_node.hpp"
#include "programs/points.hpp"
#include "programs/program.hpp"
#include "programs/scrape.hpp"
#include "support/catch.hpp"

using namespace programs;

namespace {

/// The names that a scrape may have, each with the suffixes of its kind.
std::set<std::string> names() {
    std::set<std::string> all;
    for (const ouro::MetricDefinition& metric : ouro::metric_definitions()) {
        const std::string name = prometheus_name(metric);
        if (metric.kind != ouro::MetricDefinition::Kind::histogram) {
            all.insert(name);
            continue;
        }
        for (const char* suffix : {"_bucket", "_sum", "_count"}) all.insert(name + suffix);
    }
    return all;
}

/// The values of a scrape by name and labels. Checks the lines by the rules of the format.
std::map<std::string, double> values(const std::string& text) {
    static const std::regex value(R"re(([a-z_]+)(\{([a-z_]+="[^"\\]*",?)*\})? ([-+0-9.eInf]+))re");
    std::map<std::string, double> all;
    std::set<std::string> described;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            const std::string name = line.substr(7, line.find(' ', 7) - 7);
            INFO(line);
            CHECK(described.insert(name).second);  // the samples of a metric are together
        }
        if (!line.starts_with("ouro_")) continue;
        INFO(line);
        std::smatch parts;
        REQUIRE(std::regex_match(line, parts, value));
        CHECK(names().contains(parts[1].str()));
        CHECK(all.emplace(parts[1].str() + parts[2].str(), std::stod(parts[4].str())).second);
    }
    return all;
}

double sum(const std::map<std::string, double>& all, const std::string& prefix) {
    double total = 0;
    for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) total += it->second;
    return total;
}

/// What promtool says of a scrape; empty where it finds nothing, or is not installed.
std::string complaints(const std::string& text) {
    std::istringstream folders(std::getenv("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string promtool = folder + "/promtool";
        if (::access(promtool.c_str(), X_OK) != 0) continue;
        Program check(promtool, {"check", "metrics"});
        check.say(text);
        check.end_input();
        const int code = check.wait();
        return code == 0 && check.err.empty() && check.out.empty() ? "" : check.out + check.err;
    }
    WARN("there is no promtool: the format is checked by the rules of this test only");
    return "";
}

std::string url_of(const std::string& line) { return Json::parse(line).value("url", ""); }

}  // namespace

TEST_CASE("relay serves its metrics to Prometheus", "[programs][metrics]") {
    Relay relay({"--synthetic", "50", "--metrics", "127.0.0.1:0"});
    const std::string url = url_of(relay.program.line());
    const auto before = values(scrape(url));
    CHECK(before.at("ouro_served_blocks_total{protocols=\"node-to-node\"}") == 0);
    Program follow("follow", {"--magic", "1", "--blocks", "--count", "50", relay.address()});
    CHECK(follow.wait() == 0);
    const std::string text = scrape(url);
    const auto after = values(text);
    CHECK(after.at("ouro_served_headers_total{protocols=\"node-to-node\"}") == 50);
    CHECK(after.at("ouro_served_blocks_total{protocols=\"node-to-node\"}") == 50);
    CHECK(after.at("ouro_connections_opened_total{protocols=\"node-to-node\"}") == 1);
    CHECK(sum(after, "ouro_messages_sent_total") > 100);
    CHECK(sum(after, "ouro_sockets_received_bytes_total") > 0);
    CHECK(complaints(text) == "");
    relay.program.terminate();
    CHECK(relay.program.wait() == 0);
}

TEST_CASE("node and follow serve their metrics to Prometheus", "[programs][metrics]") {
    const Relay relay({"--synthetic", "50"});
    Program node("node",
                 {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", relay.address()});
    std::string line;
    do line = node.line();
    while (Json::parse(line)["event"] != "metrics");
    const std::string node_url = url_of(line);
    do line = node.line();
    while (Json::parse(line)["event"] != "block");
    const std::string text = scrape(node_url);
    const auto of_node = values(text);
    CHECK(of_node.at("ouro_peers_known{group=\"roots\"}") == 1);
    CHECK(of_node.at("ouro_connections_outbound") == 1);
    CHECK(complaints(text) == "");

    Program follow("follow", {"--magic", "1", "--json", "--metrics", "127.0.0.1:0", relay.address()});
    const std::string follow_url = url_of(follow.line());
    do line = follow.line();
    while (Json::parse(line)["event"] != "at-tip");
    const auto of_follow = values(scrape(follow_url));
    CHECK(of_follow.at("ouro_connections_open{protocols=\"node-to-node\"}") == 1);
    CHECK(sum(of_follow, "ouro_messages_received_total{message=\"RollForward\"") +
              sum(of_follow, "ouro_messages_received_total{protocols=\"node-to-node\",protocol=\"chain-sync\"") >=
          50);
}

TEST_CASE("follow over a socket has metrics of node-to-client", "[programs][metrics]") {
    const MockNode node;
    Program follow("follow", {"--magic", "42", "--json", "--metrics", "127.0.0.1:0", "--socket", node.socket});
    const std::string url = url_of(follow.line());
    std::string line;
    do line = follow.line();
    while (Json::parse(line)["event"] != "at-tip");
    const auto all = values(scrape(url));
    CHECK(all.at("ouro_connections_open{protocols=\"node-to-client\"}") >= 1);
    CHECK(sum(all, "ouro_messages_received_total") >= 20);
}

TEST_CASE("The option --metrics refuses what is no address, and one that is taken", "[programs][metrics]") {
    for (const std::string& bad : {std::string("localhost:9464"), std::string("9464"), std::string("127.0.0.1")}) {
        Program relay("relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--metrics", bad});
        CHECK(relay.wait() == 1);
        CHECK(contains(relay.err, "--metrics"));
    }
    Program threads("relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--threads", "2",
                              "--metrics", "127.0.0.1:0"});
    CHECK(threads.wait() == 1);
    CHECK(contains(threads.err, "--metrics"));
    Relay first({"--synthetic", "5", "--metrics", "127.0.0.1:0"});
    const std::string url = url_of(first.program.line());
    const std::string address = url.substr(7, url.rfind('/') - 7);
    Program second("relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--metrics", address});
    CHECK(second.wait() == 7);
    CHECK(contains(second.err, address));
}

TEST_CASE("The dashboard names only metrics that exist", "[programs][metrics]") {
    const std::string text = content(std::filesystem::path(OURO_DOCS) / "dashboard.json");
    REQUIRE(Json::parse(text, nullptr, false).is_object());
    const std::set<std::string> known = names();
    static const std::regex name("ouro_[a-z_]+");
    std::size_t found = 0;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), name); it != std::sregex_iterator(); ++it, ++found) {
        INFO(it->str());
        CHECK(known.contains(it->str()));
    }
    CHECK(found > 20);
}
