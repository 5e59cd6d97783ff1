// Prints the contents of a node's mempool, once or after each change.

#include <ouro/cbor/reader.hpp>

#include "node.hpp"

namespace {

struct Options : cli::Common {
    bool watch = false;
    std::uint64_t count = 0;  // of snapshots; zero: for ever
};

constexpr std::uint64_t most_printed = 1'000'000;  // transactions of one snapshot; a mempool has a few thousand

bool is_one_item(ouro::BytesView bytes) {
    ouro::cbor::Reader in(bytes);
    in.skip();
    return in.finish() == ouro::Errc::none;
}

/// Prints the transactions of a snapshot, `expected` at most.
asio::awaitable<int> print_transactions(const ouro::Client& client, const ouro::MempoolSnapshot& mempool,
                                        std::uint64_t expected, const cli::Output& out) {
    for (std::uint64_t printed = 0;; ++printed) {
        const auto next = co_await mempool.next();
        if (!next) co_return cli::fail(out, client, next.error(), "next");
        const auto& tx = *next;
        if (!tx) co_return cli::done;
        if (printed == expected) {
            out.error(ouro::Errc::unrequested,
                      "the node sends more transactions than the " + std::to_string(expected) + " it reported");
            co_return cli::violation;
        }
        if (printed == most_printed) {
            out.note("no more than " + std::to_string(most_printed) + " transactions are printed");
            co_return cli::done;
        }
        if (!is_one_item(tx->cbor.view())) {
            out.error(ouro::Errc::malformed, "the node sends a transaction that is not one CBOR item");
            co_return cli::violation;
        }
        const std::string digits = ouro::to_hex(tx->cbor);
        out.result({{"event", "tx"}, {"era", cli::era_name(tx->era)}, {"cbor", digits}}, digits);
    }
}

asio::awaitable<int> print(const ouro::Client& client, const ouro::MempoolSnapshot& mempool, const cli::Output& out) {
    const auto sizes = co_await mempool.sizes();
    if (!sizes) co_return cli::fail(out, client, sizes.error(), "sizes");
    const auto slot = static_cast<std::uint64_t>(mempool.slot());
    cli::Json object = {{"event", "mempool"},
                        {"slot", slot},
                        {"transactions", sizes->transactions},
                        {"bytes", sizes->size},
                        {"capacity", sizes->capacity}};
    out.result(object, "slot " + std::to_string(slot) + ": " + std::to_string(sizes->transactions) + " transactions, " +
                           std::to_string(sizes->size) + " of " + std::to_string(sizes->capacity) + " bytes");
    const int code = co_await print_transactions(client, mempool, sizes->transactions, out);
    if (code != cli::done) co_return code;
    // Last: a node that does not know this request ends the connection.
    const auto measures = co_await mempool.measures();
    if (!measures && measures.error() == ouro::Errc::unsupported) co_return cli::done;
    if (!measures) co_return cli::fail(out, client, measures.error(), "measures");
    cli::Json named = {{"event", "measures"}, {"transactions", measures->transactions}};
    std::string text;
    for (const auto& measure : measures->measures) {
        const std::string name = ouro::printable(measure.name);
        named["measures"][name] = {{"size", measure.size}, {"capacity", measure.capacity}};
        text += (text.empty() ? "" : ", ") + name + " " + std::to_string(measure.size) + " of " +
                std::to_string(measure.capacity);
    }
    out.result(named, text);
    co_return cli::done;
}

asio::awaitable<int> look(ouro::Client& client, const Options& options, const cli::Output& out) {
    auto mempool = co_await client.mempool();
    if (!mempool) co_return cli::fail(out, client, mempool.error(), "mempool");
    for (std::uint64_t seen = 1;; ++seen) {
        const int code = co_await print(client, *mempool, out);
        if (code != cli::done || !options.watch || seen == options.count) co_return code;
        const ouro::CallOptions patient{ouro::Duration::max(), {}};
        const auto error = co_await mempool->changed(patient);
        if (error != ouro::Errc::none) co_return cli::fail(out, client, error, "waiting for a change");
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Prints the contents of a node's mempool.", "mempool");
    Options options;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    auto* watch = app.add_flag("--watch", options.watch, "print again after each change");
    cli::number_option(app, "--count", options.count, "end after this number of snapshots", 1)->needs(watch);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const cli::Output out(options.json);
        const auto ask = [&](ouro::Client& client) { return look(client, options, out); };
        return ouro::run([&](ouro::Runtime& runtime) { return cli::with_node(runtime, options, out, ask); });
    });
}
