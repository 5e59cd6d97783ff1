#include "interop/deviations.hpp"
#include "support/catch.hpp"

namespace interop {

namespace {

Json lost(std::string_view reason) { return {{"event", "lost"}, {"reason", reason}}; }

/// The last line of a job that does not come to its end.
Json last_of(Exchange& exchange, const std::string& job, std::vector<std::string> arguments = {}) {
    serve_local_script(exchange);
    exchange.ask(job, std::move(arguments));
    const auto lines = exchange.lines();
    REQUIRE(!lines.empty());
    return lines.back();
}

}  // namespace

// The answer is on its way when the connection is closed, and gets through now and then.
void local_magic_closed(Exchange& exchange) {
    exchange.client_magic = "2";
    const Json last = last_of(exchange, "handshake");
    REQUIRE((last == lost("closed_by_peer") || last["event"] == "done"));
}

// `[era, error]`, which the reference puts in a list of its own to distinguish it from an era mismatch.
void local_reason_bare(Exchange& exchange) {
    serve_local_script(exchange);
    exchange.ask("submit", {"--tx", refused_tx});
    REQUIRE(exchange.answers().front() == Json{{"event", "rejected-tx"}, {"reason", reason.substr(2)}});
}

// The message is none to it, after which it says nothing for ever.
void local_immutable_unanswered(Exchange& exchange) {
    REQUIRE(last_of(exchange, "query", {"--at", "immutable"}) == lost("deadline_passed"));
}

void local_immutable_closed(Exchange& exchange) {
    REQUIRE(last_of(exchange, "query", {"--at", "immutable"}) == lost("closed_by_peer"));
}

// It calls its user, and leaves it at that.
void local_reacquire_unanswered(Exchange& exchange) {
    REQUIRE(last_of(exchange, "query", {"--again", "volatile"}) == lost("deadline_passed"));
}

void local_mempool_unanswered(Exchange& exchange) { REQUIRE(last_of(exchange, "mempool") == lost("deadline_passed")); }

// Its client takes its own Release for one that is out of turn; everything before it is right.
void local_release_refused(Exchange& exchange) {
    serve_local_script(exchange);
    exchange.ask("mempool");
    const auto lines = exchange.lines();
    REQUIRE(lines.size() == 4);
    REQUIRE(lines[2]["event"] == "tx");
    REQUIRE(lines.back() == Json{{"event", "error"}, {"message", "outbound message is not valid for current state"}});
}

// Bytes alone, or text, where the reference has the era beside them: as a server it cannot read the question.
void local_id_unread(Exchange& exchange) { REQUIRE(last_of(exchange, "mempool", {"--id", tx_id})["event"] == "lost"); }

void local_id_without_era(Exchange& exchange) {
    serve_local_script(exchange);
    exchange.ask("mempool", {"--id", tx_id});
    REQUIRE(exchange.await("left") ==
            Json{{"event", "left"}, {"reason", "malformed"}, {"protocol", "local-tx-monitor"}});
}

}  // namespace interop
