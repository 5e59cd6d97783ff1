// Submits a transaction to a node: exit code 0 where it is accepted, 6 where it is rejected, 7 where nobody knows.

#include <fstream>
#include <iostream>
#include <iterator>

#include "node.hpp"

namespace {

struct Options : cli::Common {
    std::string hex, file, era;
    ouro::Tx tx;
};

/// Octets, their hexadecimal digits, or the JSON that other tools keep them in.
ouro::Bytes read_tx(std::string text) {
    if (text.starts_with('{')) text = cli::Json::parse(text).at("cborHex").get<std::string>();
    std::string digits = text;
    while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r' || digits.back() == ' '))
        digits.pop_back();
    if (const auto octets = ouro::from_hex(digits)) return *octets;
    return ouro::Bytes::copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

ouro::Bytes input(const Options& options) {
    if (!options.hex.empty() && options.hex != "-") return cli::hex_argument("TX", options.hex);
    if (options.file.empty()) return read_tx({std::istreambuf_iterator<char>(std::cin), {}});
    std::ifstream in(options.file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + options.file);
    return read_tx({std::istreambuf_iterator<char>(in), {}});
}

asio::awaitable<int> submit(ouro::Client& client, const Options& options, const cli::Output& out) {
    ouro::Tx tx = options.tx;
    if (options.era.empty()) {
        const auto era = co_await client.era();
        if (!era) co_return cli::fail(out, era.error(), "the ledger's era");
        tx.era = *era;
    }
    const auto verdict = co_await client.submit(tx);
    if (!verdict) co_return cli::fail(out, verdict.error(), "not sent");
    if (const auto* rejected = std::get_if<ouro::local_initiator::TxRejected>(&*verdict)) {
        const std::string reason = ouro::to_hex(rejected->reason), text = ouro::printable(rejected->text);
        out.result({{"event", "rejected"}, {"reason", reason}, {"text", text}},
                   "rejected: " + (text.empty() ? reason : text));
        co_return cli::declined;
    }
    if (const auto* unknown = std::get_if<ouro::local_initiator::TxUnknown>(&*verdict)) {
        out.result({{"event", "unknown"}, {"reason", ouro::name(unknown->reason)}},
                   "sent, and nobody knows what became of it: " + std::string(ouro::message(unknown->reason)));
        co_return cli::failed;
    }
    out.result({{"event", "accepted"}}, "accepted");
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Submits a transaction to a node.", "submit");
    Options options;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    auto* source =
        app.add_option_group("transaction", "where it is; stdin where nothing is said")->require_option(0, 1);
    source->add_option("TX", options.hex, "as hexadecimal octets; - for stdin");
    source->add_option("--file", options.file, "a file of octets, of hexadecimal ones, or of JSON with a cborHex");
    app.add_option("--era", options.era, "the transaction's era; else the one that the ledger is in")
        ->check(CLI::IsMember({"byron", "shelley", "allegra", "mary", "alonzo", "babbage", "conway", "dijkstra"}));
    return cli::main(app, options, argc, argv, [&]() -> int {
        const cli::Output out(options.json);
        for (auto era : {ouro::Era::byron, ouro::Era::shelley, ouro::Era::allegra, ouro::Era::mary, ouro::Era::alonzo,
                         ouro::Era::babbage, ouro::Era::conway, ouro::Era::dijkstra})
            if (options.era == cli::era_name(era)) options.tx.era = era;
        options.tx.cbor = input(options);
        if (options.tx.cbor.empty()) throw CLI::ValidationError("TX", "there is none");
        const auto ask = [&](ouro::Client& client) { return submit(client, options, out); };
        return ouro::run([&](ouro::Runtime& runtime) { return cli::with_node(runtime, options, out, ask); });
    });
}
