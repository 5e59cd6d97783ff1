// Submits a transaction to a node. Exit code 0: accepted; 6: rejected; 7: its fate is unknown.

#include "node.hpp"
#include "tx_file.hpp"

namespace {

struct Options : cli::Common {
    cli::TxSource source;
    ouro::Tx tx;
};

asio::awaitable<int> submit(ouro::Client& client, const Options& options, const cli::Output& out) {
    ouro::Tx tx = options.tx;
    if (!options.source.era_known()) {
        const auto era = co_await client.era();
        if (!era) co_return cli::fail(out, client, era.error(), "the ledger's era");
        tx.era = *era;
    }
    const auto verdict = co_await client.submit(tx);
    if (!verdict) co_return cli::fail(out, client, verdict.error(), "not sent");
    if (const auto* rejected = std::get_if<ouro::local_initiator::TxRejected>(&*verdict)) {
        constexpr std::size_t longest_text = 4'000;
        const std::string reason = ouro::to_hex(rejected->reason);
        const std::string text = ouro::printable(rejected->text, longest_text);
        out.result({{"event", "rejected"}, {"reason", reason}, {"text", text}},
                   "rejected: " + (text.empty() ? "" : text + "\nbytes: ") + reason);
        co_return cli::declined;
    }
    if (const auto* unknown = std::get_if<ouro::local_initiator::TxUnknown>(&*verdict)) {
        cli::tell_unknown(out, unknown->reason);
        co_return cli::failed;
    }
    out.result({{"event", "accepted"}}, "accepted");
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Submits a transaction to your own node.", "submit");
    Options options;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    options.source.options(app, "TX");
    return cli::main(app, options, argc, argv, [&]() -> int {
        const cli::Output out(options.json);
        options.tx = options.source.read();
        const auto ask = [&](ouro::Client& client) { return submit(client, options, out); };
        return ouro::run([&](ouro::Runtime& runtime) { return cli::with_node(runtime, options, out, ask); });
    });
}
