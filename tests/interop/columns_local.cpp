#include <algorithm>

#include <ouro/cbor/writer.hpp>
#include <ouro/n2c/query.hpp>

#include "interop/columns.hpp"
#include "support/catch.hpp"

namespace interop {

const std::string tx_id = "1e6cac04a7e4b9db04c92cb897b995449cfd039bb966d51b43b87ff073b9a79f";
const std::string refused_tx =
    "84a300d9010281825820111111111111111111111111111111111111111111111111111111111111111100018182581d6022222222222222"
    "2222222222222222222222222222222222222222221a000f4240021a00029811a0f5f6";
/// Consensus' golden ApplyTxErr_Conway: a delegation to a pool that is not registered.
const std::string reason = "818206818202820182018206581ce0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541";

namespace {

namespace query = ouro::n2c::query;

constexpr auto era = ouro::Era::conway;

const std::string nowhere = "5." + std::string(64, 'a');

/// A transaction of Conway with its id, made by hand: one input, one output, no witness. It differs in its fee.
const std::string tx =
    "84a300d9010281825820111111111111111111111111111111111111111111111111111111111111111100018182581d6022222222222222"
    "2222222222222222222222222222222222222222221a000f4240021a00029810a0f5f6";
const std::string address = "60" + std::string(56, '2');
/// Consensus' golden Result_Conway_EmptyPParams, with a fee of 44 a byte.
const std::string parameters =
    "81981f182c0000190800000000001864d81e820001d81e820001d81e8200018209000000a082d81e820001d81e820001820000820000001896"
    "0585d81e820001d81e820001d81e820001d81e820001d81e8200018ad81e820001d81e820001d81e820001d81e820001d81e820001d81e8200"
    "01d81e820001d81e820001d81e820001d81e820001000000000000d81e820001";

std::string hex(const ouro::Bytes& bytes) { return ouro::to_hex(bytes.view()); }

std::string row(const std::string& asked, const std::string& result) { return "query " + asked + " " + result + "\n"; }

std::string point_bytes(const ouro::Point& point) {
    ouro::ByteQueue bytes;
    ouro::cbor::Writer out(bytes);
    write(out, point);
    return hex(bytes.take());
}

/// A set may come with its tag or without.
std::string untagged(std::string text) {
    const auto tag = text.find("d90102");
    if (tag != std::string::npos) text.erase(tag, 6);
    return text;
}

std::string utxo_query() { return hex(query::utxo_by_address(era, {*ouro::from_hex(address)}).ask()); }

std::string script(const ListedChain& chain) {
    const std::string utxo = "81a1825820" + std::string(64, '1') + "00a200581d" + address + "011a000f4240";
    return "reject " + refused_tx + " " + reason + "\npool " + tx_id + " " + tx + "\nslot 1234\ncapacity 178176\n" +
           row(hex(query::current_era()), "06") +
           row(hex(query::chain_point()), point_bytes(chain.point(chain.size()))) +
           row(hex(query::protocol_parameters(era).ask()), parameters) + row(utxo_query(), utxo) +
           row(untagged(utxo_query()), utxo);
}

void serve(Exchange& exchange, std::vector<std::string> arguments = {}) {
    exchange.serve_local(script, std::move(arguments));
}

/// The lines of one job on the node that is served.
std::vector<Json> lines_of(Exchange& exchange, const std::string& job, std::vector<std::string> arguments) {
    exchange.ask(job, std::move(arguments));
    return exchange.answers();
}

Json of_query(Exchange& exchange, const std::string& name, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--query", name});
    const auto lines = lines_of(exchange, "query", std::move(arguments));
    REQUIRE(lines.size() == 3);
    REQUIRE(lines[0] == Json{{"event", "acquired"}});
    REQUIRE(lines[1]["event"] == name);
    return lines[1]["value"];
}

void check_blocks(const Exchange& exchange, const std::vector<Json>& lines, ouro::ChainView::Position first,
                  ouro::ChainView::Position last) {
    const auto blocks = values(lines, "roll-forward", "block");
    REQUIRE(blocks.size() == last - first + 1);
    for (auto position = first; position <= last; ++position) {
        INFO("position " << position);
        REQUIRE((blocks[position - first] == exchange.block(position)));
    }
}

}  // namespace

void serve_local_script(Exchange& exchange) { serve(exchange); }

void local_accept(Exchange& exchange) {
    serve(exchange);
    REQUIRE(lines_of(exchange, "handshake", {}).front() ==
            Json{{"event", "accepted"}, {"version", exchange.local_version()}});
}

void local_magic(Exchange& exchange) {
    exchange.client_magic = "2";
    serve(exchange);
    REQUIRE(lines_of(exchange, "handshake", {}).front() == Json{{"event", "refused"}, {"reason", "data"}});
}

void local_sync(Exchange& exchange) {
    serve(exchange);
    const auto lines = lines_of(exchange, "sync", {"--from", exchange.point(500), "--count", "100"});
    REQUIRE(lines.front() == Json{{"event", "intersected"}, {"point", exchange.point(500)}});
    check_blocks(exchange, lines, 501, 600);
}

void local_sync_not_found(Exchange& exchange) {
    serve(exchange);
    REQUIRE(lines_of(exchange, "sync", {"--from", nowhere}).front()["event"] == "not-found");
}

void local_sync_rollback(Exchange& exchange) {
    serve(exchange, {"--tip", "20"});
    exchange.ask("sync", {"--from", exchange.point(10), "--count", "17"});
    exchange.await("waiting");
    exchange.move_tip(15);
    exchange.await("waiting");
    exchange.move_tip(22);
    const auto lines = exchange.answers();
    const auto back =
        std::find(lines.begin(), lines.end(), Json{{"event", "roll-backward"}, {"point", exchange.point(15)}});
    REQUIRE(back != lines.end());
    check_blocks(exchange, {lines.begin(), back}, 11, 20);
    check_blocks(exchange, {back, lines.end()}, 16, 22);
}

void local_tx_accepted(Exchange& exchange) {
    serve(exchange);
    REQUIRE(lines_of(exchange, "submit", {"--tx", tx}).front() == Json{{"event", "accepted-tx"}});
}

void local_tx_rejected(Exchange& exchange) {
    serve(exchange);
    const Json first = lines_of(exchange, "submit", {"--tx", refused_tx}).front();
    REQUIRE(first["event"] == "rejected-tx");
    if (first.contains("reason")) {
        REQUIRE(first["reason"] == reason);
    } else {
        INFO(first["text"].get<std::string>());
        REQUIRE(first["text"].get<std::string>().find("DelegateeStakePoolNotRegistered") != std::string::npos);
    }
}

void local_tip_and_era(Exchange& exchange) {
    serve(exchange);
    REQUIRE(of_query(exchange, "era") == 6);
    REQUIRE(of_query(exchange, "tip") == exchange.point(exchange.chain().size()));
}

void local_tip(Exchange& exchange) {
    serve(exchange);
    REQUIRE(of_query(exchange, "tip") == exchange.point(exchange.chain().size()));
}

void local_parameters(Exchange& exchange) {
    serve(exchange);
    REQUIRE(of_query(exchange, "params") == 44);
}

void local_utxo(Exchange& exchange) {
    serve(exchange);
    REQUIRE(of_query(exchange, "utxo", {"--address", address}) == 1);
}

void local_acquire_failure(Exchange& exchange) {
    serve(exchange);
    REQUIRE(lines_of(exchange, "query", {"--at", nowhere}).front() ==
            Json{{"event", "failure"}, {"reason", "not-on-chain"}});
}

void local_immutable_tip(Exchange& exchange) {
    serve(exchange);
    REQUIRE(of_query(exchange, "era", {"--at", "immutable"}) == 6);
}

void local_reacquire(Exchange& exchange) {
    serve(exchange);
    const auto lines = lines_of(exchange, "query", {"--again", exchange.point(700)});
    REQUIRE(lines.size() == 3);
    REQUIRE(lines[1] == Json{{"event", "acquired"}});
}

void local_mempool(Exchange& exchange) {
    serve(exchange);
    const auto lines = lines_of(exchange, "mempool", {});
    REQUIRE(lines.front().value("slot", 1'234) == 1'234);
    REQUIRE(lines[1]["event"] == "sizes");
    REQUIRE(lines[1]["capacity"] == 178'176);
    REQUIRE(lines[1]["count"] == 1);
    REQUIRE(values(lines, "tx", "tx") == std::vector{tx});
}

void local_has_tx(Exchange& exchange) {
    serve(exchange);
    const auto lines = lines_of(exchange, "mempool", {"--id", tx_id});
    REQUIRE(lines[lines.size() - 2] == Json{{"event", "has"}, {"value", true}});
}

}  // namespace interop
