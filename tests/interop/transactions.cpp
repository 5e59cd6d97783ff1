#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/chain/tx.hpp>

#include <fstream>

#include "interop/columns.hpp"
#include "support/catch.hpp"

namespace interop {

namespace {

constexpr std::size_t count = 25;  // more than two windows

/// Transactions of Conway in outline: `[body, witnesses, true, null]`, each body another one.
std::vector<ouro::Tx> made_up() {
    std::vector<ouro::Tx> txs;
    for (std::size_t number = 1; number <= count; ++number) {
        ouro::ByteQueue bytes;
        ouro::cbor::Writer out(bytes);
        const std::uint8_t null[] = {0xf6};
        const std::vector<std::uint8_t> filling(number * 40, 0x5a);  // as much in all as a pipe takes unread
        out.array(4).array(2).uint(number).bytes(filling).array(0).boolean(true).raw(null);
        txs.push_back({ouro::Era::conway, {}, bytes.take()});
    }
    return txs;
}

}  // namespace

void submit_transactions(Exchange& exchange) {
    const auto txs = made_up();
    const std::string file = (exchange.scratch() / "transactions").string();
    std::ofstream list(file);
    for (const ouro::Tx& tx : txs)
        list << ouro::to_hex(ouro::chain::tx_id(tx)->hash) << ' ' << ouro::to_hex(tx.cbor.view()) << '\n';
    list.close();
    REQUIRE(list.good());
    exchange.serve(Exchange::Chain::real, {"--pull", "1"});
    exchange.ask("submit", {"--txs", file});
}

// The client ends when the server has acknowledged every one.
void transactions(Exchange& exchange) {
    submit_transactions(exchange);
    exchange.answers();
    for (const ouro::Tx& tx : made_up()) REQUIRE((exchange.await("tx")["tx"] == ouro::to_hex(tx.cbor.view())));
}

}  // namespace interop
