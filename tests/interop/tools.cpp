// `ping`, `tip` and `crawl` at the servers of the other implementations.

#include "interop/deviations.hpp"
#include "support/catch.hpp"

namespace interop {

namespace {

/// A run of a tool with JSON at the server of the exchange.
struct Run {
    Run(const Exchange& exchange, const std::string& tool, std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(),
                         {"--magic", exchange.client_magic, "--json", "--timeout", "10", exchange.address()});
        if (tool == "ping") arguments.insert(arguments.end(), {"--interval", "0"});
        Program program(tool, std::move(arguments));
        code = program.wait();
        lines = programs::json_lines(program.out);
        INFO(program.out << program.err);
        REQUIRE(!lines.empty());
        REQUIRE((lines.back()["event"] == "done" || tool == "crawl"));
    }
    [[nodiscard]] std::vector<Json> of(std::string_view event) const {
        std::vector<Json> found;
        for (const Json& line : lines)
            if (line["event"] == event) found.push_back(line);
        return found;
    }
    [[nodiscard]] Json one(std::string_view event) const {
        const auto all = of(event);
        REQUIRE(all.size() == 1);
        return all[0];
    }

    int code = -1;
    std::vector<Json> lines;
};

void check_tip(const Exchange& exchange, const Json& tip) {
    CHECK(tip["block"] == static_cast<std::uint64_t>(exchange.chain().tip().block));
    CHECK(std::to_string(tip["slot"].get<std::uint64_t>()) + "." + tip["hash"].get<std::string>() ==
          to_string(exchange.chain().tip().point));
}

void check_rounds(const Run& ping, std::uint64_t version) {
    CHECK(ping.code == 0);
    CHECK(ping.one("connected")["version"] == version);
    CHECK(ping.one("target")["rounds"] == 3);
    CHECK(ping.one("target")["median_ms"].get<double>() > 0);
}

/// The answer is on its way when the connection is closed, and gets through now and then; the program ends with `code`
/// then.
void answered_or_closed(const Run& ping, int code) {
    if (ping.code == code) return;
    CHECK(ping.code == 2);
    const Json reason = ping.one("target")["code"];
    CHECK((reason == "closed_by_peer" || reason == "connection_reset"));
}

}  // namespace

void tool_ping(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping", {"-c", "3"});
    check_rounds(ping, exchange.version());
    CHECK(ping.of("round").size() == 3);
}

void tool_ping_tip(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping", {"--tip", "-c", "3"});
    check_rounds(ping, exchange.version());
    REQUIRE(ping.of("tip").size() == 3);
    for (const Json& tip : ping.of("tip")) check_tip(exchange, tip);
}

void tool_ping_versions(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping", {"--versions"});
    CHECK(ping.code == 0);
    bool found = false;
    const Json versions = ping.one("versions")["versions"];
    for (const Json& one : versions) found = found || (one["version"] == exchange.version() && one["magic"] == 1);
    CHECK(found);
}

void tool_versions_refused(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping", {"--versions"});
    CHECK(ping.code == 3);
    CHECK(ping.one("target")["code"] == "handshake_refused");
}

void tool_versions_closed(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping", {"--versions"});
    answered_or_closed(ping, 0);
}

void tool_ping_magic(Exchange& exchange) {
    exchange.client_magic = "2";
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping");
    CHECK(ping.code == 3);
    CHECK(ping.one("target")["code"] == "magic_mismatch");
    INFO(ping.one("target").dump());
    CHECK(programs::contains(ping.one("target")["message"], "not of preview (2)"));
}

void tool_magic_unnamed(Exchange& exchange) {
    exchange.client_magic = "2";
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping");
    CHECK(ping.code == 3);
    CHECK(ping.one("target")["code"] == "handshake_refused");
}

void tool_magic_closed(Exchange& exchange) {
    exchange.client_magic = "2";
    exchange.serve(Exchange::Chain::real);
    const Run ping(exchange, "ping");
    answered_or_closed(ping, 3);
}

void tool_tip(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run tip(exchange, "tip");
    CHECK(tip.code == 0);
    check_tip(exchange, tip.one("tip"));
    CHECK(tip.one("tip")["blocks_behind"] == 0);
}

void tool_crawl(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    // What the server shares is not visited.
    const Run crawl(exchange, "crawl", {"--max-visits", "1"});
    CHECK(crawl.code == 0);
    CHECK(crawl.one("peer")["version"] == exchange.version());
    CHECK(crawl.one("peer")["round_trip_ms"].get<double>() > 0);
}

void tool_crawl_refused(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Run crawl(exchange, "crawl");
    CHECK(crawl.code == 3);
    CHECK(crawl.one("failed")["code"] == "handshake_refused");
}

void local_tool_ping(Exchange& exchange) {
    serve_local_script(exchange);
    const Run ping(exchange, "ping", {"-c", "3"});
    check_rounds(ping, exchange.local_version());
    REQUIRE(ping.of("tip").size() == 3);
    for (const Json& tip : ping.of("tip")) check_tip(exchange, tip);
}

void local_tool_tip(Exchange& exchange) {
    serve_local_script(exchange);
    const Run tip(exchange, "tip");
    CHECK(tip.code == 0);
    check_tip(exchange, tip.one("tip"));
}

}  // namespace interop
