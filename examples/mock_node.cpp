// Stands in for a node on a socket of its own: a made-up chain, and what a script says to everything else.

#include <fstream>

#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "node.hpp"

namespace {

using namespace ouro::local_responder;
using ouro::emulation::MockNode;
using ouro::emulation::MockScript;

struct Options : cli::Common {
    std::string listen, script_file;
    std::uint64_t blocks = 0;
    MockScript script;
};

/// Shape  {"answers": {QUERY: RESULT, …}, "era": number, "reject": REASON, "slot": number, "mempool": [TX, …]}, all of
///        them optional, and octets as hexadecimal digits.
void read_script(const std::string& path, MockScript& script) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    const auto json = cli::Json::parse(in);
    const auto octets = [&](const std::string& digits) { return cli::hex_argument("--script", digits); };
    const auto era = json.value("era", 6U);
    if (era > 7) throw CLI::ValidationError("--script", "no era has the number " + std::to_string(era));
    const std::uint8_t number = static_cast<std::uint8_t>(era);
    script.answers.emplace_back(ouro::n2c::query::current_era(), ouro::Bytes::copy({&number, 1}));
    if (json.contains("answers"))
        for (const auto& [query, result] : json["answers"].items())
            script.answers.emplace_back(octets(query), octets(result.get<std::string>()));
    if (json.contains("reject"))
        script.reject = [reason = octets(json["reject"].get<std::string>())](const ouro::Tx&) {
            return std::optional(reason);
        };
    script.mempool.slot = ouro::Slot{json.value("slot", std::uint64_t{0})};
    if (json.contains("mempool"))
        for (const auto& tx : json["mempool"])
            script.mempool.entries.push_back({{}, {static_cast<ouro::Era>(era), {}, octets(tx.get<std::string>())}});
}

asio::awaitable<int> serve(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    cli::LineLimit<ouro::ConnectionId> limit;
    ouro::UnixNode<MockNode> node(runtime.get_executor(), options.script);
    const auto bound = node.interface().listen(options.listen);
    if (!bound) {
        out.error("listen", "cannot listen on " + ouro::printable(options.listen) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    out.result({{"event", "listening"}, {"socket", options.listen}}, "listening on " + options.listen);
    runtime.on_stop([&] { node.stop(); });
    while (const auto event = co_await node.poll_next()) {
        if (const auto* asked = std::get_if<Requested>(&*event)) {
            if (!limit.allow(asked->connection, std::chrono::steady_clock::now())) continue;
            const auto protocol = ouro::n2c::Message::protocol_name(asked->message.channel());
            const auto message = asked->message.name();
            out.result({{"event", "request"}, {"protocol", protocol}, {"message", message}},
                       std::string(protocol) + ": " + std::string(message));
        } else if (const auto* up = std::get_if<PeerInitialized>(&*event)) {
            const auto version = static_cast<std::uint64_t>(up->agreement.version) & 0x7fff;
            out.result({{"event", "client"}, {"version", version}}, "client, version " + std::to_string(version));
        } else if (const auto* down = std::get_if<PeerDisconnected>(&*event)) {
            cli::Json line{{"event", "client-left"}, {"reason", ouro::name(down->reason)}};
            if (const auto more = limit.end(down->connection); more != 0) line["lines_not_printed"] = more;
            out.result(line, "client left");
        }
    }
    runtime.on_stop({});
    const auto& sum = node.behavior().counters();
    out.result(
        {{"event", "done"}, {"connections", sum.connections}, {"requests", sum.requests}, {"blocks", sum.blocks}}, "");
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Stands in for a node on a socket of its own.", "mock-node");
    Options options;
    options.network_options(app);
    options.output_options(app);
    app.add_option("--listen", options.listen, "the path of the socket to make")->required();
    app.add_option("--synthetic", options.blocks, "blocks of a made-up chain")->capture_default_str();
    app.add_option("--script", options.script_file, "a JSON file: answers, era, reject, slot, mempool");
    return cli::main(app, options, argc, argv, [&]() -> int {
        ouro::chain::SyntheticChain::Options chain;
        chain.blocks = options.blocks;
        options.script.chain = std::make_shared<ouro::chain::SyntheticChain>(chain);
        options.script.offer.data.magic = options.magic();
        // What is accepted is in the mempool from then on; nobody here hashes what a transaction is named by.
        options.script.id_of = [](const ouro::Tx& tx) { return ouro::TxId{tx.era, tx.byron, {}}; };
        if (!options.script_file.empty()) read_script(options.script_file, options.script);
        return ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, options); });
    });
}
