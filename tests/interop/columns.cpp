#include "interop/columns.hpp"

#include <algorithm>

#include "support/catch.hpp"

namespace interop {

namespace {

using Position = ouro::ChainView::Position;

const std::string nowhere = "5." + std::string(64, 'a');
const std::string later = "9." + std::string(64, 'b');

/// The headers that came, or their points where the client gives no bytes.
void check_headers(const Exchange& exchange, const std::vector<Json>& lines, Position first, Position last) {
    Position position = first;
    for (const Json& line : lines) {
        if (line["event"] != "roll-forward") continue;
        INFO("position " << position);
        REQUIRE(position <= last);
        if (line.contains("header")) {
            REQUIRE((line["header"] == exchange.header(position)));
        } else {
            REQUIRE(line.value("point", "") == exchange.point(position));
        }
        ++position;
    }
    REQUIRE(position == last + 1);
}

void check_blocks(Exchange& exchange, Position first, Position last) {
    const auto blocks = fetched(exchange, first, last);
    for (Position position = first; position <= last; ++position) {
        INFO("position " << position);
        REQUIRE((blocks[position - first] == exchange.block(position)));
    }
}

}  // namespace

std::vector<std::string> fetched(Exchange& exchange, Position first, Position last) {
    exchange.ask("fetch", {"--from", exchange.point(first), "--to", exchange.point(last), "--count",
                           std::to_string(last - first + 1)});
    auto blocks = values(exchange.answers(), "block", "block");
    REQUIRE(blocks.size() == last - first + 1);
    return blocks;
}

void handshake_accept(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("handshake");
    REQUIRE(exchange.answers().front() == Json{{"event", "accepted"}, {"version", exchange.version()}});
}

void handshake_magic(Exchange& exchange) {
    exchange.client_magic = "2";
    exchange.serve(Exchange::Chain::real);
    exchange.ask("handshake");
    REQUIRE(exchange.answers().front() == Json{{"event", "refused"}, {"reason", "data"}});
}

void handshake_version(Exchange& exchange) {
    exchange.our_arguments = {"--version", "6"};  // older than any that is known
    exchange.serve(Exchange::Chain::real);
    exchange.ask("handshake");
    REQUIRE(exchange.answers().front() == Json{{"event", "refused"}, {"reason", "version"}});
}

void handshake_query(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("query");
    const Json first = exchange.answers().front();
    REQUIRE(first["event"] == "versions");
    const auto versions = first["versions"].get<std::vector<std::uint64_t>>();
    REQUIRE(std::is_sorted(versions.begin(), versions.end()));
    REQUIRE(std::find(versions.begin(), versions.end(), exchange.version()) != versions.end());
}

void keep_alive(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("keep-alive");
    REQUIRE(exchange.answers().front()["event"] == "pong");
}

void sync_from_origin(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    const Position size = exchange.chain().size();
    exchange.ask("sync", {"--from", "origin", "--count", std::to_string(size)});
    const auto lines = exchange.answers();
    REQUIRE(lines.front() == Json{{"event", "intersected"}, {"point", "origin"}});
    check_headers(exchange, lines, 1, size);
}

void sync_from_a_point(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("sync", {"--from", exchange.point(500), "--count", "100"});
    const auto lines = exchange.answers();
    REQUIRE(lines.front() == Json{{"event", "intersected"}, {"point", exchange.point(500)}});
    check_headers(exchange, lines, 501, 600);
}

void sync_not_found(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("sync", {"--from", nowhere});
    REQUIRE(exchange.answers().front() ==
            Json{{"event", "not-found"}, {"tip", exchange.point(exchange.chain().size())}});
}

void sync_rollback(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real, {"--tip", "20"});
    exchange.ask("sync", {"--from", exchange.point(10), "--count", "17"});
    exchange.await("waiting");
    exchange.move_tip(15);
    exchange.await("waiting");
    exchange.move_tip(22);
    const auto lines = exchange.answers();
    const auto is_back = [&](const Json& line) {
        return line == Json{{"event", "roll-backward"}, {"point", exchange.point(15)}};
    };
    const auto back = std::find_if(lines.begin(), lines.end(), is_back);
    REQUIRE(back != lines.end());
    check_headers(exchange, {lines.begin(), back}, 11, 20);
    check_headers(exchange, {back, lines.end()}, 16, 22);
}

void sync_await(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real, {"--tip", "20"});
    exchange.ask("sync", {"--from", exchange.point(15), "--count", "6"});
    exchange.await("waiting");
    exchange.move_tip(21);
    const auto lines = exchange.answers();
    check_headers(exchange, lines, 16, 21);
    REQUIRE(lines.size() >= 3);
    if (exchange.client_tells_await()) REQUIRE(lines[lines.size() - 3] == Json{{"event", "await"}});
}

void fetch_range(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    check_blocks(exchange, 1, exchange.chain().size());
}

void fetch_no_blocks(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("fetch", {"--from", nowhere, "--to", later});
    REQUIRE(exchange.answers().front() == Json{{"event", "no-blocks"}});
}

void fetch_thousand(Exchange& exchange) {
    exchange.serve(Exchange::Chain::thousand);
    check_blocks(exchange, 1, 1'000);
}

std::vector<std::string> shared(Exchange& exchange, const std::string& peers) {
    exchange.serve(Exchange::Chain::real, {"--share", peers});
    exchange.ask("peers");
    const Json first = exchange.answers().front();
    REQUIRE(first["event"] == "peers");
    auto told = first["peers"].get<std::vector<std::string>>();
    std::sort(told.begin(), told.end());
    return told;
}

void share_peers(Exchange& exchange) {
    using Peers = std::vector<std::string>;
    REQUIRE(shared(exchange, "1.2.3.4:3001") == Peers{"1.2.3.4:3001"});
    REQUIRE(shared(exchange, "[2001:db8::1]:65535") == Peers{"[2001:db8::1]:65535"});
    REQUIRE(shared(exchange, "1.2.3.4:3001,[2001:db8::1]:65535") == Peers{"1.2.3.4:3001", "[2001:db8::1]:65535"});
}

}  // namespace interop
