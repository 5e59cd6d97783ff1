#include "interop/deviations.hpp"

#include <algorithm>

#include "support/catch.hpp"

namespace interop {

namespace {

/// The answer is on its way when the connection is closed, and gets through now and then.
void answered_or_closed(Exchange& exchange, std::string_view answer) {
    const auto lines = exchange.lines();
    REQUIRE(!lines.empty());
    if (lines.front()["event"] == answer) return;
    REQUIRE(lines.back()["event"] == "lost");
    const std::string reason = lines.back()["reason"];
    REQUIRE((reason == "closed_by_peer" || reason == "connection_reset"));
}

}  // namespace

// The version data have to be equal, the query flag too.
void query_refused(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("query");
    REQUIRE(exchange.answers().front() == Json{{"event", "refused"}, {"reason", "data"}});
}

void query_closed(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("query");
    answered_or_closed(exchange, "versions");
}

void closed_for_magic(Exchange& exchange) {
    exchange.client_magic = "2";
    exchange.serve(Exchange::Chain::real);
    exchange.ask("handshake");
    answered_or_closed(exchange, "refused");
}

void closed_for_version(Exchange& exchange) {
    exchange.our_arguments = {"--version", "6"};
    exchange.serve(Exchange::Chain::real);
    exchange.ask("handshake");
    answered_or_closed(exchange, "refused");
}

// A RequestNext while another is unanswered is a violation to it, after which it says nothing for ever.
void pipelining_stalls(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("sync");
    const auto lines = exchange.lines();
    REQUIRE(lines.back() == Json{{"event", "lost"}, {"reason", "state_timeout"}});
    one_at_a_time<sync_from_origin>(exchange);
}

// Its behavior has no command for NoBlocks: no blocks are a batch of none.
void empty_batch(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("fetch", {"--from", "5." + std::string(64, 'a'), "--to", "9." + std::string(64, 'b')});
    REQUIRE(exchange.lines().back() == Json{{"event", "lost"}, {"reason", "range_short"}});
}

// It reports a block again when another message, such as a keep-alive, arrives before the next block. The client counts
// both, so that as many are missing at the end.
void check_repeated(Exchange& exchange, ouro::ChainView::Position last) {
    auto reported = fetched(exchange, 1, last);
    reported.erase(std::unique(reported.begin(), reported.end()), reported.end());
    REQUIRE(reported.size() + 10 >= last);
    for (std::size_t i = 0; i < reported.size(); ++i) REQUIRE((reported[i] == exchange.block(i + 1)));
}
void range_repeated(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    check_repeated(exchange, exchange.chain().size());
}
void thousand_repeated(Exchange& exchange) {
    exchange.serve(Exchange::Chain::thousand);
    check_repeated(exchange, 1'000);
}

// It throws when the answer comes, does not report it, and tries again.
void answer_unread(Exchange& exchange) {
    exchange.serve(Exchange::Chain::real);
    exchange.ask("query");
    REQUIRE(exchange.await("left") == Json{{"event", "left"}, {"reason", "query_answered"}});
}

// It gives the hash alone where the reference has the era beside it.
void txs_without_era(Exchange& exchange) {
    submit_transactions(exchange);
    REQUIRE(exchange.await("left") == Json{{"event", "left"}, {"reason", "malformed"}});
}

// It subtracts the announced and unacknowledged ids from the requested number: below zero it
// throws, and says nothing more.
void txs_not_continued(Exchange& exchange) {
    submit_transactions(exchange);
    exchange.await("tx");
    REQUIRE(exchange.await("left") == Json{{"event", "left"}, {"reason", "state_timeout"}});
}

// Each word of four bytes is taken for a little-endian number, which it is for IPv4 alone.
void v6_reversed(Exchange& exchange) {
    using Peers = std::vector<std::string>;
    REQUIRE(shared(exchange, "1.2.3.4:3001") == Peers{"1.2.3.4:3001"});
    REQUIRE(shared(exchange, "[2001:db8::1]:65535") == Peers{"[b80d:120::100:0]:65535"});
}

// The word is taken for a big-endian number, which it is for IPv6 alone.
void v4_reversed(Exchange& exchange) {
    using Peers = std::vector<std::string>;
    REQUIRE(shared(exchange, "1.2.3.4:3001") == Peers{"4.3.2.1:3001"});
    REQUIRE(shared(exchange, "[2001:db8::1]:65535") == Peers{"[2001:db8::1]:65535"});
}

void v6_malformed(Exchange& exchange) {
    REQUIRE(shared(exchange, "1.2.3.4:3001") == std::vector<std::string>{"4.3.2.1:3001"});
    exchange.serve(Exchange::Chain::real, {"--share", "[2001:db8::1]:65535"});
    exchange.ask("peers");
    REQUIRE(exchange.lines().back() == Json{{"event", "lost"}, {"reason", "malformed"}});
}

}  // namespace interop
